"""Every door takes a network by any of its names, and answers with the name of the catalog."""

from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

# A name, and the architecture and the checkpoint that it means.
NAMES = [
    ("vit_tiny_patch16_224_in21k", "vit_tiny_patch16_224", "vit_tiny_patch16_224.augreg_in21k"),
    ("timm/resnet50.a1_in1k", "resnet50", "resnet50.a1_in1k"),
    ("hf-hub:timm/resnet50.a1_in1k", "resnet50", "resnet50.a1_in1k"),
    ("ResNet-50", "resnet50", None),
    ("RESNET50.A1_IN1K", "resnet50", "resnet50.a1_in1k"),
    ("EfficientNet-B0", "efficientnet_b0", None),
    ("mobilenet_v3_large", "mobilenetv3_large_100", None),
]


@pytest.mark.parametrize(("name", "architecture", "checkpoint"), NAMES)
def test_a_card_is_found_by_any_name(
    client: TestClient, name: str, architecture: str, checkpoint: str | None
) -> None:
    for written in (name, quote(name, safe="")):
        assert client.get(f"/v1/architectures/{written}").json()["name"] == architecture
        page = client.get(f"/architectures/{written}")
        assert page.status_code == 200
        assert f"<h1>{architecture}</h1>" in page.text


@pytest.mark.parametrize("path", ["/v1/architectures/google/resnt50", "/v1/targets/google/rtx-4090"])
def test_a_name_in_an_address_of_which_nothing_is_known_has_names_beside_it(
    client: TestClient, path: str
) -> None:
    response = client.get(path)
    assert response.status_code == 404
    (error,) = response.json()["errors"]
    assert error["allowed"]


@pytest.mark.parametrize(("name", "architecture", "checkpoint"), NAMES)
def test_measurements_are_found_by_any_name(
    client: TestClient, name: str, architecture: str, checkpoint: str | None
) -> None:
    items = client.get("/v1/measurements", params={"architecture": name, "limit": 200}).json()["items"]
    assert {item["architecture"] for item in items} == {architecture}


@pytest.mark.parametrize(("name", "architecture", "checkpoint"), NAMES)
def test_placements_and_comparisons_are_found_by_any_name(
    client: TestClient, name: str, architecture: str, checkpoint: str | None
) -> None:
    meant = checkpoint or architecture
    placed = client.post("/v1/placements", json={"checkpoint": name, "budget": {"latency_ms": {"max": 60}}})
    assert placed.status_code == 200, placed.text
    named = client.post("/v1/placements", json={"checkpoint": meant, "budget": {"latency_ms": {"max": 60}}})
    assert placed.json() == named.json()
    assert placed.json()["checkpoint"] == meant
    compared = client.get(
        "/v1/compare", params={"target": "rtx-4090", "candidate": [name, "resnet18"]}
    ).json()
    assert [item["asked"] for item in compared["items"]] == [meant, "resnet18"]


def test_two_names_of_one_network_are_one_candidate(client: TestClient) -> None:
    query = {"target": "rtx-4090", "candidate": ["resnet50", "ResNet-50", "resnet18"]}
    compared = client.get("/v1/compare", params=query).json()
    assert [item["asked"] for item in compared["items"]] == ["resnet50", "resnet18"]


@pytest.mark.parametrize("name", ["resnt50", "google/resnet50", "resnet50.no_such_tag"])
def test_a_name_of_which_nothing_is_known_is_answered_with_near_names(client: TestClient, name: str) -> None:
    for response in (
        client.get("/v1/measurements", params={"architecture": name}),
        client.get("/v1/compare", params={"target": "rtx-4090", "candidate": [name, "resnet18"]}),
        client.post("/v1/placements", json={"checkpoint": name, "budget": {"latency_ms": {"max": 60}}}),
    ):
        assert response.status_code == 422
        (error,) = response.json()["errors"]
        assert any("resnet50" in close for close in error["allowed"])
