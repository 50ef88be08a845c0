"""The version of the schema: making and upgrading it, refusing what is too new."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from catalog.errors import CatalogTooNew
from catalog.storage.database import Catalog
from catalog.storage.engines import WRITES, reachable

# The newest migration. A test holds it equal to Alembic's head. It is written down so that opening an
# up-to-date catalog does not import Alembic.
SCHEMA_HEAD = "0011"
# The advisory lock of the process that upgrades a PostgreSQL catalog. Any number, the same in every release.
_LOCK = 4216


def upgraded(engine: Engine) -> Catalog:
    """The catalog behind `engine`, with the newest schema.

    Raises:
        CatalogUnavailable: the database cannot be reached or written.
        CatalogTooNew: the schema was made by a newer archrank.
    """
    catalog = Catalog(engine)
    catalog.require_writable()
    upgrade(engine)
    return catalog


def upgrade(engine: Engine) -> None:
    """Run the missing migrations in one transaction. In an empty database, all are missing. Another process
    may do the same at the same time.

    Raises:
        CatalogUnavailable: the database cannot be reached.
        CatalogTooNew: the schema was made by a newer archrank.
    """
    from alembic import command  # noqa: PLC0415 - 0.2 s that an up-to-date catalog need not pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with reachable(engine), engine.execution_options(**WRITES).begin() as connection:
        if engine.dialect.name == "postgresql":
            # Waiting for another process that upgrades, and a migration of many rows, take their time.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        refuse_too_new(engine, _version_on(connection))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def schema_version(engine: Engine) -> str | None:
    """The schema's version. None where there is no schema."""
    with engine.connect() as connection:
        return _version_on(connection)


def _version_on(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def refuse_too_new(engine: Engine, version: str | None) -> None:
    """Refuse a schema that this archrank does not know.

    Raises:
        CatalogTooNew: the `version` is above the newest.
    """
    if version is not None and version > SCHEMA_HEAD:
        raise CatalogTooNew(
            f"The catalog at {engine.url.render_as_string()} has schema {version}, "
            f"but this archrank knows only {SCHEMA_HEAD}.",
            "Upgrade archrank.",
        )
