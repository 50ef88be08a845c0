"""Answers are those of the plain ranker over what the API itself serves: pages of measurements, and cards."""

import pytest
from fastapi.testclient import TestClient

from tests.app.api.routes.conftest import EVERY_ROW, EXAMPLE, Document, Post
from tests.app.api.routes.served import served_world
from tests.app.seeds import local
from tests.oracle.filters import passing
from tests.oracle.identity import identity, identity_of
from tests.oracle.rows import Row
from tests.oracle.search import search
from tests.oracle.world import candidates

# Each keeps some candidates and drops some on one of the targets.
TARGETS = ("local", "rtx-3090", "i9-10940x")
FILTERS: dict[str, Document] = {
    "usable": {"license": {"commercial_use": True}},
    "not usable": {"license": {"commercial_use": False}},
    "usable under one licence": {"license": {"commercial_use": True, "allow": ["bsd-3-clause"]}},
    "any use": {"license": {"allow": ["mit", "cc-by-nc-4.0"]}},
    "not trained on": {"training_data": {"exclude": ["yfcc-100m"]}},
    "not trained on any of a kind": {"training_data": {"exclude": ["imagenet-21k", "instagram"]}},
    "chosen batch": {"configuration": {"batch_policy": ["fixed"]}},
    "largest batch": {"configuration": {"batch_policy": ["largest_fitting"]}},
}


@pytest.fixture(scope="session")
def served(client: TestClient) -> dict[str, list[Row]]:
    """The candidates of each target, as the API serves them."""
    ids = {target: local().id if target == "local" else target for target in TARGETS}
    return {target: candidates(served_world(client, name), name) for target, name in ids.items()}


@pytest.mark.parametrize(
    "budget",
    [
        EXAMPLE["budget"],
        {"latency_ms": {"max": 30}, "peak_memory_mb": {"max": 140}, "size_mb": {"max": 40}},
        {"peak_memory_mb": {"min": 100, "max": 150}, "top1": {"min": 75, "max": 80}},
        {"latency_ms": {"max": 21.0}, "top1": {"min": 75.452}},
    ],
)
def test_the_answer_is_that_of_the_plain_ranker(
    served: dict[str, list[Row]], post: Post, budget: Document
) -> None:
    question = {"target": "local", "budget": budget, "input_size": 224, "limit": 5}
    answer = post(**question)
    plain = search(served["local"], question | {"objective": "top1", "collapse": "architecture"})
    best = plain.collapsed[:5]
    assert best
    for recommended, row in zip(answer["recommendations"], best, strict=True):
        assert identity_of(recommended) == identity(row)
        assert {name: number["value"] for name, number in recommended["metrics"].items()} == row.values
    assert answer["considered"] == len(plain.rows)
    for name in budget:
        assert answer["eliminated"][name] == plain.eliminated(name)
        assert answer["eliminated_only_by"][name] == len(plain.eliminated_only_by(name))
        assert answer["unknown"].get(name, 0) == plain.unknown(name)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_considers_just_those_whose_cards_hold_it(
    served: dict[str, list[Row]], post: Post, name: str, target: str
) -> None:
    expected = passing(served[target], FILTERS[name])
    answer = post(target=target, **FILTERS[name], **EVERY_ROW)
    assert answer["considered"] == len(expected)
    shown = {identity_of(one) for one in answer["recommendations"]}
    assert shown <= {identity(row) for row in expected}
    assert bool(shown) is any(not row.failed for row in expected)


@pytest.mark.parametrize("name", FILTERS)
def test_each_of_these_filters_keeps_some_and_drops_some(served: dict[str, list[Row]], name: str) -> None:
    kept = [len(passing(rows, FILTERS[name])) for rows in served.values()]
    assert 0 < sum(kept) < sum(len(rows) for rows in served.values())
