"""Which metrics may be asked for where a number is missing. Pure."""

from collections.abc import Mapping

import numpy as np

from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import DATASETS, Metric

_LATENCIES = (Metric.LATENCY_MS, Metric.LATENCY_MET_MS, Metric.THROUGHPUT_IPS)
_SPACE = (Metric.SIZE_MB, Metric.PARAMS_M)
_WORK = (Metric.GMACS, Metric.GFLOPS, Metric.PARAMS_M, Metric.ACTIVATIONS_M)

# Of the same quantity, the most alike first. Memory is at least what the weights take.
_ALIKE: Mapping[Metric, tuple[Metric, ...]] = {
    **dict.fromkeys(
        (
            *_LATENCIES,
            Metric.LATENCY_P90_MS,
            Metric.LATENCY_P95_MS,
            Metric.LATENCY_P99_MS,
        ),
        _LATENCIES,
    ),
    Metric.PEAK_MEMORY_MB: (Metric.DEVICE_MEMORY_MB, *_SPACE),
    Metric.DEVICE_MEMORY_MB: (Metric.PEAK_MEMORY_MB, *_SPACE),
    Metric.TRAIN_MEMORY_MB: (Metric.DEVICE_MEMORY_MB, Metric.PEAK_MEMORY_MB, *_SPACE),
    **dict.fromkeys(_SPACE, _SPACE),
    **dict.fromkeys((Metric.GMACS, Metric.GFLOPS, Metric.ACTIVATIONS_M), _WORK),
    **dict.fromkeys(DATASETS, tuple(DATASETS)),
    **dict.fromkeys((Metric.TRAIN_THROUGHPUT_IPS, Metric.SLOWDOWN), ()),
}


def stand_ins(metric: Metric, columns: CandidateColumns) -> tuple[Metric, ...]:
    """The metrics of the same quantity that a candidate has, the most alike first."""
    return tuple(
        other
        for other in _ALIKE[metric]
        if other is not metric and not np.isnan(columns.metrics[other].value).all()
    )
