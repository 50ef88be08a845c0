"""What tests of storing store, and what is stored then."""

from sqlalchemy import func, select

from catalog.storage.database import Catalog, revision
from catalog.storage.tables import (
    Table,
)


def count(catalog: Catalog, table: type[Table]) -> int:
    with catalog.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def revision_of(catalog: Catalog) -> int:
    with catalog.read() as session:
        return revision(session)
