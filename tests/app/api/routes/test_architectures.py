import pytest
from fastapi.testclient import TestClient

from catalog.words.vocabulary import Dataset
from tests.app.api.routes.conftest import listed
from tests.app.seeds import ARCHITECTURES, OTHER, PUBLISHED, UNMEASURED, local


def test_pages_hold_every_architecture_once_in_order_of_name(client: TestClient) -> None:
    names = [one["name"] for one in listed(client, "limit=200")]
    assert names == sorted(set(names))
    assert set(names) == {
        *ARCHITECTURES,
        *(one.name for one in UNMEASURED),
        "toynet",
        "unpublished_net",
        "repvgg_a0",  # of the reference tables
    }


@pytest.mark.parametrize("limit", [1, 3])
def test_small_pages_hold_the_same(client: TestClient, limit: int) -> None:
    assert listed(client, f"q=net&limit={limit}") == listed(client, "q=net")


def test_the_link_keeps_the_query(client: TestClient) -> None:
    first = client.get("/v1/architectures?q=resnet&tag=feature-pyramid&min_gmacs=1&limit=1")
    following = first.links["next"]["url"]
    assert "q=resnet&tag=feature-pyramid&min_gmacs=1&" in following
    assert [one["name"] for one in first.json()["items"]] == ["resnet18"]
    assert [one["name"] for one in client.get(following).json()["items"]] == ["resnet50"]


def test_the_last_page_links_nowhere(client: TestClient) -> None:
    assert "link" not in client.get("/v1/architectures?family=resnet").headers
    assert "link" not in client.get("/v1/architectures?family=resnet&limit=2").headers
    assert "link" in client.get("/v1/architectures?family=resnet&limit=1").headers


def test_a_cursor_that_no_page_ended_with_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/architectures?cursor=zzzz")
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["cursor"]


def test_a_minimum_above_the_maximum_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/architectures?min_top1=80&max_top1=70")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["field"], "min_top1 is larger" in fault["detail"]) == ("max_top1", True)
    assert client.get("/v1/architectures?min_top1=70&max_top1=70").status_code == 200


def test_an_item_holds_the_counts_of_the_default_workload(client: TestClient) -> None:
    (one,) = listed(client, "q=levit_128s")
    assert one["family"] == "levit"
    assert one["metrics"]["gmacs"] == {"value": 0.31, "provenance": "counted", "doubts": []}
    assert one["metrics"].keys() == {"params_m", "gmacs", "gflops", "activations_m", "size_mb"}
    assert one["metrics"]["gflops"]["value"] == 0.62
    assert one["metrics"]["size_mb"] == {"value": 31.1, "provenance": "counted", "doubts": []}
    # The file that was made of it, as on its card. The weights have 46.1 MB.
    assert client.get("/v1/architectures/levit_128s").json()["metrics"] == one["metrics"]
    assert listed(client, "q=levit_128s&min_size_mb=31&max_size_mb=32") == [one]
    assert one["native_size"] == 224
    assert one["most_accurate"] == {"checkpoint": "levit_128s.fb_dist_in1k", "input_size": 224, "top1": 76.52}
    assert one["checkpoints"] == 1


def test_an_item_of_what_is_little_known_leaves_it_out(client: TestClient) -> None:
    (one,) = listed(client, "q=unpublished_net")
    assert one == {
        "name": "unpublished_net",
        "tags": [],
        "metrics": {},
        "checkpoints": 0,
        "training_methods": [],
    }


def test_search_looks_into_name_and_family_whatever_the_case(client: TestClient) -> None:
    assert "vit_tiny_patch16_224" in {one["name"] for one in listed(client, "q=VISION_transformer")}
    assert "levit_128s" in {one["name"] for one in listed(client, "q=Levit_128")}


@pytest.mark.parametrize("text", ["%25", "_", "%5C", "'", "qqqq"])
def test_search_takes_every_sign_as_itself(client: TestClient, text: str) -> None:
    found = listed(client, f"q={text}&limit=200")
    if text == "_":
        assert all("_" in " ".join([one["name"], one.get("family", ""), *one["tags"]]) for one in found)
    else:
        assert found == []


# The card


def test_the_card_holds_what_the_contract_names(client: TestClient) -> None:
    response = client.get("/v1/architectures/resnet50")
    assert response.headers["content-type"] == "application/json"
    card = response.json()
    assert card["name"] == "resnet50"
    assert card["family"] == "resnet"
    assert card["metrics"]["gmacs"] == {"value": 4.11, "provenance": "counted", "doubts": []}
    assert card["metrics"]["size_mb"]["provenance"] == "counted"
    checkpoint = next(one for one in card["checkpoints"] if one["name"] == "resnet50.a1_in1k")
    assert checkpoint["license"] == "Apache-2.0"
    validation = [one for one in checkpoint["accuracies"] if one["dataset"] == "imagenet-val"]
    assert {one["input_size"]: one["top1"] for one in validation} == {224: 80.382, 288: 81.24}
    assert {one["dataset"] for one in checkpoint["accuracies"]} == set(Dataset)
    assert {one["provenance"] for one in checkpoint["accuracies"]} == {"published"}
    assert {one["target"] for one in card["measurements"]} == {local().id, OTHER.id, *PUBLISHED}
    assert sum(one["provenance"] == "measured" for one in card["measurements"]) == 6


def test_the_cards_numbers_are_those_of_the_raw_rows(client: TestClient) -> None:
    card = client.get("/v1/architectures/resnet50").json()
    rows = client.get("/v1/measurements?architecture=resnet50&limit=200").json()["items"]
    assert card["measurements"] == rows


def test_a_card_of_what_was_never_measured_has_no_numbers(client: TestClient) -> None:
    card = client.get("/v1/architectures/vit_base_patch16_224").json()
    assert card["metrics"] == {}
    assert card["measurements"] == []
    assert card["checkpoints"]


def test_an_unknown_architecture_is_answered_with_close_matches(client: TestClient) -> None:
    response = client.get("/v1/architectures/resnet5O")
    assert response.status_code == 404
    (error,) = response.json()["errors"]
    assert error["field"] == "name"
    assert "resnet50" in error["allowed"]


@pytest.mark.parametrize("accept", ["text/markdown", "text/markdown, text/plain;q=0.5"])
def test_the_card_is_markdown_where_that_is_asked_for(client: TestClient, accept: str) -> None:
    response = client.get("/v1/architectures/resnet50", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.text.startswith("---\nlicense: ")
    assert "\n# resnet50\n" in response.text


@pytest.mark.parametrize("accept", ["application/json", "*/*", "", "text/html", "bogus"])
def test_the_card_is_json_otherwise(client: TestClient, accept: str) -> None:
    response = client.get("/v1/architectures/resnet50", headers={"Accept": accept})
    assert response.json()["name"] == "resnet50"


def test_an_unknown_architecture_is_a_problem_document_even_where_markdown_is_asked_for(
    client: TestClient,
) -> None:
    response = client.get("/v1/architectures/bogus", headers={"Accept": "text/markdown"})
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
