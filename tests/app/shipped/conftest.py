"""The shipped reference tables in one catalog, with two machines that have the same measurements, and some
hundred random questions to it. All tests of a process share them."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from catalog import host
from catalog.opening import open_catalog
from tests.app.conftest import client_of
from tests.app.shipped.cases import Ask, Body, Case, PlainRanker
from tests.app.shipped.measured import TWIN, seed
from tests.app.shipped.questions import QUESTIONS, make_body
from tests.builders import make_target
from tests.oracle.stored import read_world
from tests.reference_tables import WHOLE, in_place_of_shipped


@pytest.fixture(autouse=True)
def _shipped_tables() -> Iterator[None]:
    """A catalog that is opened in a test keeps the shipped tables."""
    with in_place_of_shipped(WHOLE):
        yield


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog's file."""
    file = tmp_path_factory.mktemp("shipped") / "catalog.sqlite"
    with open_catalog(f"sqlite:///{file}", WHOLE) as catalog:
        seed(catalog, host.local_target(), make_target(TWIN))
    return file


@pytest.fixture(scope="session")
def shipped_client(path: Path) -> Iterator[TestClient]:
    with client_of(f"sqlite:///{path}") as client:  # one event loop for all requests
        with in_place_of_shipped(WHOLE):
            assert client.get("/readyz").status_code == 200  # the first request opens the catalog
        yield client


@pytest.fixture(scope="session")
def plain(path: Path) -> PlainRanker:
    return PlainRanker(read_world(path))


@pytest.fixture(scope="session")
def ask(shipped_client: TestClient) -> Ask:
    def asked(body: Body) -> Body:
        response = shipped_client.post("/v1/recommendations", json=body)
        assert response.status_code == 200, (body, response.text)
        answer: Body = response.json()
        return answer

    return asked


@pytest.fixture(scope="session")
def cases(plain: PlainRanker, ask: Ask) -> list[Case]:
    found = []
    for target, count in QUESTIONS.items():
        rng = random.Random(f"{target} 1")
        rows = plain.rows(target, ())
        for _ in range(count):
            body = make_body(rng, target, rows)
            found.append(Case(body, ask(body), plain.search(body)))
    return found
