"""The numbers of a case, recomputed with numpy from the raw samples."""

from dataclasses import replace
from math import inf, log
from typing import Any

import numpy as np
import pytest

from app.ranking.budget.budget import Bound, fit_bound
from catalog.candidates.metric_columns import MetricColumn
from catalog.entities.configurations import Configuration
from catalog.entities.measurements import MetricValue
from catalog.entities.samples import Block, DeviceReading, ProcessSample
from catalog.statistics.between_campaigns import Spread
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, RuntimeName, Scenario
from profiler.protocol.latency import ALONE, CAMPAIGNS, Moment, latency_of
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.summary import (
    blocks_of,
    half_width,
    has_enough,
    metric_values,
    moments_of,
    processes_decide,
)
from tests.builders import QUIET_NS, make_beat, make_sample

ONE_BY_ONE = Configuration(RuntimeName.OPENVINO)
CONCURRENT = replace(ONE_BY_ONE, scenario=Scenario.CONCURRENT, clients=4)
PLAN = SamplingPlan(interval_target=0.05)


def values_of(
    samples: list[ProcessSample], configuration: Configuration = ONE_BY_ONE, **more: Any
) -> dict[Metric, MetricValue]:
    return {value.metric: value for value in metric_values(samples, configuration, **more)}


def raw_samples(processes: int = 3, blocks: int = 6, seed: int = 4) -> list[ProcessSample]:
    """Processes with blocks of 3 to 9 noisy calls. A third of the blocks is disturbed, and so is the
    canary."""
    generator = np.random.default_rng(seed)
    samples = []
    for _ in range(processes):
        calls: list[int] = []
        made = []
        for index in range(blocks):
            slowed = float(1 + generator.exponential(0.3)) if generator.random() < 1 / 3 else 1.0
            count = int(generator.integers(3, 10))
            calls += (10e6 * slowed * generator.lognormal(0, 0.02, count)).astype(int).tolist()
            after = slowed * generator.lognormal(0, 0.01)
            made.append(Block(float(index), count, make_beat(slowed), make_beat(after)))
        samples.append(replace(make_sample(), wall_ns=tuple(calls), blocks=tuple(made)))
    return samples


def quantile_by_numpy(samples: list[ProcessSample], share: float, *, weighted: bool) -> float:
    """The quantile (ms) of the medians of the blocks, from the raw calls and beats."""
    logs, above = [], []
    for sample in samples:
        begins = np.cumsum([0, *(block.calls for block in sample.blocks)])
        for block, begin in zip(sample.blocks, begins, strict=False):
            logs.append(np.log(np.median(sample.wall_ns[begin : begin + block.calls])))
            beside = np.sqrt(block.before.product_ns * block.after.product_ns)  # all kernels are equal
            above.append(np.log(beside / QUIET_NS))
    # All blocks are of one minute.
    drift, usual = np.quantile(above, (0.1, 0.3), method="median_unbiased") if weighted else (0.0, 0.0)
    logs = [time - 0.7 * drift for time in logs]
    weights = [np.exp(-max(0.0, one - usual) / 0.12) if weighted else 1.0 for one in above]
    order = np.argsort(logs)
    of_order = np.array(weights)[order]
    middles = (np.cumsum(of_order) - of_order / 2) / of_order.sum()
    return float(np.exp(np.interp(share, middles, np.array(logs)[order])) / 1e6)


def test_the_latency_is_the_quantile_at_the_quiet_level() -> None:
    samples = raw_samples()
    values = values_of(samples)
    expected = quantile_by_numpy(samples, 0.3, weighted=True)
    assert values[Metric.LATENCY_MS].value == pytest.approx(expected)
    assert values[Metric.THROUGHPUT_IPS].value == pytest.approx(1000 / expected)
    assert 9.8 < expected < 10.1


