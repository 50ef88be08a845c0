"""From raw samples to numbers with intervals. Pure statistics; the process is the sampling unit."""

from collections.abc import Mapping, Sequence
from functools import cache
from math import ceil, exp, inf, log, sqrt
from statistics import fmean, median, stdev

from scipy.special import bdtr, stdtrit

from catalog.entities import Configuration, MetricValue, ProcessSample
from catalog.metrics import Metric
from catalog.vocabulary import Device, Scenario
from profiler.timing import SamplingPlan

LEVEL = 0.95
PERCENTILES: Mapping[int, Metric] = {
    90: Metric.LATENCY_P90_MS,
    95: Metric.LATENCY_P95_MS,
    99: Metric.LATENCY_P99_MS,
}
_PERCENTILE_RISK = 0.01
_NS_PER_MS = 1e6
_BYTES_PER_MB = 1e6


def half_width(samples: Sequence[ProcessSample]) -> float:
    """Half of the width of the interval of a call's median time, as a share of that time; infinite where one
    process has none."""
    latency = estimate(Metric.LATENCY_MS, _medians_ms(samples))
    if latency.value is None or latency.low is None or latency.high is None:
        return inf
    return (latency.high - latency.low) / 2 / latency.value


def suffice(samples: Sequence[ProcessSample], plan: SamplingPlan) -> bool:
    """Whether the samples, in the order taken, are as many and as precise as the plan asks for."""
    counts = range(len(samples) - plan.confirming, len(samples) + 1)
    return (
        counts[0] >= plan.processes
        and all(half_width(samples[:count]) <= plan.precision for count in counts)
        and (plan.percentile is None or percentile(plan.percentile, samples).value is not None)
    )


def metric_values(samples: Sequence[ProcessSample], configuration: Configuration) -> tuple[MetricValue, ...]:
    """The metrics of a case from one sample a process; those that the samples do not carry say why."""
    batch, times_ms = configuration.batch_size, _medians_ms(samples)
    per_second = [batch * 1000 / time_ms for time_ms in times_ms]
    if configuration.scenario is Scenario.TRAINING:
        return (
            estimate(Metric.TRAIN_THROUGHPUT_IPS, per_second),
            _memory(Metric.TRAIN_MEMORY_MB, samples, configuration.device),
        )
    if configuration.scenario is Scenario.CONCURRENT:
        per_second = [batch * len(one.wall_ns) * 1e9 / _span_ns(one) for one in samples]
    values = [
        estimate(Metric.LATENCY_MS, times_ms),
        *(percentile(share, samples) for share in PERCENTILES),
        _memory(Metric.PEAK_MEMORY_MB, samples, Device.CPU),
        estimate(Metric.THROUGHPUT_IPS, per_second),
    ]
    if configuration.device is not Device.CPU:
        values.append(_memory(Metric.DEVICE_MEMORY_MB, samples, configuration.device))
    return tuple(values)


def estimate(metric: Metric, values: Sequence[float]) -> MetricValue:
    """The median of `values` (positive, one a process) with a t interval on their logarithms.

    The interval is centred on the mean of the logarithms: around the median, whose own error is a fifth
    larger, it would cover the truth less often than it says. It is
    stretched to hold the value where outliers draw the mean away. One value has none.
    """
    centre = median(values)
    if len(values) < 2:  # noqa: PLR2004 - a spread needs two
        return MetricValue(metric, centre, processes=len(values))
    logs = [log(value) for value in values]
    reach = _quantile(len(logs)) * stdev(logs) / sqrt(len(logs))
    low, high = min(centre, exp(fmean(logs) - reach)), max(centre, exp(fmean(logs) + reach))
    return MetricValue(metric, centre, low, high, LEVEL, processes=len(values))


def percentile(share: int, samples: Sequence[ProcessSample]) -> MetricValue:
    """The time (ms) below which `share` percent of all calls ended, or why the samples do not carry it.

    The value is an order statistic of all calls. Its interval is Woodruff's for a sample of clusters
    (Woodruff 1952, doi:10.1080/01621459.1952.10483443): a t interval, between processes, for the share of
    calls below the value, read back through the order statistics.
    """
    metric, target = PERCENTILES[share], share / 100
    calls = sorted(time for sample in samples for time in sample.wall_ns)
    needed = calls_needed(share)
    if len(calls) < needed:
        return MetricValue(metric, None, absent_reason=f"needs {needed} calls, the sample has {len(calls)}")
    if len(samples) < 2:  # noqa: PLR2004
        return MetricValue(metric, None, absent_reason="one process carries no interval")
    value = _order_statistic(calls, target)
    below = [sum(time <= value for time in sample.wall_ns) / len(sample.wall_ns) for sample in samples]
    # Calls are at least as uncertain as independent ones, however alike the processes happen to be.
    spread = max(stdev(below) / sqrt(len(samples)), sqrt(target * (1 - target) / len(calls)))
    reach = _quantile(len(samples)) * spread
    if target + reach > 1 - 1 / len(calls):
        return MetricValue(
            metric, None, absent_reason=f"its interval ends beyond the slowest of {len(calls)} calls"
        )
    low, high = _order_statistic(calls, max(0.0, target - reach)), _order_statistic(calls, target + reach)
    value_ms, low_ms, high_ms = (time / _NS_PER_MS for time in (value, low, high))
    return MetricValue(metric, value_ms, low_ms, high_ms, LEVEL, processes=len(samples))


@cache
def calls_needed(share: int) -> int:
    """The least number of calls that carries a percentile: with fewer, two of them all but surely need not
    lie beyond it. It is the minimum of MLPerf's early stopping: 64 for the 90th, 662 for the 99th."""
    calls = 2
    while bdtr(1, calls, 1 - share / 100) > _PERCENTILE_RISK:
        calls += 1
    return calls


def _memory(metric: Metric, samples: Sequence[ProcessSample], device: Device) -> MetricValue:
    peaks = [
        one.peak_bytes if device is Device.CPU else one.device.used_bytes if one.device else None
        for one in samples
    ]
    known = [peak / _BYTES_PER_MB for peak in peaks if peak]
    if len(known) < len(peaks):
        return MetricValue(metric, None, absent_reason="the peak memory could not be read")
    return estimate(metric, known)


def _medians_ms(samples: Sequence[ProcessSample]) -> list[float]:
    return [median(sample.wall_ns) / _NS_PER_MS for sample in samples]


def _span_ns(sample: ProcessSample) -> int:
    """From the first call's begin to the last one's end, where calls overlap."""
    if sample.span_ns is None:
        raise ValueError("calls of concurrent clients without the time that they took together")
    return sample.span_ns


def _order_statistic(ordered: Sequence[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, max(0, ceil(share * len(ordered)) - 1))]


def _quantile(processes: int) -> float:
    return float(stdtrit(processes - 1, (1 + LEVEL) / 2))
