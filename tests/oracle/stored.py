"""Reads all that a catalog's SQLite file holds, by plain SQL and with none of the catalog's own queries."""

import json
import sqlite3
from collections import defaultdict
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from catalog.entities.configurations import Artefact, Configuration, Environment, Target
from catalog.entities.measurements import Failure, Measurement, MetricValue, Success
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload, Counts, Workload
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance, Status
from tests.oracle.world import World

_E = TypeVar("_E")
_JSON = ("training_data", "training_methods", "identity", "operators", "operator_calls")


def read_world(path: Path) -> World:
    """What the catalog in the file `path` holds, but for samples and the stages of networks."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        return World(
            architectures=tuple(_architectures(connection)),
            checkpoints=tuple(_read(connection, "checkpoint", Checkpoint)),
            accuracies=tuple(_read(connection, "accuracy", Accuracy)),
            counted=tuple(_counted(row) for row in connection.execute("SELECT * FROM workload")),
            measurements=tuple(_measurements(connection)),
        )
    finally:
        connection.close()


def _read(connection: sqlite3.Connection, table: str, kind: type[_E]) -> list[_E]:
    """A table whose columns are the fields of `kind`."""
    return [_entity(kind, row) for row in connection.execute(f"SELECT * FROM {table}")]


def _architectures(connection: sqlite3.Connection) -> list[Architecture]:
    rows = connection.execute("SELECT name, family, tags, num_classes FROM architecture")
    return [
        Architecture(name, family, tags=tuple(json.loads(tags or "[]")), num_classes=num_classes)
        for name, family, tags, num_classes in rows
    ]


def _by_id(connection: sqlite3.Connection, table: str, kind: type[_E]) -> dict[str, _E]:
    rows = connection.execute(f"SELECT * FROM {table}")
    return {row["id"]: _entity(kind, row) for row in rows}


def _entity(kind: type[_E], row: sqlite3.Row) -> _E:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    columns = {name: row[name] for name in names if name not in _JSON}
    columns |= {name: json.loads(row[name]) for name in names if name in _JSON and row[name] is not None}
    entity: _E = _adapter(kind).validate_python(columns)  # type: ignore[arg-type]
    return entity


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _counted(row: sqlite3.Row) -> CountedWorkload:
    counts = None if row["gmacs"] is None else _entity(Counts, row)
    return CountedWorkload(_entity(Workload, row), counts, row["count_failure"], row["source"])


def _measurements(connection: sqlite3.Connection) -> list[Measurement]:
    workloads = _by_id(connection, "workload", Workload)
    configurations = _by_id(connection, "configuration", Configuration)
    targets = _by_id(connection, "target", Target)
    environments = _by_id(connection, "environment", Environment)
    artefacts = {row["id"]: _artefact(row, workloads) for row in connection.execute("SELECT * FROM artefact")}
    values = defaultdict(list)
    query = "SELECT measurement, metric, value, low, high, level, absent_reason, processes, "
    query += "degrees_of_freedom FROM value"
    for measurement, metric, *numbers in connection.execute(query):
        values[measurement].append(MetricValue(Metric(metric), *numbers))
    return [
        Measurement(
            workload=workloads[row["workload"]],
            configuration=configurations[row["configuration"]],
            target=targets[row["target"]],
            environment=environments[row["environment"]],
            provenance=Provenance(row["provenance"]),
            protocol=row["protocol"],
            measured_at=datetime.fromisoformat(row["measured_at"]).replace(tzinfo=UTC),
            source=row["source"],
            artefact=artefacts.get(row["artefact"]),
            outcome=(
                Failure(FailureReason(row["reason"]), row["detail"])
                if Status(row["status"]) is Status.FAILED
                else Success(tuple(values[row["id"]]), tuple(map(Doubt, json.loads(row["doubts"]))))
            ),
        )
        for row in connection.execute("SELECT * FROM measurement ORDER BY arrival")
    ]


def _artefact(row: sqlite3.Row, workloads: dict[str, Workload]) -> Artefact:
    return Artefact(
        workloads[row["workload"]],
        row["format"],
        row["precision"],
        row["toolchain"],
        row["bytes"],
        row["sha256"],
        row["deviation"],
    )
