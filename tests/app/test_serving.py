"""What serving does to the process."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.serving import ServedCatalog, keep_out_of_collections
from app.settings import ServerSettings
from catalog.storage.database import Catalog


@pytest.fixture
def frozen() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("frozen")
def test_what_is_kept_out_of_collections_is_frozen() -> None:
    before = gc.get_freeze_count()
    kept = [[number] for number in range(1000)]
    keep_out_of_collections()
    assert gc.get_freeze_count() > before + len(kept)


def test_a_catalog_is_opened_once_and_again_after_it_was_closed(seeded_url: str) -> None:
    served = ServedCatalog(seeded_url)
    first = served()
    assert served() is first
    served.close()
    assert served() is not first
    served.close()


def test_an_application_closes_its_catalog_when_it_ends(
    seeded_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Catalog] = []
    close = Catalog.close

    def closing(catalog: Catalog) -> None:
        closed.append(catalog)
        close(catalog)

    monkeypatch.setattr(Catalog, "close", closing)
    app = create_app(ServerSettings(catalog_url=seeded_url))
    with TestClient(app) as client:
        assert client.get("/v1/targets").status_code == 200
        assert closed == []
        opened = app.state.catalog()
    assert closed == [opened]


def test_an_application_that_opened_no_catalog_ends_without_it(tmp_path: Path) -> None:
    app = create_app(ServerSettings(catalog_url=f"sqlite:///{tmp_path / 'none.sqlite'}"))
    with TestClient(app) as client:
        assert client.get("/healthz").status_code == 200
    assert list(tmp_path.iterdir()) == []
