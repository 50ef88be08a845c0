"""Bounds from published speeds cover what was measured: networks are hidden, and compared with theirs."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.ranking.budget.unmeasured import Bounded, bounded_candidates
from app.ranking.speed import image_ms
from catalog.candidates.category import Ints
from catalog.candidates.columns import CandidateColumns
from catalog.opening import open_catalog
from catalog.reference.speeds.published import RTX_3090, RTX_4090, RTX_PRO_6000
from catalog.storage.candidates.rows import candidate_columns
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Scenario
from tests.reference_tables import WHOLE

GPUS = (RTX_3090.id, RTX_4090.id, RTX_PRO_6000.id)
# As many networks as the starter preset measures, and as a user measures in an evening.
FEW, MANY = 14, 100


@pytest.fixture(scope="module")
def published(path: Path) -> dict[str, CandidateColumns]:
    with open_catalog(f"sqlite:///{path}", WHOLE) as catalog, catalog.read() as session:
        return {target: candidate_columns(session, target) for target in GPUS}


def inference(columns: CandidateColumns) -> Ints:
    return np.flatnonzero(columns.configuration.mask(lambda run: run.scenario is not Scenario.TRAINING))


def inside(columns: CandidateColumns, groups: tuple[Bounded, ...]) -> Iterator[bool]:
    """Of each bounded candidate that was measured in truth, whether its time lies in its interval."""
    times = image_ms(columns)
    truth = {
        (columns.checkpoint[row], int(columns.input_size[row]), columns.configuration[row]): times[row]
        for row in range(len(columns))
    }
    for group in groups:
        throughput = group.columns.metrics[Metric.THROUGHPUT_IPS]
        for row in range(len(group.columns)):
            key = (
                group.columns.checkpoint[row],
                int(group.columns.input_size[row]),
                group.columns.configuration[row],
            )
            if key in truth:
                yield bool(throughput.low[row] <= 1000 / truth[key] <= throughput.high[row])


@pytest.mark.parametrize("measured", [FEW, MANY])
def test_the_intervals_cover_what_they_promise(published: dict[str, CandidateColumns], measured: int) -> None:
    rng = random.Random(4)
    covered: list[bool] = []
    for target in GPUS:
        columns = published[target].take(inference(published[target]))
        others = {other: published[other] for other in GPUS if other != target}
        for _ in range(4):
            chosen = set(rng.sample(sorted(set(columns.architecture)), measured))
            seen = columns.take(np.flatnonzero(columns.architecture.mask(chosen.__contains__)))
            covered += inside(columns, bounded_candidates(seen, others))
    assert len(covered) > 5000
    assert 0.88 < sum(covered) / len(covered) < 0.95
