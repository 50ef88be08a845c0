"""Placements, against what recommendations would take."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.api.routes.listed import candidates, key
from tests.app.seeds import local

PUBLISHED = ["i9-10940x", "rtx-3090", "rtx-4090", "rtx-pro-6000-max-q"]

BUDGETS: list[dict[str, Any]] = [
    {},
    {"throughput_ips": {"min": 3000}},
    {"throughput_ips": {"min": 100}, "top1": {"min": 75}},
    {"latency_ms": {"max": 20}},
]


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("name", ["resnet50.a1_in1k", "efficientnet_b0"])
def test_a_checkpoint_is_placed_where_recommendations_would_take_it(
    client: TestClient, name: str, budget: dict[str, Any]
) -> None:
    answer = client.post("/v1/placements", json={"checkpoint": name, "budget": budget, "limit": 200}).json()
    targets = [one["id"] for one in client.get("/v1/targets").json()["items"]]
    assert answer["placements"]
    assert {one["target"] for one in answer["placements"]} <= set(targets)
    for target in targets:
        fitting = [
            one
            for one in candidates(client, target, budget=budget)
            if name in (one.get("checkpoint"), one["architecture"])
        ]
        placed = [one for one in answer["placements"] if one["target"] == target]
        assert sorted(map(key, placed)) == sorted(map(key, fitting))
        summary = [one for one in answer["targets"] if one["target"] == target]
        if summary:
            assert summary[0]["fitting"] == len(fitting)
            assert ("near_miss" in summary[0]) <= (not fitting)
        else:
            assert not fitting


def test_a_target_with_two_names_is_one_target(client: TestClient) -> None:
    body = {"checkpoint": "resnet50", "targets": ["local", local().id]}
    twice = client.post("/v1/placements", json=body)
    assert twice.json() == client.post("/v1/placements", json={**body, "targets": ["local"]}).json()


def test_placements_may_be_asked_of_some_targets_alone(client: TestClient) -> None:
    answer = client.post(
        "/v1/placements", json={"checkpoint": "resnet50", "targets": ["rtx-3090", "rtx-3090"], "limit": 1}
    ).json()
    assert [one["target"] for one in answer["targets"]] == ["rtx-3090"]
    assert len(answer["placements"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "checkpoint"),
        ({"checkpoint": "resnt50"}, "checkpoint"),
        ({"checkpoint": "resnet50", "targets": ["nowhere"]}, "targets"),
        ({"checkpoint": "resnet50", "bugdet": {}}, "bugdet"),
        ({"checkpoint": "resnet50", "budget": {"speed": {"max": 1}}}, "budget.speed"),
    ],
)
def test_a_wrong_placement_is_refused_by_field(client: TestClient, body: Any, field: str) -> None:
    response = client.post("/v1/placements", json=body)
    assert response.status_code == 422
    assert field in {error["field"] for error in response.json()["errors"]}


def test_a_placement_says_what_it_came_to(client: TestClient) -> None:
    def placed(**body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = client.post(
            "/v1/placements", json={"checkpoint": "resnet50.a1_in1k", **body}
        ).json()
        for one in answer["targets"]:
            assert (one["outcome"] == "fits") is (one["fitting"] > 0)
            assert one["explanation"]["text"]
        return answer

    fits = placed(budget={"throughput_ips": {"min": 1000}})
    held = [one["target"] for one in fits["targets"] if one["fitting"]]
    assert fits["outcome"] == "fits"
    on = f"{len(held)} of {len(fits['targets'])} targets: {', '.join(held)}."
    assert fits["explanation"]["text"] == f"resnet50.a1_in1k keeps the budget on {on}"
    unbounded = placed()
    assert unbounded["explanation"]["text"].startswith("resnet50.a1_in1k has numbers on ")
    exceed = placed(budget={"throughput_ips": {"min": 1e6}})
    misses = {
        one["target"]: one["near_miss"]["metrics"]["throughput_ips"]["value"]
        for one in exceed["targets"]
        if "near_miss" in one  # the seeded machine has no throughput
    }
    nearest = max(misses, key=misses.__getitem__)
    assert exceed["outcome"] == "all_exceed"
    assert (
        f"on none of {len(exceed['targets'])} targets. The nearest is {nearest}."
        in exceed["explanation"]["text"]
    )
    assert exceed["explanation"]["remedy"].startswith(f"On {nearest}: Allow throughput_ips at least")
    unknown = placed(budget={"latency_ms": {"max": 5}}, targets=["rtx-3090"])
    assert unknown["outcome"] == unknown["targets"][0]["outcome"] == "all_unknown"
    assert unknown["targets"][0]["undecided"] == unknown["targets"][0]["considered"] > 0
    assert unknown["explanation"]["instead"] == {"budget.latency_ms": ["throughput_ips"]}
    filtered = placed(targets=["rtx-3090"], configuration={"precision": ["fp16"]})
    assert filtered["outcome"] == "filtered_out"
    assert filtered["explanation"]["instead"] == {"configuration.precision": ["amp_fp16"]}


def test_a_checkpoint_that_a_target_has_no_number_of_names_the_command_that_measures_it(
    client: TestClient,
) -> None:
    on_gpu, on_cpu = (
        {one["architecture"] for one in candidates(client, target)} for target in ("rtx-4090", "i9-10940x")
    )
    name = min(on_gpu - on_cpu)
    asked = client.post("/v1/placements", json={"checkpoint": name, "targets": ["i9-10940x"]}).json()
    assert [one["outcome"] for one in asked["targets"]] == ["filtered_out"]
    assert asked["outcome"] == "filtered_out"
    explanation = asked["targets"][0]["explanation"]
    assert explanation["text"] == f"The catalog holds no number of {name} on i9-10940x."
    assert f"`archrank profile {name}`" in explanation["remedy"]
    assert explanation["command"] == f"archrank profile {name}"
    everywhere = client.post("/v1/placements", json={"checkpoint": name}).json()
    assert "i9-10940x" not in {one["target"] for one in everywhere["targets"]}
