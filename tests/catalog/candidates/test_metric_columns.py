import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.candidates.metric_columns import MetricColumn, MetricTable, speed_order
from catalog.words.metrics import Metric


def made_column(*numbers: tuple[float, float, float, float]) -> MetricColumn:
    return MetricColumn.of(*np.array(numbers, dtype=np.float64).reshape(-1, 4).T)


NAN = math.nan
LATENCIES = made_column((10, 9, 11, 0.95), (20, NAN, NAN, NAN), (NAN, NAN, NAN, NAN), (40, 20, 80, 0.5))


def test_the_deviation_is_that_of_the_logarithm_and_heeds_the_level() -> None:
    quantiles = {0.95: 1.959964, 0.5: 0.674490}
    assert LATENCIES.deviation == pytest.approx(
        [math.log(11 / 9) / 2 / quantiles[0.95], 0, 0, math.log(4) / 2 / quantiles[0.5]], rel=1e-5
    )


def test_a_table_takes_rows_of_rows_and_leaves_its_source_as_it_is() -> None:
    table = MetricTable({Metric.LATENCY_MS: LATENCIES})
    part = table.take(np.array([3, 1, 0]))
    assert part[Metric.LATENCY_MS].value.tolist() == [40, 20, 10]
    assert part.take(np.array([2, 0]))[Metric.LATENCY_MS].value.tolist() == [10, 40]
    assert table.take(np.array([0, 3])).take(np.array([1]))[Metric.LATENCY_MS].low.tolist() == [20]
    assert table[Metric.LATENCY_MS] is LATENCIES
    assert (list(part), len(part)) == ([Metric.LATENCY_MS], 1)
    with pytest.raises(KeyError):
        part[Metric.TOP1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=6), st.data())
def test_a_row_that_was_taken_twice_is_the_row_of_the_row(first: list[int], data: st.DataObject) -> None:
    second = data.draw(st.lists(st.integers(0, len(first) - 1), max_size=4)) if first else []
    table = MetricTable({Metric.LATENCY_MS: LATENCIES}).take(np.array(first, dtype=np.int64))
    again = table.take(np.array(second, dtype=np.int64))
    expected = LATENCIES.value[np.array(first, dtype=np.int64)][np.array(second, dtype=np.int64)]
    np.testing.assert_array_equal(again[Metric.LATENCY_MS].value, expected)
    for row, source in enumerate(second):
        assert repr(list(again.numbers(row))) == repr(list(table.numbers(source)))


def test_what_is_known_of_a_row_are_its_numbers_with_their_intervals() -> None:
    exact = made_column((75, NAN, NAN, NAN), *[(NAN, NAN, NAN, NAN)] * 3)
    table = MetricTable({Metric.LATENCY_MS: LATENCIES, Metric.TOP1: exact})
    first, *_ = table.numbers(0)
    assert first == (Metric.LATENCY_MS, 10, 9, 11, 0.95, math.inf)
    assert [metric for metric, *_ in table.numbers(0)] == [Metric.LATENCY_MS, Metric.TOP1]
    ((metric, value, low, high, level, _),) = table.numbers(1)
    assert (metric, value) == (Metric.LATENCY_MS, 20)
    assert all(math.isnan(one) for one in (low, high, level))
    assert list(table.numbers(2)) == []
    assert [value for _, value, *_ in table.take(np.array([3, 0])).numbers(1)] == [10, 75]


def test_the_fastest_is_first_by_each_speed_in_turn_then_the_most_accurate_then_its_own_place() -> None:
    speeds = {
        Metric.LATENCY_MS: (20, NAN, 10, 20, NAN, NAN, NAN, 20),
        Metric.THROUGHPUT_IPS: (50, 90, NAN, 50, 100, NAN, NAN, 50),
        Metric.TRAIN_THROUGHPUT_IPS: (NAN, NAN, NAN, NAN, NAN, 7, 8, NAN),
        Metric.TOP1: (70, NAN, NAN, 80, NAN, NAN, NAN, 70),
    }
    metrics = {
        metric: made_column(*((value, NAN, NAN, NAN) for value in values))
        for metric, values in speeds.items()
    }
    assert speed_order(metrics).tolist() == [2, 5, 0, 1, 4, 7, 6, 3]
