"""How long an image takes, whatever the batch. Pure: arrays in, arrays out."""

import numpy as np

from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric


def image_ms(columns: CandidateColumns, rows: Ints | None = None) -> Floats:
    """Milliseconds per image of every candidate, or of `rows`, by its latency, or else its throughput.

    NaN is unknown.

    The time of a candidate that was measured in training is that of a training step.
    """
    times = columns.derived(_image_ms)
    return times if rows is None else times[rows]


def _image_ms(columns: CandidateColumns) -> Floats:
    times = columns.metrics[Metric.LATENCY_MS].value / columns.configuration.numbers(_batch_size)
    for metric in (Metric.THROUGHPUT_IPS, Metric.TRAIN_THROUGHPUT_IPS):
        with np.errstate(divide="ignore"):
            times = np.where(np.isnan(times), 1000 / columns.metrics[metric].value, times)
    return times


def _batch_size(configuration: Configuration) -> float:
    return configuration.batch_size
