import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import ServerSettings
from catalog.opening import open_catalog
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.database import Catalog
from tests.app.seeds import seed
from tests.reference_tables import write_part

# Whoever tests the log, snapshots or a limit of time asks for it.
os.environ["ARCHRANK_LOG"] = "off"
os.environ["ARCHRANK_SNAPSHOT_EVERY_S"] = "0"
# An answer that a busy machine is slow to give is no fault: with 60 s, tests failed beside other work.
os.environ["ARCHRANK_REQUEST_TIMEOUT_S"] = "600"

BareCatalogs = Callable[[], AbstractContextManager[Catalog]]


@pytest.fixture(scope="session")
def no_reference(tmp_path_factory: pytest.TempPathFactory) -> ReferenceTables:
    """Reference tables that hold nothing."""
    return write_part(tmp_path_factory.mktemp("no_reference"), frozenset())


@pytest.fixture(scope="session")
def bare_catalogs(scratch: Path, no_reference: ReferenceTables) -> BareCatalogs:
    """Makes SQLite catalogs without reference tables, fast enough for one in each example of hypothesis.

    A catalog that a block no longer uses serves the next one, on a new file: SQLAlchemy compiles a statement
    once for each engine.
    """
    folder = scratch / "bare"
    folder.mkdir()
    template, numbers = folder / "template.sqlite", count(1)
    unused: list[tuple[Path, Catalog]] = []

    def opened(path: Path) -> Catalog:
        return open_catalog(f"sqlite:///{path}", no_reference)

    def renewed() -> tuple[Path, Catalog]:
        if not unused:
            path = folder / f"{next(numbers)}.sqlite"
            shutil.copy(template, path)
            return path, opened(path)
        path, catalog = unused.pop()
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        shutil.copy(template, path)
        return path, catalog

    @contextmanager
    def bare() -> Iterator[Catalog]:
        path, catalog = renewed()
        try:
            yield catalog
        finally:
            catalog.close()
        unused.append((path, catalog))

    opened(template).close()
    return bare


@pytest.fixture(scope="session")
def seeded_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seeded") / "catalog.sqlite"
    shutil.copy(sqlite_template, path)
    catalog = open_catalog(f"sqlite:///{path}")
    seed(catalog)
    catalog.close()
    return path


@contextmanager
def client_of(url: str) -> Iterator[TestClient]:
    """A client of an application on the catalog at `url`. It sees what a user would see, also of an internal
    error. The application ends with the block, and closes its catalog."""
    app = create_app(ServerSettings(catalog_url=url))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def read_only_app(seeded_template: Path) -> FastAPI:
    """The application on a seeded catalog that all tests share."""
    return create_app(ServerSettings(catalog_url=f"sqlite:///{seeded_template}"))


@pytest.fixture(scope="session")
def client(read_only_app: FastAPI) -> Iterator[TestClient]:
    """A client that sees what a user would see, also of an internal error."""
    with TestClient(read_only_app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def seeded_url(seeded_template: Path, tmp_path: Path) -> str:
    """A seeded catalog that the test may write to."""
    shutil.copy(seeded_template, tmp_path / "seeded.sqlite")
    return f"sqlite:///{tmp_path / 'seeded.sqlite'}"


@pytest.fixture
def own_client(seeded_url: str) -> Iterator[TestClient]:
    """A client of an application on `seeded_url`."""
    with client_of(seeded_url) as client:
        yield client


@pytest.fixture
def empty_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A catalog that holds the reference tables and nothing else."""
    shutil.copy(sqlite_template, tmp_path / "empty.sqlite")
    return f"sqlite:///{tmp_path / 'empty.sqlite'}"
