"""Connections to a database: where a URL leads, what is said where it leads nowhere, and who closes them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from catalog.entities.networks import Architecture
from catalog.errors import CatalogTooNew, CatalogUnavailable
from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage import engines
from catalog.storage.database import Catalog, revision
from catalog.storage.facts.facts import save_architectures
from tests.catalog.storage.locking import impatient_writer
from tests.catalog.storage.migrations.migrating import pretend_schema
from tests.catalog.storage.stored import revision_of
from tests.conftest import Backend, Databases, PostgresServer

PASSWORD = "s3cret"


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)],
    ids=["write-ahead log", "synchronous is FULL", "foreign keys are enforced"],
)
def test_every_sqlite_connection_is_durable_and_checked(
    sqlite_catalog: Catalog, pragma: str, expected: str | int
) -> None:
    with sqlite_catalog.read() as reading, sqlite_catalog.write() as writing:
        assert reading.scalar(text(f"PRAGMA {pragma}")) == expected
        assert writing.scalar(text(f"PRAGMA {pragma}")) == expected


def test_a_tilde_in_the_url_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    open_catalog("sqlite:///~/data/catalog.sqlite").close()
    assert (tmp_path / "home" / "data" / "catalog.sqlite").is_file()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_catalog_in_memory_is_refused(url: str) -> None:
    with pytest.raises(CatalogUnavailable, match="in memory") as caught:
        open_catalog(url)
    assert "sqlite:///" in str(caught.value.remedy)


def test_a_postgresql_url_needs_no_driver(databases: Databases) -> None:
    url = databases.full("postgresql").replace("postgresql+psycopg://", "postgresql://")
    catalog = open_catalog(url)
    assert revision_of(catalog) > 0
    catalog.close()


@pytest.mark.parametrize(("stated", "expected"), [({}, "10000"), ({"tcp_user_timeout": "4000"}, "4000")])
def test_a_postgresql_host_that_says_nothing_counts_as_gone_after_some_seconds(
    databases: Databases, stated: dict[str, str], expected: str
) -> None:
    url = make_url(databases.full("postgresql")).update_query_dict(stated)
    with engines.connected(url.render_as_string(hide_password=False)) as engine:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            parameters = driver.info.get_parameters()
        engine.dispose()
    assert parameters["tcp_user_timeout"] == expected
    assert parameters["keepalives_idle"] == "10"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "malformed"),
        ("", "malformed"),
        (f"postgresql+nodriver://user:{PASSWORD}@host/db", "malformed"),
        (f"postgresql://user:{PASSWORD}@host:port/db", "malformed"),
        (f"postgresql://user:{PASSWORD}@127.0.0.1/db?no_such_option=1", "no_such_option"),
        (f"mysql+pymysql://user:{PASSWORD}@host/db", "Unsupported.*mysql"),
        (f"postgresql+psycopg://user:{PASSWORD}@127.0.0.1:1/db", "cannot be reached"),
    ],
    ids=[
        "not a URL",
        "nothing",
        "an unknown driver",
        "a port that is no number",
        "an option that the driver does not know",
        "an unsupported database",
        "an unreachable server",
    ],
)
def test_a_url_that_leads_nowhere_is_reported_without_its_password(url: str, message: str) -> None:
    with pytest.raises(CatalogUnavailable, match=message) as caught:
        open_catalog(url)
    assert PASSWORD not in f"{caught.value} {caught.value.remedy}"


def test_an_unknown_database_of_a_server_is_unavailable(databases: Databases) -> None:
    url = databases.empty("postgresql").replace("/test1?", "/no_such_database?")
    with pytest.raises(CatalogUnavailable, match="no_such_database"):
        open_catalog(url)


def test_a_missing_driver_is_reported_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CatalogUnavailable, match="psycopg is not installed") as caught:
        open_catalog(f"postgresql://user:{PASSWORD}@host/db")
    assert caught.value.remedy == "Run `pip install 'archrank[postgres]'`."


def test_a_file_that_is_not_a_database_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_text("no database, " * 100)
    with pytest.raises(CatalogUnavailable, match="damaged"):
        open_catalog(f"sqlite:///{path}")
    assert path.read_text().startswith("no database")


def test_a_folder_in_place_of_the_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(CatalogUnavailable, match="cannot be reached"):
        open_catalog(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("path", ["file/catalog.sqlite", "file/below/it/catalog.sqlite"])
def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogUnavailable, match="Cannot create the catalog's folder "):
        open_catalog(f"sqlite:///{tmp_path / path}")


def test_a_path_that_is_too_long_is_reported_in_short(tmp_path: Path) -> None:
    for name in ("x" * 3000, "a folder/" * 600):
        with pytest.raises(CatalogUnavailable, match="File name too long") as caught:
            open_catalog(f"sqlite:///{tmp_path / name}")
        assert len(caught.value.message) < 300


def test_a_relative_catalog_in_a_folder_that_is_gone_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(CatalogUnavailable, match=r"Cannot create the catalog's folder .*: No such file"):
        open_catalog("sqlite:///catalog.sqlite")


def test_a_catalog_closes_its_connections_at_the_end_of_its_block(catalog_url: str) -> None:
    with open_catalog(catalog_url) as catalog:
        before = revision_of(catalog)
    assert connections_of(catalog._engine) == 0
    assert revision_of(catalog) == before, "it can be used again"
    catalog.close()


def test_a_database_that_stays_locked_is_unavailable(
    catalog_url: str, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.storage.engines._BUSY_TIMEOUT_S", 0)
    separator = "&" if "?" in catalog_url else "?"
    patient = "" if backend == "sqlite" else f"{separator}options=-c%20lock_timeout%3D1"
    catalog = open_catalog(catalog_url + patient)
    with impatient_writer(catalog_url), pytest.raises(CatalogUnavailable, match=r"lock"), catalog.write():
        pytest.fail("two writers at once")
    catalog.close()


def test_a_connection_that_the_server_ended_is_replaced(
    databases: Databases, postgres_server: PostgresServer
) -> None:
    catalog = open_catalog(databases.full("postgresql"))
    before = revision_of(catalog)
    assert end_connections(postgres_server) == 1
    assert revision_of(catalog) == before
    catalog.close()


def test_a_server_that_goes_away_during_a_write_leaves_nothing(
    databases: Databases, postgres_server: PostgresServer
) -> None:
    def save() -> None:
        with catalog.write() as session:
            assert end_connections(postgres_server) == 1
            save_architectures(session, [Architecture("toynet")])

    catalog = open_catalog(databases.full("postgresql"))
    before = revision_of(catalog)
    with pytest.raises(CatalogUnavailable, match="cannot be reached"):
        save()
    assert revision_of(catalog) == before
    catalog.close()


def test_a_connection_in_use_while_the_catalog_closes_is_closed_as_it_is_given_back(catalog: Catalog) -> None:
    with catalog.read() as session:
        used = session.connection().connection.dbapi_connection
        catalog.close()
        assert revision(session) >= 0
    assert used is not None
    with pytest.raises(Exception, match="closed"):
        used.cursor().execute("SELECT 1")
    with catalog.read() as session:
        assert revision(session) >= 0


@pytest.mark.parametrize("opens", [open_catalog, upgrade_catalog])
def test_a_refused_catalog_is_left_without_a_connection(
    catalog_url: str, opens: Callable[[str], Catalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Engine] = []

    def remember(*arguments: Any, **options: Any) -> Engine:
        made.append(create_engine(*arguments, **options))
        return made[-1]

    pretend_schema(catalog_url, "9999")
    monkeypatch.setattr(engines, "create_engine", remember)
    with pytest.raises(CatalogTooNew):
        opens(catalog_url)
    (engine,) = made
    assert connections_of(engine) == 0


def connections_of(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedin() + engine.pool.checkedout()


def end_connections(server: PostgresServer) -> int:
    """End whatever is connected to this test's databases; returns how many connections that were."""
    ended = server.connection.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname LIKE 'test%'"
    )
    return len(ended.fetchall())
