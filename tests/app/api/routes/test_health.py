import gc
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import client_of
from tests.conftest import Databases

UNREACHABLE = "postgresql://someone:secret@127.0.0.1:1/nowhere"


def test_a_server_with_its_catalog_lives_and_is_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    assert ready.json()["catalog_revision"] > 0


@pytest.fixture(params=["no server", "unknown database", "malformed", "damaged", "no folder"])
def unusable_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a catalog that cannot be opened."""
    (tmp_path / "damaged.sqlite").write_bytes(b"this is no database" * 1000)
    urls = {
        "no server": UNREACHABLE,
        "unknown database": "mysql://127.0.0.1/archrank",
        "malformed": "no URL at all",
        "damaged": f"sqlite:///{tmp_path / 'damaged.sqlite'}",
        "no folder": f"sqlite:///{tmp_path / 'damaged.sqlite' / 'catalog.sqlite'}",
    }
    return urls[str(request.param)]


def test_a_server_without_its_catalog_lives_but_is_not_ready(unusable_url: str) -> None:
    with client_of(unusable_url) as client:
        lives, answers = client.get("/healthz"), [client.get("/readyz") for _ in range(2)]
    assert lives.status_code == 200
    for ready in answers:
        assert ready.status_code == 503
        assert ready.headers["content-type"] == "application/problem+json"
        assert ready.json()["status"] == 503
        assert ready.json()["detail"]
        assert "secret" not in ready.text


def test_a_server_whose_catalog_has_no_schema_says_how_to_make_it(databases: Databases) -> None:
    with client_of(databases.empty("postgresql")) as client:
        answers = [client.get("/readyz") for _ in range(3)]
    for ready in answers:
        assert ready.status_code == 503
        assert "archrank catalog upgrade" in ready.json()["detail"]
    gc.collect()  # a connection that was left open warns, and warnings are errors


@pytest.mark.parametrize("path", ["/v1/targets", "/v1/architectures", "/v1/measurements"])
def test_without_its_catalog_every_list_is_a_problem(path: str) -> None:
    with client_of(UNREACHABLE) as client:
        response = client.get(path)
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"


def test_without_its_catalog_a_question_is_a_problem() -> None:
    with client_of(UNREACHABLE) as client:
        response = client.post("/v1/recommendations", json={})
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"


def test_a_server_becomes_ready_once_its_catalog_can_be_opened(tmp_path: Path, seeded_template: Path) -> None:
    blocked = tmp_path / "folder"
    blocked.write_text("a file where the folder should be")
    with client_of(f"sqlite:///{blocked / 'catalog.sqlite'}") as client:
        assert client.get("/readyz").status_code == 503
        blocked.unlink()
        blocked.mkdir()
        (blocked / "catalog.sqlite").write_bytes(seeded_template.read_bytes())
        assert client.get("/readyz").status_code == 200
