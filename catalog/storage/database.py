"""Connections and sessions.

Readers see one consistent snapshot. Writers are serialised (BEGIN IMMEDIATE on SQLite, the row lock of
`catalog_state` on PostgreSQL), and every commit raises the catalog revision by one. An SQLite file that
cannot be written, or whose folder cannot, is opened for reading alone.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NewType, Self
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.orm import Session

from catalog.errors import CatalogUnavailable, RecordRefused
from catalog.storage.tables import CatalogState

ReadSession = NewType("ReadSession", Session)
WriteSession = NewType("WriteSession", Session)
_BUSY_TIMEOUT_S = 60
_CHECK_URL = "Check ARCHRANK_CATALOG_URL and the database behind it, then try again."
WRITES = {"archrank_writes": True}
_READ_ONLY = "archrank_read_only"


class Catalog:
    """An open catalog. The functions of catalog.storage and catalog.exchange take its sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """A read-only session on one snapshot.

        Raises:
            CatalogUnavailable: the database cannot be reached.
        """
        options = {} if self.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with reachable(), Session(self._engine.execution_options(**options)) as session:
            yield ReadSession(session)

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A session that commits at the end, raising the revision, or rolls back on an error.

        Raises:
            CatalogUnavailable: the database cannot be reached, stayed locked, or can only be read.
        """
        self.require_writable()
        engine = self._engine.execution_options(**WRITES)
        with reachable(), Session(engine) as session, session.begin():
            session.execute(update(CatalogState).values(revision=CatalogState.revision + 1))
            yield WriteSession(session)

    @property
    def is_read_only(self) -> bool:
        return is_read_only(self._engine)

    def require_writable(self) -> None:
        """Refuse a catalog that can only be read.

        Raises:
            CatalogUnavailable: its file or its folder cannot be written.
        """
        if self.is_read_only:
            raise CatalogUnavailable(
                f"The catalog {self._engine.url.database} can be read, and not written.",
                "Change the permissions of the file and its folder, or set ARCHRANK_CATALOG_URL to another.",
            )

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_read_only(engine: Engine) -> bool:
    """Whether the engine's database can only be read."""
    return bool(engine.get_execution_options().get(_READ_ONLY))


def revision(session: ReadSession) -> int:
    """The number that changes with every commit."""
    # Remembered, as a session sees a single state of the catalog.
    if (remembered := session.info.get(CatalogState)) is not None:
        return int(remembered)
    # At the driver's level: every request asks this, and compiling it would take longer than answering.
    row = session.connection().exec_driver_sql(f"SELECT revision FROM {CatalogState.__tablename__}")  # noqa: S608
    return int(session.info.setdefault(CatalogState, row.scalar_one()))


def reference_version(session: ReadSession | WriteSession) -> str | None:
    """Which reference tables the catalog holds. None before any were loaded."""
    return session.scalars(select(CatalogState.reference)).one()


def record_reference(session: WriteSession, version: str) -> None:
    """Note which reference tables the catalog holds now."""
    session.execute(update(CatalogState).values(reference=version))


@contextmanager
def savepoint(session: WriteSession) -> Iterator[None]:
    """Undo what the block stored when the database refuses a part of it. The session stays usable.

    Raises:
        RecordRefused: says whether a record referred to something unknown, or held an impossible value.
    """
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        raise RecordRefused("refers to something unknown.") from error
    except (DataError, OverflowError) as error:
        raise RecordRefused("has a value that the database cannot store.") from error


@contextmanager
def connected(url: str) -> Iterator[Engine]:
    """An engine for the SQLAlchemy URL `url`, disposed of when the block ends in an error.

    Raises:
        CatalogUnavailable: the URL is malformed, or its driver is not installed.
    """
    engine = _engine(url)
    try:
        yield engine
    except BaseException:
        engine.dispose()
        raise


