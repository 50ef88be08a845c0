import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from catalog.words.metrics import Metric
from profiler.protocol.intervals import t_interval, t_quantile


@pytest.mark.parametrize("freedom", [1, 2.5, 9, 40.75])
def test_the_quantile_is_students_also_for_parts_of_a_degree(freedom: float) -> None:
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom))


def test_the_value_is_the_median_with_a_t_interval_on_the_logarithms() -> None:
    values = [10.0, 11.0, 12.5, 9.0, 10.4]
    memory = t_interval(Metric.PEAK_MEMORY_MB, values)
    logs = [math.log(value) for value in values]
    low, high = stats.t.interval(0.95, 4, np.mean(logs), stats.sem(logs))
    assert memory.value == 10.4
    assert memory.low == pytest.approx(math.exp(low))
    assert memory.high == pytest.approx(math.exp(high))
    assert (memory.level, memory.processes) == (0.95, 5)


def test_one_process_has_no_interval() -> None:
    memory = t_interval(Metric.PEAK_MEMORY_MB, [10.0])
    assert (memory.value, memory.low, memory.high, memory.level) == (10.0, None, None, None)


@given(st.lists(st.floats(1e-3, 1e4), min_size=2, max_size=20))
def test_the_interval_holds_the_value(values: list[float]) -> None:
    memory = t_interval(Metric.PEAK_MEMORY_MB, values)
    assert memory.value is not None
    assert memory.low is not None
    assert memory.high is not None
    assert memory.low <= memory.value <= memory.high


def test_the_interval_covers_the_truth_as_often_as_it_says_and_around_the_median_would_not() -> None:
    generator = np.random.default_rng(5)
    covered = around_median = 0
    for _ in range(2000):
        memory = t_interval(Metric.PEAK_MEMORY_MB, np.exp(generator.normal(0, 0.02, 15)).tolist())
        assert memory.value is not None
        assert memory.low is not None
        assert memory.high is not None
        covered += memory.low <= 1 <= memory.high
        around_median += abs(math.log(memory.value)) <= math.log(memory.high / memory.low) / 2
    assert 0.94 <= covered / 2000 <= 0.96
    assert around_median / 2000 < 0.93


def test_far_outliers_do_not_drive_the_value_out_of_its_interval() -> None:
    memory = t_interval(Metric.PEAK_MEMORY_MB, [10.0] * 9 + [40.0] * 6)
    assert memory.value == memory.low == 10.0
