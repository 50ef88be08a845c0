import pytest
from fastapi.testclient import TestClient

from catalog.words.vocabulary import RuntimeName
from tests.app.seeds import ARCHITECTURES, OTHER, PUBLISHED, local, measurements


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
        "architectures": {"measured": 2},
    }


def test_a_target_is_found_by_id_and_by_alias(client: TestClient) -> None:
    by_id, by_alias = (client.get(f"/v1/targets/{name}") for name in (local().id, "local"))
    assert by_id.json() == by_alias.json()
    assert by_id.json()["identity"] == dict(local().identity)


@pytest.mark.parametrize("path", ["/v1/targets", "/v1/targets/local", "/v1/targets/rtx-4090"])
def test_what_has_not_changed_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_a_target_that_nobody_knows_is_unknown_whatever_the_client_has(client: TestClient) -> None:
    assert client.get("/v1/targets/bogus", headers={"If-None-Match": "*"}).status_code == 404


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


def test_a_target_tells_how_quiet_it_was_while_it_was_measured(client: TestClient) -> None:
    slowdowns = client.get("/v1/targets/local").json()["slowdowns"]
    assert [one["slowdown"] for one in slowdowns] == pytest.approx(
        [1.05 + 0.7 * latency / 1000 for latency in latencies_by_arrival()]
    )
    assert {(one["quiet_ns"], one["cpus"]) for one in slowdowns} == {(1e6, 1)}
    times = [one["measured_at"] for one in slowdowns]
    assert times == sorted(times, reverse=True)


def test_a_target_that_was_not_measured_under_this_protocol_has_no_slowdowns(client: TestClient) -> None:
    assert client.get("/v1/targets/rtx-4090").json()["slowdowns"] == []
    assert client.get(f"/v1/targets/{OTHER.id}").json()["slowdowns"] == []


def latencies_by_arrival() -> list[float]:
    """The latencies of the seeded architectures, of what arrived last first."""
    quiet = [one for one in measurements() if one.configuration.runtime is RuntimeName.OPENVINO]
    return [ARCHITECTURES[one.workload.architecture][2] for one in reversed(quiet)]