def test_the_latency_as_met_is_the_median_of_all_blocks_whatever_the_canary_says() -> None:
    samples = raw_samples()
    met = values_of(samples)[Metric.LATENCY_MET_MS]
    assert met.value == pytest.approx(quantile_by_numpy(samples, 0.5, weighted=False))
    quietest = [replace(sample, quiet_ns=None) for sample in samples]
    assert values_of(quietest)[Metric.LATENCY_MET_MS] == met


def test_the_interval_of_a_case_is_that_of_its_moments() -> None:
    samples = raw_samples()
    campaigns = Spread(0.02, 30)
    latency = values_of(samples, campaigns=campaigns)[Metric.LATENCY_MS]
    assert latency == latency_of(moments_of(samples), campaigns=campaigns).metric_value(
        Metric.LATENCY_MS, 3, 1e-6
    )
    assert latency.high is not None
    assert latency.low is not None
    assert latency.value is not None
    width = (latency.high - latency.low) / 2 / latency.value
    assert half_width(samples, campaigns) == pytest.approx(width)
    assert half_width(samples, ALONE) < half_width(samples) < half_width(samples, campaigns)


def test_what_is_as_met_speaks_of_this_campaign_alone() -> None:
    samples = raw_samples()
    one, other = (values_of(samples, campaigns=spread) for spread in (CAMPAIGNS, Spread(0.5, 30)))
    assert one[Metric.LATENCY_MET_MS] == other[Metric.LATENCY_MET_MS]
    as_met = [replace(sample, quiet_ns=None) for sample in samples]
    unweighted = [Moment(moment.process, moment.log_time) for moment in moments_of(as_met)]
    alone = latency_of(unweighted, quantile=0.5, campaigns=ALONE)
    assert one[Metric.LATENCY_MET_MS] == alone.metric_value(Metric.LATENCY_MET_MS, 3, 1e-6)
    assert one[Metric.LATENCY_MS] != other[Metric.LATENCY_MS]


def beside_a_neighbour(met_ms: float, ahead_ms: float) -> list[ProcessSample]:
    """Every other block goes before the neighbour. The others wait for it. The canary notices nothing."""
    samples = []
    for _ in range(3):
        sample = make_sample(calls=80, blocks=8)
        blocks = [
            replace(block, real_time=index % 2 == 1, waited=0.0 if index % 2 else 1.0)
            for index, block in enumerate(sample.blocks)
        ]
        times = [
            round((ahead_ms if block.real_time else met_ms) * 1e6) for block in blocks for _ in range(10)
        ]
        samples.append(replace(sample, wall_ns=tuple(times), blocks=tuple(blocks)))
    return samples


def test_blocks_that_went_before_others_make_the_latency_and_those_that_waited_what_was_met() -> None:
    values = values_of(beside_a_neighbour(30.0, 10.0))
    assert values[Metric.LATENCY_MS].value == pytest.approx(10.0)
    assert values[Metric.LATENCY_MET_MS].value == pytest.approx(30.0)
    assert values[Metric.LATENCY_P90_MS].value == pytest.approx(30.0)
    assert values[Metric.SLOWDOWN].value == pytest.approx(3.0)


def test_a_slow_canary_is_the_slowdown_where_it_says_more_than_the_calls() -> None:
    samples = beside_a_neighbour(10.0, 10.0)
    slow = make_beat(1.5)
    slowed = [
        replace(one, blocks=tuple(replace(block, before=slow, after=slow) for block in one.blocks))
        for one in samples
    ]
    assert values_of(slowed)[Metric.SLOWDOWN].value == pytest.approx(1.5)


def test_where_every_block_went_before_others_they_are_what_was_met() -> None:
    samples = beside_a_neighbour(30.0, 10.0)
    ahead = [
        replace(one, blocks=tuple(replace(block, real_time=True, waited=0.0) for block in one.blocks))
        for one in samples
    ]
    # The middle of 10 and 30 ms, in logarithms.
    assert values_of(ahead)[Metric.LATENCY_MET_MS].value == pytest.approx(300**0.5)


