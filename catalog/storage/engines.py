"""Connections to a database: SQLite in a file, or PostgreSQL.

An SQLite file that cannot be written, or whose folder cannot, or whose disk is full, is opened for reading
alone.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from catalog.errors import CatalogUnavailable
from catalog.settings import DatabaseSettings
from catalog.storage.complaints import explained, has_no_space

_BUSY_TIMEOUT_S = 60
# After how long a PostgreSQL server counts as gone that accepts no connection, or whose host says nothing
# any more, as after a cable was cut. The parameters are libpq's. A URL may say otherwise.
_SILENCE = {
    "connect_timeout": 10,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
# Of a path in a message. What is longer is no path that somebody chose.
_SHOWN = 200
_WRITES = "archrank_writes"
WRITES = {_WRITES: True}
_READ_ONLY = "archrank_read_only"


def is_read_only(engine: Engine) -> bool:
    """Whether the engine's database can only be read."""
    return bool(engine.get_execution_options().get(_READ_ONLY))


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


def sqlite_file(url: str) -> Path | None:
    """The file of the SQLite catalog at the SQLAlchemy URL `url`. None where the catalog is no file.

    Raises:
        CatalogUnavailable: the URL is malformed.
    """
    try:
        parsed = _expanded(make_url(url))
    except (ArgumentError, ValueError) as error:
        raise _malformed() from error
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def _malformed() -> CatalogUnavailable:
    return CatalogUnavailable(
        "The catalog's URL is malformed.", "Set ARCHRANK_CATALOG_URL to an SQLAlchemy URL."
    )


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
        raise _malformed() from error
    except ModuleNotFoundError as error:
        raise CatalogUnavailable(
            f"The database driver {error.name} is not installed.", "Run `pip install 'archrank[postgres]'`."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_reading if is_read_only(engine) else _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _configure_postgresql)
    _close_what_returns_late(engine)
    return engine


def _close_what_returns_late(engine: Engine) -> None:
    """Close connections that a thread was using when the engine was disposed of, as they are given back.

    SQLAlchemy gives the engine another pool then, and leaves them open in the former one.
    """

    def connected_to_pool(_: object, record: ConnectionPoolEntry) -> None:
        record.info[_close_what_returns_late] = engine.pool

    def given_back(_: object, record: ConnectionPoolEntry) -> None:
        if record.info.get(_close_what_returns_late) is not engine.pool:
            record.invalidate()

    event.listen(engine, "connect", connected_to_pool)
    event.listen(engine, "checkin", given_back)


def _expanded(url: URL) -> URL:
    """The URL with the home folder in place of a leading tilde in the name of an SQLite file."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    try:
        return url.set(database=str(Path(url.database).expanduser()))
    except RuntimeError as error:
        raise CatalogUnavailable(
            f"The catalog's folder is unknown: {error}",
            "Set HOME, or set ARCHRANK_CATALOG_URL to a file that you may write.",
        ) from error


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _arguments(url: URL) -> dict[str, Any]:
    settings = DatabaseSettings()
    pool: dict[str, Any] = {"pool_size": settings.pool_size, "max_overflow": settings.pool_overflow}
    if url.get_backend_name() != "sqlite":
        silence = {name: limit for name, limit in _SILENCE.items() if name not in url.query}
        return {**pool, "pool_pre_ping": True, "connect_args": silence}
    if not url.database or url.database == ":memory:":
        raise CatalogUnavailable(
            "A catalog in memory would be a different one for every connection.",
            "Name a file in ARCHRANK_CATALOG_URL, as sqlite:///FILE.",
        )
    try:
        folder = Path(url.database).absolute().parent  # the working folder may be gone
        if _can_only_be_read(Path(url.database)):
            return {
                **pool,
                "creator": lambda: _connect_for_reading(Path(str(url.database))),
                "execution_options": {_READ_ONLY: True},
            }
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CatalogUnavailable(
            f"Cannot create the catalog's folder {Path(url.database).parent.as_posix()[:_SHOWN]}: "
            f"{error.strerror}.",
            "Set ARCHRANK_CATALOG_URL to a file that you may write.",
        ) from error
    return {**pool, "connect_args": {"timeout": _BUSY_TIMEOUT_S}}


def _can_only_be_read(file: Path) -> bool:
    """Whether the file exists, and SQLite cannot write it or the files beside it that it needs to write."""
    if not file.is_file():
        return False
    may_write = os.access(file, os.W_OK) and os.access(file.absolute().parent, os.W_OK)
    return not may_write or has_no_space(file)


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


def connect_to_settle(file: Path) -> sqlite3.Connection:
    # Without waiting: whoever reads now has its turn, and the next commit is settled too.
    return sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=rw", uri=True, timeout=0.1)


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


def _configure_postgresql(connection: Any, _record: object) -> None:
    connection.execute("SET jit = off")  # compiling a query takes longer than each of them does
    milliseconds = round(DatabaseSettings().statement_timeout_s * 1000)
    connection.execute(f"SET statement_timeout = {milliseconds}")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reachable(engine: Engine) -> Iterator[None]:
    """Translate the driver's complaints about the connection or the file."""
    try:
        yield
    except PoolTimeout as error:
        raise CatalogUnavailable(
            "All connections to the catalog are in use.",
            "Try again later. ARCHRANK_POOL_SIZE and ARCHRANK_POOL_OVERFLOW say how many there are.",
        ) from error
    except DBAPIError as error:
        if (unavailable := explained(error, engine.url)) is not None:
            raise unavailable from error
        raise
