import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from catalog.entities.configurations import Configuration
from catalog.entities.measurements import MetricValue
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName, Scenario
from profiler.protocol.intervals import t_interval
from profiler.protocol.percentiles import calls_needed, percentile
from profiler.protocol.summary import metric_values
from tests.builders import make_sample


def test_the_estimate_is_the_median_with_a_t_interval_on_the_logarithms() -> None:
    values = [10.0, 11.0, 12.5, 9.0, 10.4]
    latency = t_interval(Metric.LATENCY_MS, values)
    logs = [math.log(value) for value in values]
    low, high = stats.t.interval(0.95, 4, np.mean(logs), stats.sem(logs))
    assert latency.value == 10.4
    assert latency.low == pytest.approx(math.exp(low))
    assert latency.high == pytest.approx(math.exp(high))
    assert (latency.level, latency.processes) == (0.95, 5)


def test_one_process_has_no_interval() -> None:
    latency = t_interval(Metric.LATENCY_MS, [10.0])
    assert (latency.value, latency.low, latency.high, latency.level) == (10.0, None, None, None)


@given(st.lists(st.floats(1e-3, 1e4), min_size=2, max_size=20))
def test_the_interval_holds_the_value(values: list[float]) -> None:
    latency = t_interval(Metric.LATENCY_MS, values)
    assert latency.value is not None
    assert latency.low is not None
    assert latency.high is not None
    assert latency.low <= latency.value <= latency.high


def test_the_interval_covers_the_truth_as_often_as_it_says_and_around_the_median_would_not() -> None:
    generator = np.random.default_rng(5)
    covered = around_median = 0
    for _ in range(2000):
        latency = t_interval(Metric.LATENCY_MS, np.exp(generator.normal(0, 0.02, 15)).tolist())
        assert latency.value is not None
        assert latency.low is not None
        assert latency.high is not None
        covered += latency.low <= 1 <= latency.high
        around_median += abs(math.log(latency.value)) <= math.log(latency.high / latency.low) / 2
    assert 0.94 <= covered / 2000 <= 0.96
    assert around_median / 2000 < 0.93


def test_far_outliers_do_not_drive_the_value_out_of_its_interval() -> None:
    latency = t_interval(Metric.LATENCY_MS, [10.0] * 9 + [40.0] * 6)
    assert latency.value == latency.low == 10.0


ONE_BY_ONE = Configuration(RuntimeName.OPENVINO)


def values_of(samples: list[ProcessSample], configuration: Configuration) -> dict[Metric, MetricValue]:
    return {value.metric: value for value in metric_values(samples, configuration)}


def test_a_case_has_latency_throughput_of_its_batch_and_peak_memory() -> None:
    samples = [make_sample(latency, peak_mb=peak) for latency, peak in ((10, 100), (20, 110), (40, 120))]
    values = values_of(samples, replace(ONE_BY_ONE, batch_size=8))
    assert values[Metric.LATENCY_MS].value == 20.0
    assert values[Metric.THROUGHPUT_IPS].value == 400.0
    assert values[Metric.PEAK_MEMORY_MB].value == 110.0
    assert {value.processes for value in values.values() if value.value is not None} == {3}


def test_throughput_and_latency_have_the_same_relative_interval() -> None:
    values = values_of([make_sample(latency) for latency in (10, 11, 13)], ONE_BY_ONE)
    latency, throughput = values[Metric.LATENCY_MS], values[Metric.THROUGHPUT_IPS]
    assert latency.high is not None
    assert throughput.low is not None
    assert 1000 / throughput.low == pytest.approx(latency.high)


def test_a_training_case_has_the_throughput_and_memory_of_its_steps() -> None:
    training = replace(ONE_BY_ONE, batch_size=4, scenario=Scenario.TRAINING)
    values = values_of([make_sample(20, peak_mb=500)] * 3, training)
    assert set(values) == {Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB}
    assert values[Metric.TRAIN_THROUGHPUT_IPS].value == 200.0
    assert values[Metric.TRAIN_MEMORY_MB].value == 500.0


def test_concurrent_clients_have_the_throughput_of_all_calls_together() -> None:
    concurrent = replace(ONE_BY_ONE, scenario=Scenario.CONCURRENT, clients=4)
    # Four at once, 10 ms each: 30 calls in 75 ms.
    values = values_of([replace(make_sample(10, calls=30), span_ns=75_000_000)] * 3, concurrent)
    assert values[Metric.LATENCY_MS].value == 10.0
    assert values[Metric.THROUGHPUT_IPS].value == pytest.approx(400.0)


def test_memory_that_could_not_be_read_is_absent_and_says_so() -> None:
    values = values_of([make_sample(), replace(make_sample(), peak_bytes=None)], ONE_BY_ONE)
    assert values[Metric.PEAK_MEMORY_MB].value is None
    assert values[Metric.PEAK_MEMORY_MB].absent_reason
    assert values[Metric.LATENCY_MS].value == 10.0


# Percentiles


@pytest.mark.parametrize(("share", "calls"), [(90, 64), (99, 662)])
def test_a_percentile_needs_as_many_calls_as_mlperf_asks_for(share: int, calls: int) -> None:
    assert calls_needed(share) == calls


def noisy(processes: int, calls: int, shifts: Iterable[float] = ()) -> list[ProcessSample]:
    """Log-normal calls; a process may be slower than the others as a whole."""
    generator = np.random.default_rng(7)
    factors = list(shifts) or [1.0] * processes
    return [
        replace(
            make_sample(), wall_ns=tuple(int(ns) for ns in 1e7 * factor * generator.lognormal(0, 0.1, calls))
        )
        for factor in factors
    ]


def test_percentiles_that_the_sample_does_not_carry_are_absent_and_say_why() -> None:
    values = values_of(noisy(5, 30), ONE_BY_ONE)
    assert values[Metric.LATENCY_P99_MS].value is None
    assert values[Metric.LATENCY_P99_MS].absent_reason == "It needs 662 calls, and there are 150."
    p90 = values[Metric.LATENCY_P90_MS]
    assert p90.value is not None
    assert p90.low is not None
    assert p90.high is not None
    assert p90.low < p90.value < p90.high


def test_a_percentile_of_processes_that_differ_much_has_no_interval_so_it_is_absent() -> None:
    latency = percentile(90, noisy(5, 30, (1.0, 1.0, 1.0, 1.0, 2.0)))
    assert latency.value is None
    assert latency.absent_reason == "Its interval ends beyond the slowest of 150 calls."


def test_the_interval_of_a_percentile_covers_the_truth_also_where_processes_differ() -> None:
    generator = np.random.default_rng(11)

    def truth_is_covered() -> bool:
        factors = np.exp(generator.normal(0, 0.05, 8))
        samples = [
            replace(
                make_sample(),
                wall_ns=tuple(int(1e7 * factor * ns) for ns in generator.lognormal(0, 0.1, 100)),
            )
            for factor in factors
        ]
        latency = percentile(90, samples)
        if latency.low is None or latency.high is None:
            return True  # it makes no claim
        truth = 10 * math.exp(stats.norm.ppf(0.9) * math.hypot(0.1, 0.05))
        return latency.low <= truth <= latency.high

    covered = sum(truth_is_covered() for _ in range(300))
    assert 0.92 <= covered / 300 <= 0.995
