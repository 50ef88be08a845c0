import pytest

from app.gate.budgets import Limit, check
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Status
from tests.app.gate.sides import measured

UNDER_40 = [Limit(Metric.LATENCY_MS, None, 40.0)]


@pytest.mark.parametrize(
    ("latency", "confidence", "kept"),
    [
        (30.0, 0.95, True),
        (39.9, 0.95, False),  # likely below, and not surely
        (39.9, None, True),
        (40.0, None, True),
        (40.1, None, False),
        (41.0, 0.95, False),
        (39.9, 0.5, True),
    ],
)
def test_a_budget_is_kept_with_its_confidence(latency: float, confidence: float | None, kept: bool) -> None:
    (found,) = check([measured(latency_ms=latency)], UNDER_40, confidence)
    assert found.is_kept is kept


def test_both_sides_of_a_limit_count() -> None:
    limit = [Limit(Metric.LATENCY_MS, 20.0, 40.0)]
    assert [one.is_kept for one in check([measured(latency_ms=10.0)], limit, 0.95)] == [False]
    assert [one.is_kept for one in check([measured(latency_ms=30.0)], limit, 0.95)] == [True]


def test_the_size_is_that_of_the_file_and_exact() -> None:
    for most, kept in ((46.8, True), (46.7, False)):
        (found,) = check([measured()], [Limit(Metric.SIZE_MB, None, most)], 0.99)
        assert found.is_kept is kept


def test_a_case_without_the_number_does_not_keep_the_budget() -> None:
    (found,) = check([measured(status=Status.FAILED)], UNDER_40, 0.95)
    assert found.value is None
    assert not found.is_kept
