"""What the filters of a question let pass."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.opening import open_catalog
from catalog.storage.facts.facts import save_architectures, save_checkpoints
from tests.app.api.routes.conftest import EVERY_ROW, Document, Post
from tests.app.seeds import local
from tests.builders import make_architecture, make_checkpoint, make_measurement, store_measurements


@pytest.mark.parametrize(
    ("question", "allowed"),
    [
        ({"configuration": {"runtime": ["openvino"]}}, lambda one: one["configuration"]["threads"] == 2),
        ({"configuration": {"precision": ["int8"]}}, lambda one: one["architecture"] == "resnet50"),
        ({"configuration": {"threads": [1]}}, lambda one: one["configuration"]["threads"] == 1),
        ({"configuration": {"batch_size": [1]}}, lambda one: one["configuration"]["batch_size"] == 1),
        ({"input_size": 288}, lambda one: one["input_size"] == 288),
        ({"input_size": {"min": 225}}, lambda one: one["input_size"] == 288),
        ({"families": {"include": ["regnet"]}}, lambda one: one["architecture"] == "regnetx_002"),
        ({"families": {"exclude": ["resnet"]}}, lambda one: not one["architecture"].startswith("resnet")),
        (
            {"license": {"allow": ["mit"]}},
            lambda one: one["checkpoint"] in ("resnet18.a1_in1k", "regnetx_002.pycls_in1k"),
        ),
        (
            {"evidence": ["measured"]},
            lambda one: one["metrics"].get("latency_ms", {}).get("provenance", "measured") == "measured",
        ),
    ],
    ids=lambda part: str(part) if isinstance(part, dict) else "",
)
def test_a_filter_narrows_what_is_considered(
    post: Post, question: Document, allowed: Callable[[Document], bool]
) -> None:
    answer = post(**question, **EVERY_ROW)
    assert answer["recommendations"]
    assert all(allowed(one) for one in answer["recommendations"])
    assert answer["considered"] >= len(answer["recommendations"])


def test_nothing_here_was_published(post: Post) -> None:
    assert post(evidence=["published"])["considered"] == 0


def test_what_is_unknown_passes_no_filter(own_client: TestClient, seeded_url: str) -> None:
    """A licence that nobody read or that is disputed, and training data that the name does not tell."""
    catalog = open_catalog(seeded_url)
    with catalog.write() as session:
        save_architectures(session, [make_architecture("riddle"), make_architecture("laionnet")])
        save_checkpoints(
            session,
            [
                make_checkpoint("riddle.v1", training_data=(), commercial_use=None, license=None),
                make_checkpoint("laionnet.v1", training_data=("laion-2b", "imagenet-1k")),
            ],
        )
    store_measurements(
        catalog, *(make_measurement(name, target=local()) for name in ("riddle", "laionnet", "gcvit_tiny"))
    )
    catalog.close()

    def considered(**question: Any) -> set[str]:
        answer = own_client.post("/v1/recommendations", json={**question, **EVERY_ROW}).json()
        return {one["architecture"] for one in answer["recommendations"]}

    unknown = {"riddle", "gcvit_tiny", "unpublished_net"}
    assert unknown <= considered()
    assert not unknown & considered(license={"commercial_use": True})
    assert not unknown & considered(license={"commercial_use": False})
    assert "laionnet" in considered(license={"commercial_use": True})
    clean = considered(training_data={"exclude": ["laion"]})
    assert {"riddle", "unpublished_net", "laionnet"}.isdisjoint(clean)
    assert "gcvit_tiny" in clean
    assert "laionnet" in considered(training_data={"exclude": ["laion-400m"]})


@pytest.mark.parametrize("side", ["include", "exclude"])
def test_an_unknown_tag_is_refused_with_the_known_ones(client: TestClient, side: str) -> None:
    response = client.post("/v1/recommendations", json={"tags": {side: ["bogus"]}})
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == "tags"
    assert "'bogus'" in error["detail"]


def test_tags_part_the_candidates(own_client: TestClient, seeded_url: str) -> None:
    catalog = open_catalog(seeded_url)
    with catalog.write() as session:
        save_architectures(session, [make_architecture("toynet", tags=("mobile", "test-network"))])
    catalog.close()

    def found(**tags: list[str]) -> set[str]:
        answer = own_client.post("/v1/recommendations", json={"tags": tags, **EVERY_ROW})
        assert answer.status_code == 200, answer.text
        return {one["architecture"] for one in answer.json()["recommendations"]}

    assert found(include=["test-network"]) == {"toynet"}
    assert found(exclude=["test-network"]) == found()
    assert "toynet" not in found()


def test_networks_for_tests_are_compared_by_name_and_on_the_frontier_where_their_tag_is_asked_for(
    own_client: TestClient, seeded_url: str
) -> None:
    catalog = open_catalog(seeded_url)
    with catalog.write() as session:
        save_architectures(session, [make_architecture("toynet", tags=("mobile", "test-network"))])
    catalog.close()

    def considered(tags: list[str]) -> int:
        body = {"target": "local", "tags": {"include": tags}}
        count: int = own_client.post("/v1/recommendations", json=body).json()["considered"]
        return count

    query = "/v1/compare?target=local&candidate=toynet&candidate=resnet50"
    for tag, known in (("", False), ("&tag=test-network", True)):
        item, _ = own_client.get(query + tag).json()["items"]
        assert (item["outcome"], item["candidate"]["architecture"]) == ("fits", "toynet")
        assert "explanation" not in item
        frontier = own_client.get(f"/v1/frontier?target=local&x=latency_ms&y=top1{tag}").json()
        assert frontier["considered"] == considered(["test-network"] if known else []) > 0
