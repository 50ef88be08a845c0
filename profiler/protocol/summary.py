"""The numbers of a case, computed from its raw samples."""

from collections.abc import Sequence
from math import inf
from statistics import median

from catalog.entities.configurations import Configuration
from catalog.entities.measurements import MetricValue
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Scenario
from profiler.protocol.intervals import t_interval
from profiler.protocol.percentiles import NS_PER_MS, PERCENTILES, percentile
from profiler.protocol.plan import SamplingPlan

_BYTES_PER_MB = 1e6


def half_width(samples: Sequence[ProcessSample]) -> float:
    """Half of the width of the interval of a call's median time, as a share of that time. Infinite for a
    single process, which has no interval."""
    latency = t_interval(Metric.LATENCY_MS, _medians_ms(samples))
    if latency.value is None or latency.low is None or latency.high is None:
        return inf
    return (latency.high - latency.low) / 2 / latency.value


def has_enough(samples: Sequence[ProcessSample], plan: SamplingPlan) -> bool:
    """Whether the samples, in the order taken, are enough for the plan and meet its interval target."""
    counts = range(len(samples) - plan.confirming, len(samples) + 1)
    return (
        counts[0] >= plan.processes
        and all(half_width(samples[:count]) <= plan.interval_target for count in counts)
        and (plan.percentile is None or percentile(plan.percentile, samples).value is not None)
    )


def metric_values(samples: Sequence[ProcessSample], configuration: Configuration) -> tuple[MetricValue, ...]:
    """The metrics of a case. A metric without a value has the reason why."""
    batch, times_ms = configuration.batch_size, _medians_ms(samples)
    per_second = [batch * 1000 / time_ms for time_ms in times_ms]
    if configuration.scenario is Scenario.TRAINING:
        return (
            t_interval(Metric.TRAIN_THROUGHPUT_IPS, per_second),
            _memory(Metric.TRAIN_MEMORY_MB, samples, configuration.device),
        )
    if configuration.scenario is Scenario.CONCURRENT:
        per_second = [batch * len(sample.wall_ns) * 1e9 / _span_ns(sample) for sample in samples]
    values = [
        t_interval(Metric.LATENCY_MS, times_ms),
        *(percentile(share, samples) for share in PERCENTILES),
        _memory(Metric.PEAK_MEMORY_MB, samples, Device.CPU),
        t_interval(Metric.THROUGHPUT_IPS, per_second),
    ]
    if configuration.device is not Device.CPU:
        values.append(_memory(Metric.DEVICE_MEMORY_MB, samples, configuration.device))
    return tuple(values)


def _memory(metric: Metric, samples: Sequence[ProcessSample], device: Device) -> MetricValue:
    if device is Device.CPU:
        peaks = [sample.peak_bytes for sample in samples]
    else:
        peaks = [sample.device.used_bytes if sample.device else None for sample in samples]
    peaks_mb = [peak / _BYTES_PER_MB for peak in peaks if peak]
    if len(peaks_mb) < len(peaks):
        return MetricValue(metric, None, absent_reason="The peak memory could not be read.")
    return t_interval(metric, peaks_mb)


def _medians_ms(samples: Sequence[ProcessSample]) -> list[float]:
    return [median(sample.wall_ns) / NS_PER_MS for sample in samples]


def _span_ns(sample: ProcessSample) -> int:
    """The time from the first call's begin to the last call's end, where calls overlap."""
    if sample.span_ns is None:
        raise ValueError("calls of concurrent clients without the time that they took together")
    return sample.span_ns
