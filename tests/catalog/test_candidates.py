import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.candidates import Category, MetricColumn, MetricTable, speed_order
from catalog.storage.database import Catalog, revision
from catalog.storage.facts import (
    save_architectures,
)
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    Status,
)
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    without_reference,
)
from tests.catalog.storage.candidate_values import ROBUSTNESS, candidates_of, values


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """Holds nothing but what the test stores."""
    return without_reference(catalog)


# Parts of the columns


def test_taking_rows_keeps_what_belongs_to_them(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", float(threads), threads=threads) for threads in range(1, 6)],
        checkpoints=[make_checkpoint()],
    )
    part = columns.take(np.array([3, 0]))
    assert len(part) == 2
    assert set(part.metrics) == set(Metric)
    for row, source in enumerate((3, 0)):
        assert part.configuration[row] == columns.configuration[source]
        assert part.measurement[row] == columns.measurement[source]
        assert part.metrics[Metric.LATENCY_MS].value[row] == columns.metrics[Metric.LATENCY_MS].value[source]
        assert part.metrics[Metric.LATENCY_MS].low[row] == columns.metrics[Metric.LATENCY_MS].low[source]


def test_taking_no_rows_leaves_none(catalog: Catalog) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet")])
    assert len(columns.take(np.array([], dtype=np.int64))) == 0


def test_rows_may_be_taken_of_rows_that_were_taken(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", float(threads), threads=threads) for threads in range(1, 6)],
        checkpoints=[make_checkpoint()],
    )
    part = columns.take(np.array([4, 2, 0])).take(np.array([2, 0]))
    assert values(part, Metric.LATENCY_MS) == [1.0, 5.0]
    assert [run.threads for run in part.configuration] == [1, 5]
    assert part.speed_order.tolist() == [columns.speed_order[0], columns.speed_order[4]]
    assert part.revision == columns.revision


def test_a_candidate_knows_the_tags_of_its_architecture_and_whether_its_case_failed(
    catalog: Catalog,
) -> None:
    with catalog.write() as session:
        save_architectures(session, [make_architecture("tagged", tags=("mobile", "test-network"))])
    columns = candidates_of(
        catalog, [make_measurement("tagged"), make_measurement("toynet", status=Status.FAILED)]
    )
    assert list(columns.tags) == [("mobile", "test-network"), ()]
    assert columns.usable.tolist() == [True, False]


def test_columns_know_the_revision_that_they_are_of(catalog: Catalog) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet")])
    with catalog.read() as session:
        assert columns.revision == revision(session)


# Words


WORDS = Category.of(["a", None, "b", "a", None])


def test_a_category_gives_back_its_words() -> None:
    assert list(WORDS) == ["a", None, "b", "a", None]
    assert [WORDS[row] for row in range(5)] == list(WORDS)
    assert WORDS.values == ("a", None, "b")
    assert len(WORDS) == 5


def test_words_are_taken_by_row_and_looked_for_by_what_admits_them() -> None:
    assert list(WORDS.take(np.array([4, 0]))) == [None, "a"]
    assert WORDS.mask(lambda word: word == "a").tolist() == [True, False, False, True, False]
    assert WORDS.take(np.array([1, 2])).mask(lambda word: word is None).tolist() == [True, False]


def test_each_different_word_is_asked_for_once() -> None:
    asked: list[str | None] = []

    def admits(word: str | None) -> bool:
        asked.append(word)
        return True

    assert WORDS.mask(admits).all()
    assert asked == ["a", None, "b"]


def test_no_word_is_in_an_empty_category() -> None:
    empty: Category[str] = Category.of([])
    for one in (empty, empty.take(np.array([], dtype=np.int64))):
        assert (list(one), len(one)) == ([], 0)
        found = one.mask(lambda _: True)
        assert found.tolist() == []
        assert found.dtype == np.bool_


# Numbers


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


def test_the_fastest_is_first_by_latency_then_throughput_then_that_of_training_then_its_own_place() -> None:
    speeds = {
        Metric.LATENCY_MS: (20, NAN, 10, 20, NAN, NAN, NAN),
        Metric.THROUGHPUT_IPS: (50, 90, NAN, 50, 100, NAN, NAN),
        Metric.TRAIN_THROUGHPUT_IPS: (NAN, NAN, NAN, NAN, NAN, 7, 8),
    }
    metrics = {
        metric: made_column(*((value, NAN, NAN, NAN) for value in values))
        for metric, values in speeds.items()
    }
    assert speed_order(metrics).tolist() == [1, 4, 0, 2, 3, 6, 5]


# Standard errors


IMAGES = {
    Metric.TOP1: 50_000,
    Metric.TOP5: 50_000,
    Metric.TOP1_REAL: 46_837,
    Metric.TOP1_V2: 10_000,
    Metric.TOP1_SKETCH: 50_889,
    Metric.TOP1_A: 7_500,
    Metric.TOP1_R: 30_000,
}


def test_the_error_of_an_accuracy_is_that_of_a_share_of_its_data_sets_images(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet"), make_measurement("toynet", input_size=288)],
        checkpoints=[make_checkpoint()],
        accuracies=[
            make_accuracy(top1=80.0, top5=95.0),
            *(make_accuracy(top1=60.0, dataset=dataset) for dataset in ROBUSTNESS),
        ],
    )
    for metric, images in IMAGES.items():
        share = {Metric.TOP1: 0.8, Metric.TOP5: 0.95}.get(metric, 0.6)
        expected, unknown = columns.standard_error(metric)
        assert expected == pytest.approx(100 * math.sqrt(share * (1 - share) / images))
        assert math.isnan(unknown)


def test_the_error_of_a_ratio_is_that_of_its_accuracy_over_its_cost(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0)],
        workloads=[make_counted_workload(gmacs=1.5, params_m=12.5)],
    )
    (of_top1,) = columns.standard_error(Metric.TOP1)
    assert columns.standard_error(Metric.TOP1_PER_GMAC) == pytest.approx([of_top1 / 1.5])
    assert columns.standard_error(Metric.TOP1_PER_MPARAM) == pytest.approx([of_top1 / 12.5])


def test_the_error_of_a_measured_number_is_that_of_its_interval_and_of_an_exact_one_none(
    catalog: Catalog,
) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", 10.0, 10 / 1.1, 11.0),
            make_measurement("othernet", status=Status.FAILED),
        ],
        workloads=[make_counted_workload()],
    )
    unknown, known = columns.standard_error(Metric.LATENCY_MS)
    assert math.isnan(unknown)
    assert known == pytest.approx(10 * math.log(1.1) / 1.959964)
    for metric in (Metric.GMACS, Metric.PARAMS_M, Metric.SIZE_MB, Metric.PEAK_MEMORY_MB):
        assert columns.standard_error(metric)[1] == 0


@pytest.mark.parametrize("top1", [0.0, 100.0])
def test_an_accuracy_of_all_or_nothing_has_no_error(catalog: Catalog, top1: float) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=top1, top5=100.0)],
    )
    assert columns.standard_error(Metric.TOP1).tolist() == [0.0]
