"""The numbers of a case, computed from its raw samples."""

from collections.abc import Callable, Sequence
from math import exp, inf, log
from statistics import median

from catalog.entities.configurations import Configuration
from catalog.entities.measurements import MetricValue
from catalog.entities.samples import Block, ProcessSample
from catalog.statistics.between_campaigns import Spread
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Scenario
from profiler.protocol.drift import ELASTICITY, MinuteOf, minute_of, minutes_of
from profiler.protocol.intervals import largest
from profiler.protocol.latency import ALONE, CAMPAIGNS, Latency, Moment, latency_of
from profiler.protocol.percentiles import NS_PER_MS, PERCENTILES, percentile
from profiler.protocol.plan import SamplingPlan

_BYTES_PER_MB = 1e6
_NS_PER_S = 1e9
_MEDIAN = 0.5

# What a block took (ns), from the block and its calls.
_TimeOf = Callable[[Block, Sequence[int]], float]


def half_width(samples: Sequence[ProcessSample], campaigns: Spread = CAMPAIGNS) -> float:
    """Half of the width of the interval of a call's time, as a share of that time. Infinite where a
    single block counts, which has no interval."""
    moments = moments_of(samples)
    return latency_of(moments, campaigns=campaigns).half_width if moments else inf


def processes_decide(samples: Sequence[ProcessSample]) -> bool:
    """Whether the interval is wide because processes differ, more than because moments do."""
    found = latency_of(moments_of(samples))
    return found.processes > found.moments


def has_enough(samples: Sequence[ProcessSample], plan: SamplingPlan, campaigns: Spread = CAMPAIGNS) -> bool:
    """Whether the interval of the samples meets the plan's target, and the plan's percentile has a value."""
    return half_width(samples, campaigns) <= plan.interval_target and _has_percentile(samples, plan)


def _has_percentile(samples: Sequence[ProcessSample], plan: SamplingPlan) -> bool:
    """Whether the percentile that the plan asks for has a value. Enough calls may still leave it without an
    interval."""
    if plan.percentile is None:
        return True
    calls = sum(len(sample.wall_ns) for sample in samples)
    return calls >= plan.calls_for_percentile and percentile(plan.percentile, samples).value is not None


def metric_values(
    samples: Sequence[ProcessSample],
    configuration: Configuration,
    campaigns: Spread = CAMPAIGNS,
    minute_of: MinuteOf = minute_of,
) -> tuple[MetricValue, ...]:
    """The metrics of a case. A metric without a value has the reason why. `campaigns` is what the target's
    campaigns differ by, and `minute_of` is that of the protocol (`profiler.protocol.drift`)."""
    batch, processes = configuration.batch_size, len(samples)
    of_call = latency_of(moments_of(samples, minute_of=minute_of), campaigns=campaigns)
    if configuration.scenario is Scenario.TRAINING:
        return (
            of_call.rate(Metric.TRAIN_THROUGHPUT_IPS, processes, batch * _NS_PER_S),
            _memory(Metric.TRAIN_MEMORY_MB, samples, configuration.device),
            _slowdown(samples, of_call),
        )
    of_image = of_call
    if configuration.scenario is Scenario.CONCURRENT:
        answers = moments_of(samples, _time_of_answer, minute_of)
        of_image = latency_of(answers, campaigns=campaigns)
    values = [
        of_call.metric_value(Metric.LATENCY_MS, processes, 1 / NS_PER_MS),
        _met(samples).metric_value(Metric.LATENCY_MET_MS, processes, 1 / NS_PER_MS),
        *(percentile(share, samples) for share in PERCENTILES),
        _memory(Metric.PEAK_MEMORY_MB, samples, Device.CPU),
        of_image.rate(Metric.THROUGHPUT_IPS, processes, batch * _NS_PER_S),
        _slowdown(samples, of_call),
    ]
    if configuration.device is not Device.CPU:
        values.append(_memory(Metric.DEVICE_MEMORY_MB, samples, configuration.device))
    return tuple(values)


def _median_call(_: Block, calls: Sequence[int]) -> float:
    return median(calls)


def _time_of_answer(block: Block, calls: Sequence[int]) -> float:
    """The time between two answers, where calls overlap.

    Raises:
        ValueError: the block does not say how long its calls took together.
    """
    if block.span_ns is None:
        raise ValueError("calls of concurrent clients without the time that they took together")
    return block.span_ns / len(calls)


def moments_of(
    samples: Sequence[ProcessSample], time_of: _TimeOf = _median_call, minute_of: MinuteOf = minute_of
) -> list[Moment]:
    """The blocks of all processes, as the latency takes them."""
    above = [above_quiet(block, sample) for sample in samples for block in sample.blocks]
    timed = (
        (process, block, log(time_of(block, calls)))
        for process, sample in enumerate(samples)
        for block, calls in sample.calls_of_blocks()
    )
    return [
        Moment(process, log_time - ELASTICITY * minute.drift, of_canary, block.waited or 0.0, minute)
        for (process, block, log_time), of_canary, minute in zip(
            timed, above, minutes_of(samples, above, minute_of), strict=True
        )
    ]


def above_quiet(block: Block, sample: ProcessSample) -> float:
    """How far the canary beside the block was above its quiet level, in logarithms. Zero where no level is
    known."""
    return 0.0 if sample.quiet_ns is None else log(block.canary_ns / sample.quiet_ns)


def _met(samples: Sequence[ProcessSample]) -> Latency:
    """The median over the blocks that went before no other process, as they were met. It speaks of the
    moments of this campaign alone."""
    met = [
        Moment(process, log(median(calls)))
        for process, sample in enumerate(samples)
        for calls in sample.calls_met()
    ]
    return latency_of(met, quantile=_MEDIAN, campaigns=ALONE)


def _slowdown(samples: Sequence[ProcessSample], of_call: Latency) -> MetricValue:
    """How much longer than on the quiet machine a case took, without an interval: the canary over its quiet
    level, the median of the blocks. Where blocks went before other processes, the canary did as well, so that
    it says nothing of those. Then it is the calls as they were met, over `of_call`, if that is more."""
    ratios = [
        block.canary_ns / sample.quiet_ns
        for sample in samples
        for block in sample.blocks
        if sample.quiet_ns is not None
    ]
    if not ratios:
        return MetricValue(Metric.SLOWDOWN, None, absent_reason="The quiet level is not known.")
    slowdown = median(ratios)
    if any(block.real_time for sample in samples for block in sample.blocks):
        slowdown = max(slowdown, exp(_met(samples).value - of_call.value))
    return MetricValue(Metric.SLOWDOWN, slowdown, processes=len(samples))


def _memory(metric: Metric, samples: Sequence[ProcessSample], device: Device) -> MetricValue:
    """The largest peak of all processes. Measurements made before 2026-11-26 have the median."""
    peaks = peaks_of(samples, device)
    if None in peaks:
        return MetricValue(metric, None, absent_reason="The peak memory could not be read.")
    return largest(metric, [peak / _BYTES_PER_MB for peak in peaks if peak is not None])


def peaks_of(samples: Sequence[ProcessSample], device: Device) -> list[int | None]:
    """The peak of memory (bytes) of each process, on the processor or on the device. None is unknown."""
    if device is Device.CPU:
        peaks = [sample.peak_bytes for sample in samples]
    else:
        peaks = [sample.device.used_bytes if sample.device else None for sample in samples]
    return [peak or None for peak in peaks]


def blocks_of(samples: Sequence[ProcessSample]) -> int:
    """How many blocks the samples have."""
    return sum(len(sample.blocks) for sample in samples)
