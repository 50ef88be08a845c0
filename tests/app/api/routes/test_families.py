from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.reference.texts.families import families
from tests.app.conftest import client_of


@pytest.fixture(scope="module")
def items(client: TestClient) -> dict[str, dict[str, Any]]:
    """Every family by its slug."""
    response = client.get("/v1/families")
    assert response.status_code == 200
    found = response.json()["items"]
    by_slug = {one["slug"]: one for one in found}
    assert list(by_slug) == sorted(one["slug"] for one in found)
    return by_slug


def test_every_family_is_there_once(items: dict[str, dict[str, Any]]) -> None:
    assert items.keys() == families().keys()
    assert {"resnet", "vision_transformer"} <= items.keys()


def test_a_family_says_what_it_introduced_and_when_to_choose_it(items: dict[str, dict[str, Any]]) -> None:
    resnet = items["resnet"]
    assert (resnet["title"], resnet["year"], resnet["family"]) == ("ResNet", 2015, "resnet")
    assert resnet["paper"] == "Deep Residual Learning for Image Recognition"
    for one in items.values():
        for field in ("title", "kind", "paper", "introduced", "strengths", "drawbacks", "choose_when"):
            assert one[field].strip(), (one["slug"], field)


def test_a_claim_comes_with_the_metric_that_checks_it(items: dict[str, dict[str, Any]]) -> None:
    shown = [(slug, one["text"], one["metric"]) for slug, family in items.items() for one in family["claims"]]
    assert shown == [
        (slug, one.text, str(one.metric)) for slug, family in families().items() for one in family.claims
    ]
    assert shown


def test_what_is_unknown_is_left_out(items: dict[str, dict[str, Any]]) -> None:
    for slug, family in families().items():
        assert ("url" in items[slug]) is (family.url is not None)
        assert ("predecessor" in items[slug]) is (family.predecessor is not None)
        assert ("family" in items[slug]) is (family.module is not None)


def test_families_need_no_catalog() -> None:
    nowhere = "postgresql://someone@127.0.0.1:1/nowhere"
    with client_of(nowhere) as client:
        assert client.get("/v1/families").status_code == 200
        assert client.get("/v1/targets").status_code == 503
