import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool

from catalog.entities.networks import Architecture, Checkpoint
from catalog.errors import CatalogOutdated, CatalogTooNew, CatalogUnavailable
from catalog.opening import open_catalog, upgrade_catalog
from catalog.reference.reading import ReferenceTables
from catalog.storage import database
from catalog.storage.database import Catalog, ReadSession, WriteSession, revision
from catalog.storage.everything import everything
from catalog.storage.facts import save_architectures, save_checkpoints
from catalog.storage.schema import SCHEMA_HEAD
from catalog.storage.tables import AccuracyRow, ArchitectureRow, CatalogState
from tests.conftest import Backend, Databases, PostgresServer

PASSWORD = "s3cret"


def revision_of(catalog: Catalog) -> int:
    with catalog.read() as session:
        return revision(session)


def year_of(session: ReadSession | WriteSession, name: str) -> int | None:
    return session.scalar(select(ArchitectureRow.year).where(ArchitectureRow.name == name))


def make_schema(url: str, version: str) -> None:
    """Pretend that the schema at `url` is `version`."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


@contextmanager
def impatient_writer(url: str) -> Iterator[None]:
    """A second connection that takes the writers' lock, or gives up at once."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 0, "isolation_level": None})
        lock = ["BEGIN IMMEDIATE"]
    else:
        engine = create_engine(url)
        lock = ["SELECT revision FROM catalog_state FOR UPDATE NOWAIT"]
    try:
        with engine.connect() as connection:
            for statement in lock:
                connection.exec_driver_sql(statement)
            yield
    finally:
        engine.dispose()


def test_each_commit_raises_the_revision_by_exactly_one(catalog: Catalog) -> None:
    before = revision_of(catalog)
    for expected in (before + 1, before + 2, before + 3):
        with catalog.write() as session:
            save_architectures(session, [Architecture("toynet"), Architecture("othernet")])
        assert revision_of(catalog) == expected


def test_a_commit_that_stores_nothing_raises_the_revision_too(catalog: Catalog) -> None:
    before = revision_of(catalog)
    with catalog.write():
        pass
    assert revision_of(catalog) == before + 1


def test_a_write_that_raises_leaves_neither_rows_nor_a_new_revision(catalog: Catalog) -> None:
    def save_and_raise() -> None:
        with catalog.write() as session:
            save_architectures(session, [Architecture("toynet")])
            raise ZeroDivisionError

    before = revision_of(catalog)
    with pytest.raises(ZeroDivisionError):
        save_and_raise()
    assert revision_of(catalog) == before
    with catalog.read() as reading:
        assert reading.get(ArchitectureRow, "toynet") is None


def test_a_write_that_the_database_refuses_leaves_nothing(catalog: Catalog) -> None:
    def save() -> None:
        with catalog.write() as session:
            save_architectures(session, [Architecture("toynet")])
            save_checkpoints(session, [Checkpoint("unknown.v1", "unknown")])

    before = revision_of(catalog)
    with pytest.raises(IntegrityError):
        save()
    assert revision_of(catalog) == before
    with catalog.read() as reading:
        assert reading.get(ArchitectureRow, "toynet") is None


def test_a_catalog_can_be_written_again_after_a_failed_write(catalog: Catalog) -> None:
    before = revision_of(catalog)
    with pytest.raises(IntegrityError), catalog.write() as session:
        save_checkpoints(session, [Checkpoint("unknown.v1", "unknown")])
    with catalog.write() as session:
        save_architectures(session, [Architecture("toynet")])
    assert revision_of(catalog) == before + 1


def test_what_a_read_session_changes_is_discarded(catalog: Catalog) -> None:
    before = revision_of(catalog)
    with catalog.read() as session:
        session.execute(update(CatalogState).values(revision=999))
    assert revision_of(catalog) == before


def test_the_dialect_is_the_databases_name(catalog: Catalog, backend: Backend) -> None:
    assert catalog.dialect == backend


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


def test_a_second_writer_is_kept_out_while_one_writes(catalog: Catalog, catalog_url: str) -> None:
    with catalog.write(), pytest.raises(OperationalError, match=r"lock"), impatient_writer(catalog_url):
        pytest.fail("two writers at once")
    with impatient_writer(catalog_url):
        pass


def test_a_reader_does_not_keep_a_writer_out(catalog: Catalog, catalog_url: str) -> None:
    before = revision_of(catalog)
    with catalog.read() as session:
        assert revision(session) == before
        with impatient_writer(catalog_url):
            assert revision(session) == before


