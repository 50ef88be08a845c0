"""What a number that is not known is at least. Pure: arrays in, arrays out."""

import numpy as np

from catalog.candidates.category import Floats
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.words.metrics import MEMORY_METRICS, Metric
from catalog.words.vocabulary import Precision

NOT_BELOW_LATENCY = (
    Metric.LATENCY_MET_MS,
    Metric.LATENCY_P90_MS,
    Metric.LATENCY_P95_MS,
    Metric.LATENCY_P99_MS,
)
"""Times of a call that are at least the latency, which is that of the quiet machine."""
# Under AMP the weights stay in fp32.
_BYTES_OF_A_WEIGHT = {Precision.INT8: 1.0, Precision.FP16: 2.0, Precision.BF16: 2.0}
_BYTES_OF_FP32 = 4.0


def floor_of(metric: Metric, columns: CandidateColumns) -> Floats:
    """What the metric of every candidate is at least. 0 where nothing is known of it.

    Memory holds the weights, whatever else it holds.
    """
    return columns.derived(_floor, metric in MEMORY_METRICS)


def _floor(columns: CandidateColumns, of_memory: bool) -> Floats:
    if not of_memory:
        return np.zeros(len(columns))
    weights = columns.metrics[Metric.PARAMS_M].value * columns.configuration.numbers(_bytes_of_a_weight)
    return np.asarray(np.nan_to_num(weights))


def _bytes_of_a_weight(configuration: Configuration) -> float:
    return _BYTES_OF_A_WEIGHT.get(configuration.precision, _BYTES_OF_FP32)