def _engine(url: str) -> Engine:
    try:
        parsed = _expanded(make_url(url))
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise CatalogUnavailable(
                f"Unsupported catalog database {parsed.get_backend_name()!r}.",
                "Set ARCHRANK_CATALOG_URL to an sqlite:/// or postgresql+psycopg:// URL.",
            )
        engine = create_engine(_with_driver(parsed), **_arguments(parsed))
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise CatalogUnavailable(
            "The catalog's URL is malformed.", "Set ARCHRANK_CATALOG_URL to an SQLAlchemy URL."
        ) from error
    except ModuleNotFoundError as error:
        raise CatalogUnavailable(
            f"The database driver {error.name} is not installed.", "Run `pip install 'archrank[postgres]'`."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_reading if is_read_only(engine) else _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _expanded(url: URL) -> URL:
    """The URL with the home folder in place of a leading tilde in the name of an SQLite file."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    return url.set(database=str(Path(url.database).expanduser()))


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _arguments(url: URL) -> dict[str, Any]:
    # As many connections as the web server has threads: none of them waits for another's.
    pool: dict[str, Any] = {"pool_size": 10, "max_overflow": 30}
    if url.get_backend_name() != "sqlite":
        return {**pool, "pool_pre_ping": True}
    if not url.database or url.database == ":memory:":
        raise CatalogUnavailable(
            "A catalog in memory would be a different one for every connection.",
            "Name a file in ARCHRANK_CATALOG_URL, as sqlite:///FILE.",
        )
    if _can_only_be_read(Path(url.database)):
        return {
            **pool,
            "creator": lambda: _connect_for_reading(Path(str(url.database))),
            "execution_options": {_READ_ONLY: True},
        }
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CatalogUnavailable(
            f"Cannot create the catalog's folder: {error}.",
            "Set ARCHRANK_CATALOG_URL to a file that you may write.",
        ) from error
    return {**pool, "connect_args": {"timeout": _BUSY_TIMEOUT_S}}


def _can_only_be_read(file: Path) -> bool:
    """Whether the file exists, and SQLite cannot write it or the files beside it that it needs to write."""
    return file.is_file() and not (os.access(file, os.W_OK) and os.access(file.absolute().parent, os.W_OK))


def _connect_for_reading(file: Path) -> sqlite3.Connection:
    """A connection to a file that nobody writes, or that another process has open to write.

    Only then there are the files beside it that coordinate the two. Without them, SQLite would make them,
    which it cannot here.
    """
    is_open = all(file.with_name(file.name + ending).exists() for ending in ("-wal", "-shm"))
    mode = "mode=ro" if is_open else "mode=ro&immutable=1"
    return sqlite3.connect(
        f"file:{quote(str(file.absolute()))}?{mode}",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        check_same_thread=False,
    )


def _configure_reading(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite alone
    connection.execute("PRAGMA cache_size=-65536")


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite alone
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            # Only one connection can switch a new file to WAL. SQLite does not wait for the lock here.
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except connection.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-65536")  # 64 MB, of which the reference tables fill a third


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("archrank_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _clause(complaint: object) -> str:
    """A driver's complaint without its last sign, to end a sentence with."""
    return str(complaint).strip().rstrip(".?")


@contextmanager
def reachable() -> Iterator[None]:
    """Translate the driver's complaints about the connection or the file."""
    try:
        yield
    except OperationalError as error:
        raise CatalogUnavailable(
            f"The catalog cannot be reached: {_clause(error.orig)}.", _CHECK_URL
        ) from error
    except DBAPIError as error:
        complaint = _clause(error.orig)
        if "not a database" in complaint or "malformed" in complaint:
            raise CatalogUnavailable(
                f"The catalog is damaged: {complaint}.",
                "Restore the file from a backup, or set ARCHRANK_CATALOG_URL to another.",
            ) from error
        if "connection option" in complaint:
            raise CatalogUnavailable(f"The catalog's URL is malformed: {complaint}.", _CHECK_URL) from error
        raise
