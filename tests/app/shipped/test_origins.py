"""Where the weights of a recommendation come from, over the shipped tables."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.shipped.cases import Ask

EVERY = {"target": "rtx-4090", "collapse": "checkpoint", "limit": 200}


def test_every_recommendation_has_the_licence_and_training_of_its_card(
    ask: Ask, shipped_client: TestClient
) -> None:
    for row in ask(EVERY | {"limit": 10})["recommendations"]:
        card = shipped_client.get(f"/v1/architectures/{row['architecture']}").json()
        (weights,) = (one for one in card["checkpoints"] if one["name"] == row["checkpoint"])
        for field in ("license", "commercial_use", "training_data", "training_methods"):
            assert row.get(field) == weights.get(field), (row["checkpoint"], field)


def test_weights_that_may_not_be_sold_say_so(ask: Ask) -> None:
    rows = ask(EVERY | {"families": {"include": ["convnextv2"]}})["recommendations"]
    assert {
        (row["license"], row["commercial_use"]) for row in rows if ".fcmae_ft" in row.get("checkpoint", "")
    } == {("CC-BY-NC-4.0", False)}


@pytest.mark.parametrize(
    ("checkpoint", "family"),
    [("flexivit_small.300ep_in1k", "vision_transformer"), ("ghostnetv3_100.in1k", "ghostnet")],
)
def test_distilled_weights_can_be_left_out(ask: Ask, checkpoint: str, family: str) -> None:
    body: dict[str, Any] = EVERY | {"families": {"include": [family]}, "input_size": SIZES[checkpoint]}
    body |= {"budget": {"top1": {"min": 1}}}

    def found(**methods: list[str]) -> dict[str, list[str]]:
        rows = ask(body | {"training_methods": methods})["recommendations"]
        return {row["checkpoint"]: row["training_methods"] for row in rows}

    assert "distillation" in found()[checkpoint]
    assert "distillation" in found(include=["Distillation"])[checkpoint]
    without = found(exclude=["distillation"])
    assert checkpoint not in without
    assert all(methods and "distillation" not in methods for methods in without.values())


SIZES = {"flexivit_small.300ep_in1k": 240, "ghostnetv3_100.in1k": 224}


def test_an_unknown_method_is_refused_with_near_names(shipped_client: TestClient) -> None:
    body = EVERY | {"training_methods": {"exclude": ["distilation"]}}
    response = shipped_client.post("/v1/recommendations", json=body)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == "training_methods.exclude"
    assert "distillation" in error["allowed"]
    assert "Close matches: distillation" in response.json()["detail"]


def test_the_page_says_the_licence_the_training_and_whose_accuracy_it_is(shipped_client: TestClient) -> None:
    page = shipped_client.get("/", params={"target": "rtx-4090"}).text
    assert '<span class="chip good">MIT</span>' in page
    assert "Trained on merged-38m" in page
    assert "Accuracy is top-1 on ImageNet, as timm publishes it, and not on your images." in page
    assert "The accuracy was published for fp32, but the case runs in a lower precision." in page
