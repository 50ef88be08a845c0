"""Which checkpoint represents an architecture."""

import numpy as np
import pytest

from app.questions.candidates.most_accurate import most_accurate
from catalog.words.metrics import Metric
from tests.app.ranking.candidates import Candidate, columns


def checkpoint(top1: float | None, ms: float, use: bool | None) -> Candidate:
    accuracy = {} if top1 is None else {Metric.TOP1: top1}
    return Candidate("anet", {Metric.LATENCY_MS: ms, **accuracy}, commercial_use=use)


@pytest.mark.parametrize(
    ("checkpoints", "expected"),
    [
        pytest.param([(81.15, False), (80.85, True)], 1, id="a tied one that is free"),
        pytest.param([(81.15, False), (80.70, True), (80.85, True)], 2, id="the best of those"),
        pytest.param([(81.15, False), (79.0, True)], 0, id="a free one is clearly worse"),
        pytest.param([(81.15, None), (80.85, True)], 1, id="unclear is not allowed"),
        pytest.param([(81.15, True), (81.20, True)], 1, id="all are free"),
        pytest.param([(81.15, False), (80.85, None)], 0, id="none is free"),
        pytest.param([(None, True), (80.85, False)], 1, id="an unknown accuracy ties with nothing"),
    ],
)
def test_of_checkpoints_within_the_error_one_that_allows_commercial_use_is_taken(
    checkpoints: list[tuple[float | None, bool | None]], expected: int
) -> None:
    them = columns(*(checkpoint(top1, 10.0, use) for top1, use in checkpoints))
    assert most_accurate(them, np.arange(len(them)), them.speed_order) == expected


def test_of_equally_accurate_rows_the_fastest_is_taken() -> None:
    them = columns(checkpoint(80.0, 12.0, True), checkpoint(80.0, 11.0, True), checkpoint(79.0, 5.0, True))
    assert most_accurate(them, np.arange(3), them.speed_order) == 1
