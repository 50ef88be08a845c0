"""What a number that is not known is at least. Pure: arrays in, arrays out."""

import numpy as np

from catalog.candidates import CandidateColumns, Floats
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
    if metric not in MEMORY_METRICS:
        return np.zeros(len(columns))
    sizes = [_BYTES_OF_A_WEIGHT.get(run.precision, _BYTES_OF_FP32) for run in columns.configuration.values]
    weights = columns.metrics[Metric.PARAMS_M].value * np.array(sizes)[columns.configuration.codes]
    return np.asarray(np.nan_to_num(weights))