def test_writers_that_read_and_then_write_lose_no_update(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_architectures(session, [Architecture("toynet", year=0)])
    before = revision_of(catalog)

    def count_up(_: int) -> None:
        with catalog.write() as session:
            year = year_of(session, "toynet")
            assert year is not None
            save_architectures(session, [Architecture("toynet", year=year + 1)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(20)))
    with catalog.read() as reading:
        assert year_of(reading, "toynet") == 20
        assert revision(reading) == before + 20


def test_a_reader_sees_one_snapshot_while_a_writer_commits(catalog: Catalog) -> None:
    with catalog.read() as reading:
        before = revision(reading)
        with catalog.write() as writing:
            save_architectures(writing, [Architecture("toynet", year=2020)])
        assert revision(reading) == before
        assert year_of(reading, "toynet") is None
    with catalog.read() as reading:
        assert revision(reading) == before + 1
        assert year_of(reading, "toynet") == 2020


def test_a_reader_does_not_see_what_is_not_yet_committed(catalog: Catalog) -> None:
    with catalog.write() as writing:
        save_architectures(writing, [Architecture("toynet", year=2020)])
        with catalog.read() as reading:
            assert year_of(reading, "toynet") is None


def test_opening_a_catalog_again_does_not_raise_its_revision(catalog_url: str) -> None:
    revisions = []
    for _ in range(2):
        catalog = open_catalog(catalog_url)
        revisions.append(revision_of(catalog))
        catalog.close()
    assert revisions[0] == revisions[1]


def test_upgrading_a_catalog_again_loads_the_same_tables(catalog_url: str) -> None:
    exports = []
    for _ in range(2):
        with upgrade_catalog(catalog_url) as catalog, catalog.read() as session:
            exports.append(list(everything(session)))
    assert exports[0] == exports[1]


def test_a_new_catalog_holds_the_reference_tables(empty_url: str, small_reference: ReferenceTables) -> None:
    catalog = upgrade_catalog(empty_url)
    with catalog.read() as session:
        stored = session.scalar(select(func.count()).select_from(AccuracyRow))
    catalog.close()
    assert stored == sum(map(len, small_reference.accuracies().values())) > 0


def test_opening_creates_an_sqlite_catalog_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet" / "catalog.sqlite"
    open_catalog(f"sqlite:///{path}").close()
    assert path.read_bytes().startswith(b"SQLite format 3\0")


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


_OPENS = """
import sys
from pathlib import Path
from typing import Any
from catalog.reference.reading import ReferenceTables
from catalog.opening import open_catalog, upgrade_catalog
tables = ReferenceTables(Path(sys.argv[2]))
opens = open_catalog if sys.argv[1].startswith("sqlite") else upgrade_catalog
print("ready", flush=True)
sys.stdin.readline()
opens(sys.argv[1], tables).close()
print("opened")
"""


def test_several_processes_may_open_a_new_catalog_at_once(
    empty_url: str, small_reference: ReferenceTables
) -> None:
    command = [sys.executable, "-c", _OPENS, empty_url, str(small_reference.folder)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate() for process in processes] == [("opened\n", "")] * 3

    catalog = open_catalog(empty_url)
    with catalog.read() as session:
        counts = [
            session.scalar(text(f"SELECT count(*) FROM {table}"))
            for table in ("alembic_version", "catalog_state", "accuracy")
        ]
    catalog.close()
    assert counts == [1, 1, sum(map(len, small_reference.accuracies().values()))]


_NAMES_ALEMBIC = """
import sys
from pathlib import Path
from catalog.reference.reading import ReferenceTables
from catalog.opening import open_catalog
tables = ReferenceTables(Path(sys.argv[2]))
open_catalog(sys.argv[1], tables).close()
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("alembic", "mako")))
"""


def test_opening_an_up_to_date_catalog_does_not_import_alembic(
    catalog_url: str, small_reference: ReferenceTables
) -> None:
    command = [sys.executable, "-c", _NAMES_ALEMBIC, catalog_url, str(small_reference.folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("opens", [open_catalog, upgrade_catalog])
def test_a_schema_from_the_future_is_refused(catalog_url: str, opens: Callable[[str], Catalog]) -> None:
    make_schema(catalog_url, "9999")
    with pytest.raises(CatalogTooNew, match="9999") as caught:
        opens(catalog_url)
    assert SCHEMA_HEAD in caught.value.message
    assert caught.value.remedy == "Upgrade archrank."


def test_refusing_a_schema_from_the_future_does_not_tell_the_password(databases: Databases) -> None:
    url = databases.full("postgresql")
    make_schema(url, "9999")
    with pytest.raises(CatalogTooNew) as caught:
        open_catalog(url.replace("postgres:@", f"postgres:{PASSWORD}@"))
    assert PASSWORD not in f"{caught.value} {caught.value.remedy}"


def test_a_postgresql_catalog_without_schema_says_how_to_make_one(databases: Databases) -> None:
    with pytest.raises(CatalogOutdated, match="missing") as caught:
        open_catalog(databases.empty("postgresql"))
    assert "archrank catalog upgrade" in str(caught.value.remedy)


def test_a_postgresql_catalog_with_an_older_schema_is_not_upgraded_by_itself(databases: Databases) -> None:
    url = databases.full("postgresql")
    make_schema(url, "0000")
    with pytest.raises(CatalogOutdated, match=f"0000.*{SCHEMA_HEAD}") as caught:
        open_catalog(url)
    assert "archrank catalog upgrade" in str(caught.value.remedy)


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
    with pytest.raises(CatalogUnavailable, match="Cannot create the catalog's folder"):
        open_catalog(f"sqlite:///{tmp_path / path}")


def test_a_catalog_closes_its_connections_at_the_end_of_its_block(catalog_url: str) -> None:
    with open_catalog(catalog_url) as catalog:
        before = revision_of(catalog)
    assert connections_of(catalog._engine) == 0
    assert revision_of(catalog) == before, "it can be used again"
    catalog.close()


def test_a_database_that_stays_locked_is_unavailable(
    catalog_url: str, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.storage.database._BUSY_TIMEOUT_S", 0)
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


@pytest.mark.parametrize("opens", [open_catalog, upgrade_catalog])
def test_a_refused_catalog_is_left_without_a_connection(
    catalog_url: str, opens: Callable[[str], Catalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Engine] = []

    def remember(*arguments: Any, **options: Any) -> Engine:
        made.append(create_engine(*arguments, **options))
        return made[-1]

    make_schema(catalog_url, "9999")
    monkeypatch.setattr(database, "create_engine", remember)
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
