import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from catalog.words.metrics import Metric
from profiler.protocol.intervals import largest, t_quantile


@pytest.mark.parametrize("freedom", [1, 2.5, 9, 40.75])
def test_the_quantile_is_students_also_for_parts_of_a_degree(freedom: float) -> None:
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom))


def test_the_value_is_the_largest_and_the_spread_of_its_level_lies_around_it() -> None:
    values = [10.0, 10.1, 10.25, 9.9, 10.05]
    memory = largest(Metric.PEAK_MEMORY_MB, values)
    half = stats.t.ppf(0.975, 4) * np.std(np.log(values), ddof=1)
    assert memory.value == 10.25
    assert memory.low == pytest.approx(10.25 * math.exp(-half))
    assert memory.high == pytest.approx(10.25 * math.exp(half))
    assert (memory.level, memory.processes, memory.degrees_of_freedom) == (0.95, 5, 4)


def test_a_lower_level_decides_nothing() -> None:
    alone = largest(Metric.PEAK_MEMORY_MB, [641.0, 642.0])
    beside = largest(Metric.PEAK_MEMORY_MB, [498.0, 641.0, 498.0, 642.0, 498.0])
    assert (beside.value, beside.low, beside.high) == (alone.value, alone.low, alone.high)
    assert (beside.processes, beside.degrees_of_freedom) == (5, 1)


@pytest.mark.parametrize("values", [[10.0], [498.0, 498.0, 641.0]])
def test_a_single_process_on_its_level_has_no_interval(values: list[float]) -> None:
    memory = largest(Metric.PEAK_MEMORY_MB, values)
    assert (memory.value, memory.low, memory.high, memory.level) == (max(values), None, None, None)


def test_equal_peaks_have_an_interval_without_width() -> None:
    memory = largest(Metric.PEAK_MEMORY_MB, [10.0] * 3)
    assert (memory.value, memory.low, memory.high) == (10.0, 10.0, 10.0)


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=20))
def test_the_interval_holds_the_largest(values: list[float]) -> None:
    memory = largest(Metric.PEAK_MEMORY_MB, values)
    assert memory.value == max(values)
    if memory.low is not None and memory.high is not None:
        assert memory.low <= memory.value <= memory.high


@pytest.mark.parametrize("processes", [3, 5, 8])
def test_the_interval_holds_the_largest_of_another_campaign_as_often_as_it_says(processes: int) -> None:
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(2000):
        one, other = np.exp(generator.normal(0, 0.005, (2, processes)))
        memory = largest(Metric.PEAK_MEMORY_MB, one.tolist())
        assert memory.low is not None
        assert memory.high is not None
        held += memory.low <= other.max() <= memory.high
    assert 0.93 <= held / 2000 <= 0.98
