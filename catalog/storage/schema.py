"""The version of the schema: creating it, upgrading it, refusing what is too new."""

from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, text

from catalog.errors import CatalogTooNew
from catalog.storage.database import WRITES, reachable
from catalog.storage.tables import CatalogState, Table

# The newest migration; a test holds it equal to Alembic's head. Written down so that opening an
# up-to-date catalog does not import Alembic.
SCHEMA_HEAD = "0004"
# As Alembic makes it.
_VERSION_TABLE = """CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""


def create(engine: Engine) -> bool:
    """Make the newest schema in an empty database, without importing Alembic; tests hold it equal to what
    the migrations make. False where the database is not empty."""
    with reachable(), engine.execution_options(**WRITES).begin() as connection:
        if inspect(connection).get_table_names():  # also when another process was faster
            return False
        Table.metadata.create_all(connection)
        connection.execute(insert(CatalogState).values(id=1, revision=0))
        connection.execute(text(_VERSION_TABLE))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": SCHEMA_HEAD})
        return True


def upgrade(engine: Engine) -> None:
    """Run the missing migrations in one transaction; safe beside another process doing the same."""
    from alembic import command  # noqa: PLC0415 - 0.2 s that an up-to-date catalog need not pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with reachable(), engine.execution_options(**WRITES).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(4216)"))
        refuse_too_new(engine, _version_on(connection))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def schema_version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return _version_on(connection)


def _version_on(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def refuse_too_new(engine: Engine, version: str | None) -> None:
    if version is not None and version > SCHEMA_HEAD:
        raise CatalogTooNew(
            f"The catalog at {engine.url.render_as_string()} has schema {version}, "
            f"but this archrank knows only {SCHEMA_HEAD}.",
            "Upgrade archrank.",
        )