def test_the_slowdown_is_the_median_of_the_canary_over_its_quiet_level() -> None:
    samples = [make_sample(slowdown=1.0), make_sample(slowdown=1.3), make_sample(slowdown=1.8, blocks=3)]
    slowdown = values_of(samples)[Metric.SLOWDOWN]
    assert slowdown.value == pytest.approx(1.3)
    assert (slowdown.low, slowdown.high) == (None, None)
    unknown = values_of([replace(one, quiet_ns=None) for one in samples])[Metric.SLOWDOWN]
    assert unknown.value is None
    assert unknown.absent_reason


def test_where_no_quiet_level_is_known_every_block_counts_alike() -> None:
    samples = [replace(one, quiet_ns=None) for one in raw_samples()]
    assert {moment.above for moment in moments_of(samples)} == {0.0}
    expected = quantile_by_numpy(samples, 0.3, weighted=False)
    assert values_of(samples)[Metric.LATENCY_MS].value == pytest.approx(expected)


def test_a_moment_has_its_process_its_median_call_and_the_distance_of_its_canary() -> None:
    block = Block(0.0, 3, make_beat(1.2), make_beat(1.8))
    one = replace(make_sample(), wall_ns=(10, 30, 11, 50), blocks=(block, replace(block, calls=1)))
    moments = moments_of([make_sample(blocks=1), one])
    assert [moment.process for moment in moments] == [0, 1, 1]
    assert [moment.above for moment in moments] == pytest.approx([0, *[log(1.2 * 1.8) / 2] * 2], abs=1e-9)
    # The quiet part of the minute was at the quiet level.
    assert [moment.log_time for moment in moments] == pytest.approx([log(10_000_000), log(11), log(50)])


# What a case has


def test_a_case_has_latency_throughput_of_its_batch_and_peak_memory() -> None:
    samples = [make_sample(20, peak_mb=peak) for peak in (100, 110, 120)]
    values = values_of(samples, replace(ONE_BY_ONE, batch_size=8))
    assert values[Metric.LATENCY_MS].value == pytest.approx(20.0)
    assert values[Metric.LATENCY_MET_MS].value == pytest.approx(20.0)
    assert values[Metric.THROUGHPUT_IPS].value == pytest.approx(400.0)
    assert values[Metric.PEAK_MEMORY_MB].value == 120.0
    assert values[Metric.SLOWDOWN].value == pytest.approx(1.0)
    assert values[Metric.LATENCY_P90_MS].value == 20.0
    assert values[Metric.LATENCY_P99_MS].value is None
    assert {value.processes for value in values.values() if value.value is not None} == {3}


def test_a_training_case_has_the_throughput_and_memory_of_its_steps() -> None:
    training = replace(ONE_BY_ONE, batch_size=4, scenario=Scenario.TRAINING)
    values = values_of([make_sample(20, peak_mb=500)] * 3, training)
    assert set(values) == {Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB, Metric.SLOWDOWN}
    assert values[Metric.TRAIN_THROUGHPUT_IPS].value == pytest.approx(200.0)
    assert values[Metric.TRAIN_MEMORY_MB].value == 500.0


def test_concurrent_clients_have_the_throughput_of_all_calls_together() -> None:
    # Four at once, 10 ms each: 30 calls in 75 ms.
    values = values_of([make_sample(10, calls=30, span_ms=75)] * 3, replace(CONCURRENT, batch_size=2))
    assert values[Metric.LATENCY_MS].value == pytest.approx(10.0)
    assert values[Metric.THROUGHPUT_IPS].value == pytest.approx(800.0)


def test_concurrent_calls_without_their_span_have_no_throughput_to_compute() -> None:
    with pytest.raises(ValueError, match="without the time that they took together"):
        metric_values([make_sample()], CONCURRENT)


def test_memory_that_could_not_be_read_is_absent_and_says_so() -> None:
    values = values_of([make_sample(), replace(make_sample(), peak_bytes=None)])
    assert values[Metric.PEAK_MEMORY_MB].value is None
    assert values[Metric.PEAK_MEMORY_MB].absent_reason
    assert values[Metric.LATENCY_MS].value == pytest.approx(10.0)


