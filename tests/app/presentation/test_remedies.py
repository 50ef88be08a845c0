"""What an answer says to do where a metric is unknown."""

import pytest

from app.presentation.remedies import remedy
from catalog.words.metrics import Metric, Subject


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (Metric.TOP1, "Evaluate the checkpoint"),
        (Metric.TOP1_A, "Evaluate the checkpoint"),
        (Metric.GMACS, "archrank profile NAME --input-size SIZE"),
        (Metric.LATENCY_MS, "archrank profile NAME"),
        (Metric.PEAK_MEMORY_MB, "archrank profile NAME"),
        (Metric.SIZE_MB, "archrank profile NAME"),
        (Metric.TRAIN_THROUGHPUT_IPS, "archrank profile NAME --train"),
        (Metric.TRAIN_MEMORY_MB, "archrank profile NAME --train"),
    ],
)
def test_a_remedy_says_what_to_do(metric: Metric, words: str) -> None:
    assert words in remedy(metric, local=True)
    assert words in remedy(metric, local=False)


@pytest.mark.parametrize("metric", Metric)
def test_only_what_is_measured_is_to_be_measured_elsewhere(metric: Metric) -> None:
    measured = metric.subject in (Subject.CASE, Subject.ARTEFACT)
    assert ("on that hardware" in remedy(metric, local=False)) is measured
    assert "hardware" not in remedy(metric, local=True)
