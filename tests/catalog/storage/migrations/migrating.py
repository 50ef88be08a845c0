"""Databases of older schemas, and the rows that archrank stored in them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, create_engine, text

import catalog
from catalog.entities.measurements import Measurement, Success
from catalog.storage.tables import CompressedJson, UtcDateTime
from tests.builders import failure_of

FOLDER = Path(catalog.__file__).parent / "storage" / "migrations"


def alembic_configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def pretend_schema(url: str, version: str) -> None:
    """Pretend that the schema at `url` is `version`."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


def migrate(url: str, direction: Callable[[Config, str], None], version: str) -> None:
    """Run Alembic's `upgrade` or `downgrade` to the version on the database at `url`."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = alembic_configuration()
        config.attributes["connection"] = connection
        direction(config, version)
    engine.dispose()


def make_schema(url: str, version: str) -> None:
    migrate(url, command.upgrade, version)


@contextmanager
def connected(url: str) -> Iterator[tuple[Connection, MetaData]]:
    """A transaction on the database at `url`, with its tables as they are there."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            metadata = MetaData()
            metadata.reflect(connection)
            yield connection, metadata
    finally:
        engine.dispose()


def insert(connection: Connection, metadata: MetaData, table: str, row: Mapping[str, Any]) -> None:
    """Store the columns of `row` that the table of this schema has."""
    columns = metadata.tables[table].c
    stored = {name: value for name, value in row.items() if name in columns}
    connection.execute(metadata.tables[table].insert().values(stored))


def insert_measurement(connection: Connection, metadata: MetaData, one: Measurement, **changes: Any) -> None:
    """Store the measurement, whose target, workload, environment and artefact are stored, as archrank did
    before schema 0004. `changes` are columns that are not as archrank stored them."""
    configuration = {**asdict(one.configuration), "threads": one.configuration.threads or 0}
    known = metadata.tables["configuration"]
    if not connection.scalar(known.select().where(known.c.id == one.configuration.id)):
        insert(connection, metadata, "configuration", {"id": one.configuration.id, **configuration})
    row = {
        "id": one.id,
        "workload": one.workload.id,
        "configuration": one.configuration.id,
        "target": one.target.id,
        "environment": one.environment.id,
        "artefact": one.artefact.id if one.artefact else None,
        "provenance": one.provenance,
        "status": one.status,
        "protocol": one.protocol,
        "measured_at": UtcDateTime().process_bind_param(one.measured_at, connection.dialect),
        "source": one.source,
        **_outcome(one, connection),
        **changes,
    }
    insert(connection, metadata, "measurement", row)
    for value in one.outcome.values if isinstance(one.outcome, Success) else ():
        insert(connection, metadata, "value", {"measurement": one.id, **asdict(value)})


def _outcome(one: Measurement, connection: Connection) -> dict[str, Any]:
    """The columns of both outcomes, as they were until schema 0003."""
    success = one.outcome if isinstance(one.outcome, Success) else Success()
    failure = failure_of(one) if success is not one.outcome else None
    return {
        "reason": failure.reason if failure else None,
        "detail": failure.detail if failure else None,
        "doubts": list(success.doubts),
        "precision_met": success.interval_target_met,
        "samples": compressed([asdict(sample) for sample in success.samples], connection),
        "set_aside": compressed([asdict(sample) for sample in success.set_aside], connection)
        if success.set_aside
        else None,
    }


def compressed(document: object, connection: Connection) -> bytes:
    """JSON as the columns of samples hold it."""
    return CompressedJson().process_bind_param(document, connection.dialect)
