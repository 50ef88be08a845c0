"""What a number that is not known is at least. Pure: arrays in, arrays out."""

import numpy as np

from catalog.candidates.category import Floats
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.words.metrics import MEMORY_METRICS, Metric
from catalog.words.vocabulary import Device, Precision

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

    Memory holds the weights, whatever else it holds. A processor has no memory of a device.
    """
    if metric is Metric.DEVICE_MEMORY_MB:
        return columns.derived(_weights_on_a_device)
    return columns.derived(_weights if metric in MEMORY_METRICS else _nothing)


def _nothing(columns: CandidateColumns) -> Floats:
    return np.zeros(len(columns))


def _weights(columns: CandidateColumns) -> Floats:
    """What the weights take (MB)."""
    weights = columns.metrics[Metric.PARAMS_M].value * columns.configuration.numbers(_bytes_of_a_weight)
    return np.asarray(np.nan_to_num(weights))


def _weights_on_a_device(columns: CandidateColumns) -> Floats:
    on_device = columns.configuration.mask(lambda configuration: configuration.device is not Device.CPU)
    return np.where(on_device, _weights(columns), 0.0)


def _bytes_of_a_weight(configuration: Configuration) -> float:
    return _BYTES_OF_A_WEIGHT.get(configuration.precision, _BYTES_OF_FP32)
