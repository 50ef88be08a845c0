"""How long an image takes, whatever the batch and however many clients call. Pure: arrays in, arrays out."""

from collections.abc import Callable, Container

import numpy as np

from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.words.metrics import SPEED_METRICS, Metric

_MS_PER_S = 1e3


def time_per_image(metric: Metric, speed: float, configuration: Configuration) -> float:
    """Milliseconds per image, by a positive number of speed: a latency, or images per second."""
    return speed / configuration.batch_size if metric is Metric.LATENCY_MS else _MS_PER_S / speed


def metric_of_time(known: Container[Metric], configuration: Configuration) -> Metric | None:
    """The metric, of those that are `known`, that says how long an image takes. None where none does.

    Several clients are answered at the same time. A call takes longer than what is between two images, so
    their throughput says it.
    """
    several = configuration.clients > 1
    metrics = (Metric.THROUGHPUT_IPS, *SPEED_METRICS) if several else SPEED_METRICS
    return next((metric for metric in metrics if metric in known), None)


def by_time(columns: CandidateColumns, numbers: Callable[[Metric], Floats], absent: float) -> Floats:
    """For every candidate the number of the metric that says how long an image takes. `numbers` has those of
    a metric. Without such a metric, the number is `absent`."""
    has = {metric: ~np.isnan(columns.metrics[metric].value) for metric in SPEED_METRICS}
    several = columns.configuration.mask(lambda run: run.clients > 1)
    found = np.full(len(columns), absent)
    for metric in reversed(SPEED_METRICS):
        says = has[metric]
        if metric is Metric.LATENCY_MS:
            says = says & ~(several & has[Metric.THROUGHPUT_IPS])
        found[says] = numbers(metric)[says]
    return found


def image_ms(columns: CandidateColumns, rows: Ints | None = None) -> Floats:
    """Milliseconds per image of every candidate, or of `rows`, as `metric_of_time` says. NaN is unknown.

    The time of a candidate that was measured in training is that of a training step.
    """
    times = columns.derived(_image_ms)
    return times if rows is None else times[rows]


def _image_ms(columns: CandidateColumns) -> Floats:
    def times(metric: Metric) -> Floats:
        speeds = columns.metrics[metric].value
        if metric is Metric.LATENCY_MS:
            return speeds / columns.configuration.numbers(_batch_size)
        with np.errstate(divide="ignore"):
            return np.asarray(_MS_PER_S / speeds)

    return by_time(columns, times, np.nan)


def _batch_size(configuration: Configuration) -> float:
    return configuration.batch_size