@pytest.mark.parametrize("metric", [Metric.PEAK_MEMORY_MB, Metric.DEVICE_MEMORY_MB, Metric.TRAIN_MEMORY_MB])
def test_memory_is_the_largest_of_all_processes_and_fits_no_smaller_limit(metric: Metric) -> None:
    """Of nine starts, seven peaked at 498 MB and two at 641 MB (onnxruntime#9138)."""
    scenario = Scenario.TRAINING if metric is Metric.TRAIN_MEMORY_MB else Scenario.SINGLE_STREAM
    device = Device.CUDA if metric is Metric.DEVICE_MEMORY_MB else Device.CPU
    samples = [
        replace(make_sample(peak_mb=peak), device=DeviceReading(used_bytes=peak * 1_000_000))
        for peak in (498, 498, 641, 498, 498, 498, 641, 498, 498)
    ]
    memory = values_of(samples, Configuration(RuntimeName.PYTORCH, device=device, scenario=scenario))[metric]
    assert (memory.value, memory.processes, memory.degrees_of_freedom) == (641.0, 9, 1)
    numbers = (641.0, memory.low or 0.0, memory.high or 0.0, memory.level or 0.0, 1.0)
    value, low, high, level, freedom = (np.array([number]) for number in numbers)
    column = MetricColumn.of(value, low, high, level, freedom)

    def fits(limit: float, confidence: float | None) -> bool:
        return bool(fit_bound(Bound(metric, maximum=limit), column, confidence).within[0])

    assert not any(fits(600.0, confidence) for confidence in (None, 0.1, 0.5, 0.9, 0.99))
    assert fits(641.0, None)
    assert fits(642.0, 0.99)


def test_on_a_device_its_own_memory_is_a_number_too() -> None:
    on_gpu = Configuration(RuntimeName.PYTORCH, device=Device.CUDA)
    samples = [
        replace(make_sample(), device=DeviceReading(used_bytes=used)) for used in (400_000_000, 600_000_000)
    ]
    values = values_of(samples, on_gpu)
    assert values[Metric.DEVICE_MEMORY_MB].value == 600.0
    assert values[Metric.PEAK_MEMORY_MB].value == 120.0
    assert Metric.DEVICE_MEMORY_MB not in values_of(samples)


def test_a_single_block_has_numbers_without_an_interval() -> None:
    values = values_of([make_sample(blocks=1)])
    assert half_width([make_sample(blocks=1)]) == inf
    for metric in (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS, Metric.LATENCY_MET_MS):
        assert values[metric].value is not None
        assert (values[metric].low, values[metric].high) == (None, None)


# When it is enough


def test_no_sample_is_never_enough() -> None:
    assert half_width([]) == inf
    assert not has_enough([], PLAN)


def test_a_narrow_interval_is_enough() -> None:
    samples = raw_samples()
    width = half_width(samples)
    assert has_enough(samples, replace(PLAN, interval_target=width * 1.001))
    assert not has_enough(samples, replace(PLAN, interval_target=width * 0.999))
    assert not has_enough(samples, replace(PLAN, interval_target=width * 1.001), Spread(0.02, 30))


def test_a_percentile_needs_its_calls_too() -> None:
    samples = [make_sample(calls=30)] * 3
    assert has_enough(samples, PLAN.with_percentile(90, 90))
    assert not has_enough(samples, PLAN.with_percentile(90, 91))


def test_processes_decide_where_they_differ_and_moments_where_they_do() -> None:
    assert processes_decide([make_sample()] * 3)  # what is known of processes before
    unseen = [replace(one, quiet_ns=None) for one in raw_samples(blocks=4)]
    assert not processes_decide(unseen)


def test_the_blocks_of_all_processes_are_counted() -> None:
    assert blocks_of([make_sample(blocks=2), make_sample(blocks=5)]) == 7
    assert blocks_of([]) == 0
