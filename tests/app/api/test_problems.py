"""Names, routes and methods that do not exist, and errors of the server."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import ServerSettings
from tests.app.api.problems import problem_of
from tests.app.seeds import OTHER, local


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/architectures/bogus", "name"),
        ("/v1/architectures/%00", "name"),
        ("/v1/architectures/%FF", "name"),
        ("/v1/architectures/" + "x" * 5000, "name"),
        ("/v1/architectures/yolo", "name"),
        ("/v1/targets/bogus", "target"),
        ("/v1/targets/%00", "target"),
    ],
)
def test_a_path_to_nothing_names_what_is_unknown(client: TestClient, path: str, field: str) -> None:
    document = problem_of(client.get(path), 404)
    assert [error["field"] for error in document["errors"]] == [field]


@pytest.mark.parametrize("path", ["/bogus", "/v1/bogus", "/v1/architectures/a/b", "/v2/targets", "/redoc"])
def test_a_route_that_does_not_exist_is_a_problem(client: TestClient, path: str) -> None:
    assert problem_of(client.get(path), 404)["instance"] == path


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/recommendations", "POST"),
        ("DELETE", "/v1/recommendations", "POST"),
        ("POST", "/v1/architectures", "GET, HEAD"),
        ("PUT", "/v1/targets/local", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("DELETE", "/v1/measurements", "GET, HEAD, POST"),
    ],
)
def test_a_method_that_is_not_allowed_is_a_problem_that_names_those_that_are(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    problem_of(response, 405)
    assert response.headers["allow"] == allowed


def test_an_internal_error_is_a_problem_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(ServerSettings(catalog_url="sqlite://"))

    def broken() -> None:
        raise RuntimeError("a secret")

    app.state.catalog = broken
    response = TestClient(app, raise_server_exceptions=False).get("/v1/targets")
    document = problem_of(response, 500)
    assert "secret" not in response.text
    assert "log" in document["detail"]


UNKNOWN_NAMES: list[tuple[str, str, dict[str, Any], str, int]] = [
    ("POST", "/v1/recommendations", {"json": {"target": "bogus"}}, "target", 422),
    ("POST", "/v1/placements", {"json": {"checkpoint": "bogus"}}, "checkpoint", 422),
    ("POST", "/v1/placements", {"json": {"checkpoint": "resnet50", "targets": ["bogus"]}}, "targets", 422),
    ("GET", "/v1/compare", {"params": {"candidate": ["resnet50", "bogus"]}}, "candidate", 422),
    ("GET", "/v1/compare", {"params": {"candidate": ["a", "b"], "target": "bogus"}}, "target", 422),
    ("GET", "/v1/frontier", {"params": {"target": "bogus"}}, "target", 422),
    ("GET", "/v1/architectures", {"params": {"target": "bogus"}}, "target", 422),
    ("GET", "/v1/measurements", {"params": {"target": "bogus"}}, "target", 422),
    ("GET", "/v1/targets/bogus", {}, "target", 404),
    ("GET", "/v1/architectures/bogus", {}, "name", 404),
]


@pytest.mark.parametrize(("method", "path", "sent", "field", "status"), UNKNOWN_NAMES)
def test_an_unknown_name_is_refused_under_the_name_of_its_field(
    client: TestClient, method: str, path: str, sent: dict[str, Any], field: str, status: int
) -> None:
    document = problem_of(client.request(method, path, **sent), status)
    assert [error["field"] for error in document["errors"]] == [field]


@pytest.mark.parametrize(
    ("name", "meant"), [("RTX-4090", "rtx-4090"), ("rtx 4090", "rtx-4090"), ("Local", "local")]
)
def test_a_target_is_found_whatever_its_capitals(client: TestClient, name: str, meant: str) -> None:
    found = client.get(f"/v1/targets/{name}")
    assert found.status_code == 200
    assert found.json() == client.get(f"/v1/targets/{meant}").json()


def test_an_unknown_target_is_answered_with_near_names(client: TestClient) -> None:
    response = client.post("/v1/recommendations", json={"target": "rtx-4091"})
    assert "Close matches: rtx-4090" in problem_of(response, 422)["detail"]


def test_training_data_are_found_whatever_their_capitals(client: TestClient) -> None:
    answers = [
        client.post("/v1/recommendations", json={"training_data": {"exclude": [name]}}).json()
        for name in ("LAION", "laion")
    ]
    assert answers[0] == answers[1]
    assert answers[0]["considered"]


def test_this_machine_without_a_profile_is_told_how_to_make_one(
    own_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = OTHER.__class__("elsewhere", OTHER.kind, "Elsewhere", {})
    monkeypatch.setattr("catalog.host.local_target", lambda: elsewhere)
    document = problem_of(own_client.post("/v1/recommendations", json={}), 422)
    assert "`archrank calibrate`" in document["detail"]
    (error,) = document["errors"]
    assert error["field"] == "target"
    assert "local" not in error["allowed"]
    assert OTHER.id in error["allowed"]
    assert local().id in [*error["allowed"], elsewhere.id]
