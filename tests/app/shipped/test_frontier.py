"""Pareto fronts of the shipped catalog, also over the API, are those that pymoo finds."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.questions.answers.comparison import Frontier, frontier, usual_frontier
from app.questions.asking.question import ConfigurationFilter, Question
from app.questions.candidates.held_candidates import CandidateCache
from app.ranking.order.collapsing import Collapse
from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision
from tests.app.ranking.order.fronts import costs_of, fronts_of
from tests.reference_tables import WHOLE

LATENCY, TOP1, SIZE, GMACS = Metric.LATENCY_MS, Metric.TOP1, Metric.SIZE_MB, Metric.GMACS
THROUGHPUT, PARAMS = Metric.THROUGHPUT_IPS, Metric.PARAMS_M


@pytest.fixture(scope="module")
def shipped(path: Path) -> Iterator[Catalog]:
    with open_catalog(f"sqlite:///{path}", WHOLE) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def held() -> CandidateCache:
    return CandidateCache()


CPU, GPU = "i9-10940x", "rtx-3090"
PAIRS = [
    (CPU, LATENCY, TOP1),
    (CPU, TOP1, LATENCY),
    (CPU, GMACS, TOP1),
    (CPU, PARAMS, Metric.TOP1_A),
    (CPU, LATENCY, SIZE),
    (CPU, Metric.TOP1_PER_GMAC, TOP1),
    (CPU, Metric.TOP1_R, Metric.TOP1_SKETCH),
    (GPU, THROUGHPUT, TOP1),
    (GPU, Metric.TRAIN_THROUGHPUT_IPS, TOP1),
    (GPU, Metric.ACTIVATIONS_M, THROUGHPUT),
    (GPU, LATENCY, TOP1),
]
QUESTIONS = [
    Question(),
    Question(input_size=(224, 224)),
    Question(commercial_use=True, configuration=ConfigurationFilter(precision=(Precision.AMP_FP16,))),
]


def check_frontier(found: Frontier, by: Collapse) -> None:
    """The oracle's first front, or of every architecture on it the row that is best in the first metric."""
    costs = costs_of(found.columns, found.metrics, np.arange(len(found.columns)))
    known = np.flatnonzero(~np.isnan(costs).any(axis=1))
    assert found.considered == len(found.columns)
    assert found.unknown == len(found.columns) - len(known)
    if not len(known):
        assert not found.rows
        return
    first = known[fronts_of(costs[known]) == 0]
    rows = np.array(found.rows)
    assert set(found.rows) <= set(first.tolist())
    assert (np.diff(costs[rows, 0]) >= 0).all()
    if by is Collapse.CONFIGURATION:
        assert sorted(found.rows) == sorted(first.tolist())
        return
    best: dict[str, float] = {}
    for row in first:
        name = found.columns.architecture[row]
        best[name] = min(best.get(name, np.inf), costs[row, 0])
    assert {found.columns.architecture[row]: costs[row, 0] for row in rows} == best
    assert len(rows) == len(best)


@pytest.mark.parametrize(("target", "x", "y"), PAIRS)
def test_the_frontier_of_the_reference_tables_is_the_oracles(
    shipped: Catalog, held: CandidateCache, target: str, x: Metric, y: Metric
) -> None:
    for question in QUESTIONS:
        for by in (Collapse.ARCHITECTURE, Collapse.CONFIGURATION):
            asked = replace(question, target=target, collapse=by)
            check_frontier(frontier(shipped, (x, y), asked, held), by)


@pytest.mark.parametrize("metrics", [(LATENCY, TOP1, SIZE), (TOP1, GMACS, PARAMS, LATENCY)])
def test_the_frontier_of_more_metrics_is_the_oracles(
    shipped: Catalog, held: CandidateCache, metrics: tuple[Metric, ...]
) -> None:
    check_frontier(frontier(shipped, metrics, Question(CPU), held), Collapse.ARCHITECTURE)


@pytest.mark.parametrize(
    ("x", "y", "size"), [(LATENCY, TOP1, None), (TOP1, PARAMS, 224), (Metric.TOP1_V2, SIZE, None)]
)
def test_the_api_tells_the_same_frontier(
    shipped: Catalog, held: CandidateCache, shipped_client: TestClient, x: Metric, y: Metric, size: int | None
) -> None:
    query = {"target": CPU, "x": x, "y": y} | ({} if size is None else {"input_size": size})
    answer = shipped_client.get("/v1/frontier", params=query).json()
    asked = Question(CPU, input_size=None if size is None else (size, size), collapse=Collapse.CONFIGURATION)
    found = frontier(shipped, (x, y), asked, held)
    assert len(found.rows) > 5
    checkpoints = [found.columns.checkpoint[row] for row in found.rows]
    assert [one["checkpoint"] for one in answer["items"]] == checkpoints
    numbers = [[one["metrics"][metric]["value"] for metric in (x, y)] for one in answer["items"]]
    expected = np.abs(costs_of(found.columns, (x, y), np.array(found.rows)))
    assert numbers == expected.tolist()
    assert (answer["considered"], answer["unknown"]) == (found.considered, found.unknown)


def test_the_frontier_keeps_the_sizes_of_one_architecture_that_nothing_dominates(
    shipped_client: TestClient,
) -> None:
    query = {"target": CPU, "x": LATENCY, "y": TOP1}
    items = shipped_client.get("/v1/frontier", params=query).json()["items"]
    names = [one["architecture"] for one in items]
    assert len(set(names)) < len(names)
    collapsed = shipped_client.get("/v1/frontier", params=query | {"collapse": "architecture"}).json()[
        "items"
    ]
    assert [one["architecture"] for one in collapsed] == list(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("target", "y", "x"), [(CPU, TOP1, LATENCY), (GPU, TOP1, THROUGHPUT), (GPU, THROUGHPUT, LATENCY)]
)
def test_the_usual_frontier_is_of_the_speed_that_candidates_have(
    shipped: Catalog, held: CandidateCache, target: str, y: Metric, x: Metric
) -> None:
    question = Question(target)
    found = usual_frontier(shipped, y, question, held)
    assert found.metrics == (x, y)
    assert found.rows == frontier(shipped, (x, y), question, held).rows
