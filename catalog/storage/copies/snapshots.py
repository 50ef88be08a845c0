"""A copy of a catalog in a file of its own, which answers while the catalog's database is out of reach."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from catalog.errors import CatalogUnavailable
from catalog.storage.copies.copying import copy_all, prepared
from catalog.storage.database import Catalog, revision
from catalog.storage.engines import connected
from catalog.storage.tables import ApiKeyRow


def take_snapshot(catalog: Catalog, file: Path) -> int:
    """Copy the catalog to a new SQLite file, all but the keys of the API. Returns its revision, which the
    copy has too. A catalog of 26 MB takes 0.05 s of CPU from SQLite, and 2.3 s from PostgreSQL.

    Raises:
        CatalogUnavailable: the catalog cannot be read, or the file cannot be written.
    """
    with _writable(file):
        number = _copy_rows(catalog, file) if catalog.file is None else _copy_file(catalog, file)
        _leave_keys_out(file)
    return number


def open_snapshot(file: Path) -> Catalog:
    """The catalog in a file that `take_snapshot` wrote."""
    with connected(f"sqlite:///{file}") as engine:
        return Catalog(engine)


def _copy_file(catalog: Catalog, file: Path) -> int:
    with catalog.read() as session, closing(sqlite3.connect(file)) as copy:
        number = revision(session)  # begins the transaction, of which SQLite copies the state
        source = session.connection().connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError(f"{type(source)} is no connection of SQLite")
        source.backup(copy)
    return number


def _copy_rows(catalog: Catalog, file: Path) -> int:
    with prepared(f"sqlite:///{file}") as copy:
        copy_all(catalog, copy)
        with copy.read() as session:
            return revision(session)


def _leave_keys_out(file: Path) -> None:
    with closing(sqlite3.connect(file)) as copy, copy:
        copy.execute("PRAGMA secure_delete = ON")
        copy.execute(f"DELETE FROM {ApiKeyRow.__tablename__}")  # noqa: S608 - a name of the schema


@contextmanager
def _writable(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise CatalogUnavailable(f"The catalog cannot be copied to {file}: {error}.") from error
