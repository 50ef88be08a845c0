"""The catalog as JSON Lines: a header, then one self-contained record a line.

A measurement's record carries its workload, configuration, target, environment, artefact, values and
raw samples, so that a profile made on one machine can be carried to any other catalog. Records are
ordered by kind and key, hence the same catalog always gives the same bytes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import DataError, IntegrityError

from catalog import repository, storing
from catalog.database import Catalog, ReadSession, WriteSession
from catalog.entities import (
    Accuracy,
    Architecture,
    Checkpoint,
    CountedWorkload,
    Measurement,
    Target,
)
from catalog.errors import ExchangeError

FORMAT = "archrank-catalog"
VERSION = 1
_TAG = "record"
_BATCH = 500

Record = Architecture | Checkpoint | Accuracy | Target | CountedWorkload | Measurement

_KINDS: Mapping[str, type[Any]] = {
    "architecture": Architecture,
    "checkpoint": Checkpoint,
    "accuracy": Accuracy,
    "target": Target,
    "workload": CountedWorkload,
    "measurement": Measurement,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_ADAPTERS: Mapping[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}

_SAVE: Mapping[str, Callable[[WriteSession, Any], None]] = {
    "architecture": storing.save_architectures,
    "checkpoint": storing.save_checkpoints,
    "accuracy": storing.save_accuracies,
    "target": storing.save_targets,
    "workload": storing.save_workloads,
}


@dataclass(frozen=True)
class ImportSummary:
    """How many records of each kind a file held, and how many measurements were new."""

    records: Mapping[str, int]
    new_measurements: int


def export_lines(session: ReadSession) -> Iterator[str]:
    """The catalog, a line (without its newline) at a time."""
    yield _dumps({"format": FORMAT, "version": VERSION})
    for record in repository.everything(session):
        name = _NAMES[type(record)]
        yield _dumps({_TAG: name, **_ADAPTERS[name].dump_python(record, mode="json")})


def import_lines(catalog: Catalog, lines: Iterable[str]) -> ImportSummary:
    """Store the records of an export: all, or none when a line is malformed.

    Facts fill in what the catalog did not know or replace what it knew; measurements are added.

    Raises:
        ExchangeError: the header or a line is malformed, or refers to something that neither the file
            nor the catalog has. Names the line.
    """
    counts = dict.fromkeys(_KINDS, 0)
    new = 0
    with catalog.write() as session:
        records = _records(lines)
        for name, group in groupby(records, key=lambda numbered: _NAMES[type(numbered[1])]):
            batch: list[tuple[int, Record]] = []
            for numbered in group:
                batch.append(numbered)
                counts[name] += 1
                if len(batch) == _BATCH:
                    new += _store(session, name, batch)
                    batch = []
            new += _store(session, name, batch)
    return ImportSummary(counts, new)


def _records(lines: Iterable[str]) -> Iterator[tuple[int, Record]]:
    numbered = enumerate(lines, start=1)
    number, header = next(numbered, (1, ""))
    found = _loads(number, header)
    if found.get("format") != FORMAT:
        raise ExchangeError(number, f'not an archrank export (no "format": "{FORMAT}")')
    if found.get("version") != VERSION:
        raise ExchangeError(
            number, f"version {found.get('version')!r} is unknown; this archrank reads {VERSION}"
        )
    for number, line in numbered:
        document = _loads(number, line)
        name = document.pop(_TAG, None)
        if not isinstance(name, str) or name not in _ADAPTERS:
            raise ExchangeError(number, f"unknown kind {name!r}; known are {', '.join(_KINDS)}")
        if "\\u0000" in line and _holds_zero(document):
            raise ExchangeError(number, f"{name}: a text holds a zero byte, which PostgreSQL cannot store")
        try:
            yield number, _ADAPTERS[name].validate_json(json.dumps(document))
        except ValidationError as error:
            first = error.errors()[0]
            parts = [name, ".".join(str(part) for part in first["loc"])]
            complaint = first["msg"].removeprefix("Value error, ")
            raise ExchangeError(number, ": ".join([*filter(None, parts), complaint])) from error


def _loads(number: int, line: str) -> dict[str, Any]:
    try:
        document = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ExchangeError(number, f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ExchangeError(number, "not a JSON object")
    return document


def _holds_zero(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_zero(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_holds_zero(part) for part in value)
    return isinstance(value, str) and "\0" in value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _store(session: WriteSession, name: str, batch: list[tuple[int, Record]]) -> int:
    records: list[Any] = [record for _, record in batch]
    if not records:
        return 0
    try:
        with session.begin_nested():
            if name == "measurement":
                return storing.add_measurements(session, records)
            _SAVE[name](session, records)
            return 0
    except (IntegrityError, DataError, OverflowError) as error:
        if len(batch) == 1:
            complaint = "refers to something unknown"
            if not isinstance(error, IntegrityError):
                complaint = "holds a value that the database cannot"
            raise ExchangeError(batch[0][0], f"this {name} {complaint}") from error
    return sum(_store(session, name, [numbered]) for numbered in batch)  # one of them is the culprit


def _dumps(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
