"""Copying a whole catalog from one database to another, row by row of every table."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import MetaData, delete, func, insert, select
from sqlalchemy import Table as SqlTable

from catalog.errors import CatalogUnavailable
from catalog.storage.database import Catalog, ReadSession, WriteSession
from catalog.storage.engines import connected
from catalog.storage.schema import upgraded
from catalog.storage.tables import MeasurementRow, PendingSampleRow, Table

# Rows of measurements hold their samples, of up to some hundred kB each.
_ROWS_TOGETHER = 200


@contextmanager
def prepared(url: str) -> Iterator[Catalog]:
    """The catalog at `url` with the newest schema, and nothing else where it was made here.

    Raises:
        CatalogUnavailable: malformed URL, missing driver, unreachable server or damaged file.
        CatalogTooNew: the schema was made by a newer archrank.
    """
    with connected(url) as engine, upgraded(engine) as catalog:
        yield catalog


def copy_all(source: Catalog, destination: Catalog) -> Mapping[str, int]:
    """Copy every row in one transaction. Returns how many there are of each table.

    The revision is copied too, and raised by the commit.

    Raises:
        CatalogUnavailable: the destination has measurements, or is the source.
    """
    metadata: MetaData = Table.metadata
    with source.read() as reading, destination.write() as writing:
        if writing.scalar(select(func.count()).select_from(MeasurementRow)):
            raise CatalogUnavailable(
                "The catalog to copy to has measurements.",
                "Name a new database, or `archrank catalog import`.",
            )
        for table in reversed(metadata.sorted_tables):
            writing.execute(delete(table))
        counts = {table.name: _copy(reading, writing, table) for table in metadata.sorted_tables}
        _continue_numbering(writing)
    return counts


def _copy(reading: ReadSession, writing: WriteSession, table: SqlTable) -> int:
    count = 0
    result = reading.execute(select(table), execution_options={"yield_per": _ROWS_TOGETHER})
    for part in result.mappings().partitions():
        rows = [dict(row) for row in part]
        writing.execute(insert(table), rows)
        count += len(rows)
    return count


def _continue_numbering(writing: WriteSession) -> None:
    """Let PostgreSQL number new rows behind the copied ones. SQLite does so by itself."""
    if writing.get_bind().dialect.name != "postgresql":
        return
    numbers = func.pg_get_serial_sequence(PendingSampleRow.__tablename__, "id")
    following = select(func.max(PendingSampleRow.id) + 1).scalar_subquery()
    writing.execute(select(func.setval(numbers, following, False)))
