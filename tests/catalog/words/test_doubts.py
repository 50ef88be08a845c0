"""Which number a doubt bears on."""

import pytest

from catalog.words.doubts import Doubt, bears_on
from catalog.words.metrics import Metric, Subject

MEMORY = (Metric.PEAK_MEMORY_MB, Metric.DEVICE_MEMORY_MB, Metric.TRAIN_MEMORY_MB)


@pytest.mark.parametrize("metric", [metric for metric in Metric if metric.subject is Subject.CASE])
def test_what_disturbs_time_disturbs_no_memory(metric: Metric) -> None:
    of_memory = metric in MEMORY
    for doubt in (Doubt.CONTENDED, Doubt.IMPRECISE, Doubt.CLOCK_DRIFT, Doubt.MEAN_OF_CALLS):
        assert bears_on(doubt, metric) is not of_memory
    for doubt in (Doubt.MEMORY_UNKNOWN, Doubt.MEMORY_LEVELS):
        assert bears_on(doubt, metric) is of_memory
    assert bears_on(Doubt.UNPINNED, metric)


def test_too_few_calls_for_a_percentile_bear_on_percentiles_alone() -> None:
    assert bears_on(Doubt.FEW_FOR_PERCENTILE, Metric.LATENCY_P99_MS)
    assert not bears_on(Doubt.FEW_FOR_PERCENTILE, Metric.LATENCY_MS)
