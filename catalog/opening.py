"""Opening a catalog that is ready for use: its schema is the newest, and its reference tables are loaded."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from catalog.errors import CatalogOutdated, CatalogUnavailable
from catalog.reference.tables.loading import ensure_loaded, reload
from catalog.reference.tables.reading import ReferenceTables, shipped
from catalog.storage.database import Catalog
from catalog.storage.engines import connected, is_read_only, reachable, sqlite_file
from catalog.storage.schema import SCHEMA_HEAD, refuse_too_new, schema_version, upgrade, upgraded
from catalog.words.texts import visible


def open_catalog(url: str, tables: ReferenceTables | None = None) -> Catalog:
    """Open the catalog at the SQLAlchemy URL `url`, with the reference `tables`. If None, they are the
    shipped tables. An SQLite catalog is created and upgraded here. One that cannot be written is read as it
    is.

    Raises:
        CatalogUnavailable: malformed URL, missing driver, unreachable server or damaged file.
        CatalogOutdated: a catalog on PostgreSQL, or one that cannot be written, whose schema is not the
        newest. CatalogTooNew: the schema was made by a newer archrank.
    """
    with connected(url) as engine:
        with reachable(engine):
            version = schema_version(engine)
        if version != SCHEMA_HEAD:
            if engine.dialect.name != "sqlite":
                refuse_too_new(engine, version)
                raise CatalogOutdated(
                    f"The catalog's schema is {version or 'missing'}, but this archrank needs {SCHEMA_HEAD}.",
                    "Run `archrank catalog upgrade`.",
                )
            if is_read_only(engine):
                refuse_too_new(engine, version)
                raise CatalogOutdated(
                    f"The catalog's schema is {version or 'missing'}, but this archrank needs {SCHEMA_HEAD}. "
                    "It cannot be upgraded, because its file or its folder cannot be written.",
                    "Set ARCHRANK_CATALOG_URL to a copy of the file in a folder that you may write.",
                )
            upgrade(engine)
        catalog = Catalog(engine)
        ensure_loaded(catalog, tables or shipped())
        return catalog


def open_existing_catalog(url: str) -> Catalog:
    """Open the catalog at the SQLAlchemy URL `url`, and make none.

    Raises:
        CatalogUnavailable: its SQLite file is missing or empty, and whatever `open_catalog` raises.
    """
    file = sqlite_file(url)
    if file is not None and not (file.is_file() and file.stat().st_size):
        raise CatalogUnavailable(
            f"There is no catalog at {visible(str(file))}.",
            "Name the file of a catalog. A relative path has three slashes, as sqlite:///catalog.sqlite, and "
            "an absolute path has four.",
        )
    return open_catalog(url)


@contextmanager
def opened_once(url: str) -> Iterator[Callable[[], Catalog]]:
    """A function that opens the catalog at `url` when it is first called, and answers the same one from then
    on. It raises what `open_catalog` does. The catalog is closed at the end."""
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(open_catalog(url)))


def upgrade_catalog(url: str, tables: ReferenceTables | None = None) -> Catalog:
    """Bring the schema at `url` to the newest version, load the reference `tables`, and open the catalog. If
    None, they are the shipped tables. They are loaded even where they were: what an import changed of them is
    as it was.

    Raises:
        CatalogUnavailable: malformed URL, missing driver, unreachable server or damaged file.
        CatalogTooNew: the schema was made by a newer archrank.
    """
    with connected(url) as engine:
        catalog = upgraded(engine)
        reload(catalog, tables or shipped())
        return catalog
