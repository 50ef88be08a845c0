"""From raw samples to numbers with intervals. Pure statistics; the process is the sampling unit."""

from collections.abc import Sequence
from math import exp, log, sqrt
from statistics import fmean, median

from scipy.special import stdtrit

from catalog.entities import MetricValue, ProcessSample
from catalog.metrics import Metric

LEVEL = 0.95
_NS_PER_MS = 1e6
_BYTES_PER_MB = 1e6


def metric_values(samples: Sequence[ProcessSample], batch_size: int) -> tuple[MetricValue, ...]:
    """Latency, throughput and peak memory of a case from one sample a process."""
    latencies = [median(sample.wall_ns) / _NS_PER_MS for sample in samples]
    latency = estimate(Metric.LATENCY_MS, latencies)
    images_per_s = [batch_size * 1000 / latency_ms for latency_ms in latencies]
    peaks = [sample.peak_bytes / _BYTES_PER_MB for sample in samples]
    return (
        latency,
        estimate(Metric.PEAK_MEMORY_MB, peaks),
        estimate(Metric.THROUGHPUT_IPS, images_per_s),
    )


def estimate(metric: Metric, values: Sequence[float]) -> MetricValue:
    """The median of `values` (positive, one a process) with a t interval on their logarithms.

    The interval is centred on the median, so that it always holds the value. One value has none.
    """
    centre = median(values)
    if len(values) < 2:  # noqa: PLR2004 - a spread needs two
        return MetricValue(metric, centre)
    logs = [log(value) for value in values]
    mean = fmean(logs)
    deviation = sqrt(sum((one - mean) ** 2 for one in logs) / (len(logs) - 1))
    quantile = float(stdtrit(len(logs) - 1, (1 + LEVEL) / 2))
    factor = exp(quantile * deviation / sqrt(len(logs)))
    return MetricValue(metric, centre, centre / factor, centre * factor, LEVEL)
