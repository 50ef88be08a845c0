"""Opening a catalog that is ready for use: its schema is the newest, and its reference tables are loaded."""

from catalog.errors import CatalogOutdated
from catalog.reference.loading import ensure_loaded
from catalog.reference.reading import ReferenceTables, shipped
from catalog.storage.database import Catalog, connected, reachable
from catalog.storage.schema import SCHEMA_HEAD, refuse_too_new, schema_version, upgrade


def open_catalog(url: str, tables: ReferenceTables | None = None) -> Catalog:
    """Open the catalog at the SQLAlchemy URL `url`, with the reference `tables`. If None, they are the
    shipped tables. An SQLite catalog is created and upgraded here.

    Raises:
        CatalogUnavailable: malformed URL, missing driver, unreachable server or damaged file.
        CatalogOutdated: a PostgreSQL catalog whose schema is not the newest.
        CatalogTooNew: the schema was made by a newer archrank.
    """
    with connected(url) as engine:
        with reachable():
            version = schema_version(engine)
        if version != SCHEMA_HEAD:
            if engine.dialect.name != "sqlite":
                refuse_too_new(engine, version)
                raise CatalogOutdated(
                    f"The catalog's schema is {version or 'missing'}, but this archrank needs {SCHEMA_HEAD}.",
                    "Run `archrank catalog upgrade`.",
                )
            upgrade(engine)
        return _with_reference(Catalog(engine), tables)


def upgrade_catalog(url: str, tables: ReferenceTables | None = None) -> Catalog:
    """Bring the schema at `url` to the newest version, load the reference `tables`, and open the catalog. If
    None, they are the shipped tables.

    Raises:
        CatalogUnavailable: malformed URL, missing driver, unreachable server or damaged file.
        CatalogTooNew: the schema was made by a newer archrank.
    """
    with connected(url) as engine:
        upgrade(engine)
        return _with_reference(Catalog(engine), tables)


def _with_reference(catalog: Catalog, tables: ReferenceTables | None) -> Catalog:
    ensure_loaded(catalog, tables or shipped())
    return catalog
