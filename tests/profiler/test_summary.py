import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from catalog.metrics import Metric
from profiler.summary import estimate, metric_values
from tests.fakes import make_sample


def test_the_estimate_is_the_median_with_a_t_interval_on_the_logarithms() -> None:
    values = [10.0, 11.0, 12.5, 9.0, 10.4]
    found = estimate(Metric.LATENCY_MS, values)
    logs = [math.log(value) for value in values]
    half_width = stats.t.ppf(0.975, 4) * stats.sem(logs)
    assert found.value == 10.4
    assert found.low == pytest.approx(10.4 / math.exp(half_width))
    assert found.high == pytest.approx(10.4 * math.exp(half_width))
    assert found.level == 0.95


def test_one_process_has_no_interval() -> None:
    found = estimate(Metric.LATENCY_MS, [10.0])
    assert (found.value, found.low, found.high, found.level) == (10.0, None, None, None)


@given(st.lists(st.floats(1e-3, 1e4), min_size=2, max_size=20))
def test_the_interval_holds_the_value(values: list[float]) -> None:
    found = estimate(Metric.LATENCY_MS, values)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high


def test_a_case_has_latency_throughput_of_its_batch_and_peak_memory() -> None:
    samples = [make_sample(latency, peak_mb=peak) for latency, peak in ((10, 100), (20, 110), (40, 120))]
    values = {value.metric: value for value in metric_values(samples, batch_size=8)}
    assert values[Metric.LATENCY_MS].value == 20.0
    assert values[Metric.THROUGHPUT_IPS].value == 400.0
    assert values[Metric.PEAK_MEMORY_MB].value == 110.0


def test_throughput_and_latency_have_the_same_relative_interval() -> None:
    samples = [make_sample(latency) for latency in (10, 11, 13)]
    values = {value.metric: value for value in metric_values(samples, batch_size=1)}
    latency, throughput = values[Metric.LATENCY_MS], values[Metric.THROUGHPUT_IPS]
    assert latency.high is not None
    assert throughput.low is not None
    assert 1000 / throughput.low == pytest.approx(latency.high)
