from fastapi.testclient import TestClient

from tests.app.seeds import OTHER, local


def test_every_target_is_listed_and_this_machine_has_its_alias(client: TestClient) -> None:
    items = {one["id"]: one for one in client.get("/v1/targets").json()["items"]}
    assert items.keys() == {local().id, OTHER.id}
    assert items[local().id]["alias"] == "local"
    assert "alias" not in items[OTHER.id]
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
    assert set(error["allowed"]) == {local().id, OTHER.id, "local"}
