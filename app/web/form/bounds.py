"""The fields of bounds: each metric has a field for either side.

The side that limits the metric has the metric's name, and the other side is `min_latency_ms` or `max_top1`.
"""

from catalog.words.metrics import Direction, Metric

MAIN_BOUNDS = (
    Metric.LATENCY_MS,
    Metric.THROUGHPUT_IPS,
    Metric.TOP1,
    Metric.PEAK_MEMORY_MB,
    Metric.SIZE_MB,
    Metric.PARAMS_M,
)
"""The metrics with a slider. The others are bounded under `more bounds`."""

BOUNDED: dict[str, tuple[Metric, str]] = {
    name: (metric, side)
    for metric in Metric
    for name, side in (
        (metric.value, "max" if metric.direction is Direction.LOWER else "min"),
        (f"min_{metric}", "min") if metric.direction is Direction.LOWER else (f"max_{metric}", "max"),
    )
}
"""The metric and the side that each field of a bound limits, by the field's name."""
