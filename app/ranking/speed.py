"""How long an image takes, whatever the batch. Pure: arrays in, arrays out."""

import numpy as np

from catalog.candidates import CandidateColumns, Floats, Ints
from catalog.words.metrics import Metric


def image_ms(columns: CandidateColumns, rows: Ints | None = None) -> Floats:
    """Milliseconds per image of every candidate, or of `rows`, by its latency, or else its throughput.

    NaN is unknown.

    The time of a candidate that was measured in training is that of a training step.
    """
    batches = np.array([each.batch_size for each in columns.configuration.values], dtype=np.float64)
    of_rows = slice(None) if rows is None else rows
    times = columns.metrics[Metric.LATENCY_MS].value[of_rows] / batches[columns.configuration.codes[of_rows]]
    for metric in (Metric.THROUGHPUT_IPS, Metric.TRAIN_THROUGHPUT_IPS):
        with np.errstate(divide="ignore"):
            times = np.where(np.isnan(times), 1000 / columns.metrics[metric].value[of_rows], times)
    return times
