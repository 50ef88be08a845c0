"""Which number a doubt bears on, and which doubts are given."""

import re
from pathlib import Path

import pytest

from catalog.words.doubts import Doubt, bears_on
from catalog.words.metrics import Metric, Subject

ROOT = Path(__file__).parents[3]
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


def test_a_doubt_that_nothing_judges_any_more_says_which_measurements_have_it() -> None:
    sources = [path.read_text() for name in ("profiler", "catalog") for path in (ROOT / name).rglob("*.py")]
    judged = {name for text in sources for name in re.findall(r"\bDoubt\.([A-Z_]+)", text)}
    old = {doubt for doubt in Doubt if doubt.name not in judged}
    assert old == {doubt for doubt in Doubt if "Only measurements until protocol" in doubt.meaning}
