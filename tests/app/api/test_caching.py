"""ETags: what has not changed since a client asked is not sent again, what has changed always is."""

import pytest
from fastapi.testclient import TestClient

from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from tests.app.seeds import local
from tests.builders import make_measurement, store_measurements

LIST, CARD = "/v1/architectures?family=resnet&limit=1", "/v1/architectures/resnet50"
paths = pytest.mark.parametrize("path", [LIST, CARD])


@paths
def test_an_answer_has_a_tag_and_is_to_be_asked_for_again(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["etag"].startswith('W/"')
    assert response.headers["etag"].endswith('"')
    assert "Accept" in response.headers["vary"].split(", ")
    assert response.headers["cache-control"] == "no-cache"


@paths
@pytest.mark.parametrize("sent", ["{tag}", '"other", {tag}', '{tag} , W/"x"', "{strong}", "*"], ids=str)
def test_the_same_revision_is_not_sent_again(client: TestClient, path: str, sent: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    again = client.get(path, headers={"If-None-Match": sent.format(tag=tag, strong=tag.removeprefix("W/"))})
    assert again.status_code == 304
    assert again.content == b""
    assert "content-type" not in again.headers
    for name in ("etag", "cache-control"):
        assert again.headers[name] == first.headers[name]
    assert set(first.headers["vary"].split(", ")) <= set(again.headers["vary"].split(", "))


@paths
@pytest.mark.parametrize("sent", ["", '"other"', 'W/"0-0-json"', "bogus", '""', ","])
def test_another_tag_gets_the_whole_answer(client: TestClient, path: str, sent: str) -> None:
    response = client.get(path, headers={"If-None-Match": sent})
    assert response.status_code == 200
    assert response.json() == client.get(path).json()


@paths
def test_a_part_of_a_tag_is_not_the_tag(client: TestClient, path: str) -> None:
    tag = client.get(path).headers["etag"]
    for sent in (tag[:-2] + '"', tag.replace('"', ""), tag + "x"):
        assert client.get(path, headers={"If-None-Match": sent}).status_code == 200


@paths
def test_a_write_is_seen_by_who_holds_the_old_state(
    own_client: TestClient, seeded_url: str, path: str
) -> None:
    before = own_client.get(path)
    known = {"If-None-Match": before.headers["etag"]}
    assert own_client.get(path, headers=known).status_code == 304
    catalog = open_catalog(seeded_url)
    store_measurements(catalog, make_measurement("resnet50", 1.0, target=local(), threads=2))
    catalog.close()
    after = own_client.get(path, headers=known)
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    if path == CARD:
        assert len(after.json()["measurements"]) == len(before.json()["measurements"]) + 1
    assert own_client.get(path, headers={"If-None-Match": after.headers["etag"]}).status_code == 304


@paths
def test_reading_and_starting_anew_change_no_tag(own_client: TestClient, seeded_url: str, path: str) -> None:
    before = own_client.get(path).headers["etag"]
    catalog: Catalog = open_catalog(seeded_url)
    catalog.close()
    own_client.post("/v1/recommendations", json={})
    assert own_client.get(path).headers["etag"] == before


def test_json_and_markdown_of_a_card_have_tags_of_their_own(client: TestClient) -> None:
    markdown = {"Accept": "text/markdown"}
    tags = [client.get(CARD, headers=accept).headers["etag"] for accept in ({}, markdown)]
    assert tags[0] != tags[1]
    crossed = client.get(CARD, headers={**markdown, "If-None-Match": tags[0]})
    assert crossed.status_code == 200
    assert crossed.text.startswith("---\nlicense: ")
    assert crossed.headers["vary"] == "Accept, Accept-Encoding"
    assert crossed.headers["cache-control"] == "no-cache"
    assert client.get(CARD, headers={"If-None-Match": tags[1]}).json()["name"] == "resnet50"
    again = client.get(CARD, headers={**markdown, "If-None-Match": tags[1]})
    assert (again.status_code, again.headers["etag"], again.content) == (304, tags[1], b"")


def test_a_page_keeps_its_link_beside_its_tag(client: TestClient) -> None:
    assert "next" in client.get(LIST).links


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/architectures/bogus", 404),
        ("/v1/architectures?target=bogus", 422),
        ("/v1/architectures?exclude_training_data=bogus", 422),
        ("/v1/architectures?bogus=1", 422),
    ],
)
def test_an_error_has_no_tag(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert "etag" not in response.headers
