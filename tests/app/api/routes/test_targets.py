from fastapi.testclient import TestClient

from tests.app.seeds import OTHER, PUBLISHED, local


def test_every_target_is_listed_and_this_machine_has_its_alias(client: TestClient) -> None:
    items = {one["id"]: one for one in client.get("/v1/targets").json()["items"]}
    assert items.keys() == {local().id, OTHER.id, *PUBLISHED}
    assert items[local().id]["alias"] == "local"
    assert [one["id"] for one in items.values() if "alias" in one] == [local().id]
    assert items[OTHER.id] == {
        "id": OTHER.id,
        "kind": "cpu",
        "label": "Other CPU, 4 CPUs",
        "identity": {"cpus": 4},
    }


def test_a_target_is_found_by_id_and_by_alias(client: TestClient) -> None:
    by_id, by_alias = (client.get(f"/v1/targets/{name}") for name in (local().id, "local"))
    assert by_id.json() == by_alias.json()
    assert by_id.json()["identity"] == dict(local().identity)


def test_an_unknown_target_is_answered_with_the_known_ones(client: TestClient) -> None:
    response = client.get("/v1/targets/bogus")
    assert response.status_code == 404
    (error,) = response.json()["errors"]
    assert set(error["allowed"]) == {local().id, OTHER.id, "local", *PUBLISHED}


def test_a_published_target_says_what_hardware_it_is(client: TestClient) -> None:
    found = {name: client.get(f"/v1/targets/{name}").json() for name in PUBLISHED}
    assert {name: one["kind"] for name, one in found.items()} == {
        "i9-10940x": "cpu", "rtx-3090": "cuda", "rtx-4090": "cuda", "rtx-pro-6000-max-q": "cuda",
    }  # fmt: skip
    assert all(one["label"] and one["identity"] for one in found.values())
