"""The catalog as JSON Lines: a header, then one self-contained record a line.

A measurement's record contains its workload, configuration, target, environment, artefact, values and
raw samples, so that a profile made on one machine can be copied to any other catalog. Records are
ordered by kind and key, hence the same catalog always gives the same bytes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from pydantic import TypeAdapter, ValidationError

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.errors import ExchangeError, RecordRefused
from catalog.storage.database import Catalog, ReadSession, WriteSession, savepoint
from catalog.storage.everything import everything
from catalog.storage.facts import (
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements import add_measurements

FORMAT = "archrank-catalog"
VERSION = 3
_READABLE = (1, 2, VERSION)
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
    "architecture": save_architectures,
    "checkpoint": save_checkpoints,
    "accuracy": save_accuracies,
    "target": save_targets,
    "workload": save_workloads,
}


@dataclass(frozen=True)
class ImportSummary:
    """How many records of each kind were taken, how many measurements were new, and which lines were left."""

    records: Mapping[str, int]
    new_measurements: int
    faults: tuple[ExchangeError, ...] = ()


def export_lines(session: ReadSession) -> Iterator[str]:
    """The catalog, a line (without its newline) at a time."""
    yield _dumps({"format": FORMAT, "version": VERSION})
    for record in everything(session):
        name = _NAMES[type(record)]
        yield _dumps({_TAG: name, **_ADAPTERS[name].dump_python(record, mode="json")})


def import_lines(catalog: Catalog, lines: Iterable[str], *, keep_going: bool = False) -> ImportSummary:
    """Store the records of an export: all, or none when a line is malformed.

    Facts fill in what the catalog did not know or replace what it knew; measurements are added. With
    `keep_going`, lines that are malformed or refer to something unknown are left out and reported.

    Raises:
        ExchangeError: the header or a line is malformed, or refers to something that neither the file
            nor the catalog has. Names the line.
    """
    numbered = enumerate(lines, start=1)
    version = _read_header(*next(numbered, (1, "")))
    faults: list[ExchangeError] = []

    def refuse(error: ExchangeError) -> None:
        if not keep_going:
            raise error
        faults.append(error)

    counts = dict.fromkeys(_KINDS, 0)
    new = 0
    with catalog.write() as session:
        records = _records(numbered, version, refuse)
        for name, group in groupby(records, key=lambda numbered: _NAMES[type(numbered[1])]):
            while batch := list(islice(group, _BATCH)):
                refused = len(faults)
                new += _store(session, name, batch, refuse)
                counts[name] += len(batch) - (len(faults) - refused)
    faults.sort(key=lambda fault: fault.line)
    return ImportSummary(counts, new, tuple(faults))


def _read_header(number: int, line: str) -> int:
    found = _loads(number, line)
    if found.get("format") != FORMAT:
        raise ExchangeError(number, f'not an archrank export, because the header lacks "format": "{FORMAT}".')
    version = found.get("version")
    if not isinstance(version, int) or version not in _READABLE:
        known = ", ".join(map(str, _READABLE))
        raise ExchangeError(number, f"version {version!r} is unknown. This archrank reads {known}.")
    return version


def _records(
    numbered: Iterable[tuple[int, str]], version: int, refuse: Callable[[ExchangeError], None]
) -> Iterator[tuple[int, Record]]:
    for number, line in numbered:
        try:
            record = _record(number, line, version)
        except ExchangeError as error:
            refuse(error)
        else:
            yield number, record


def _record(number: int, line: str, version: int) -> Record:
    document = _loads(number, line)
    name = document.pop(_TAG, None)
    if not isinstance(name, str) or name not in _ADAPTERS:
        raise ExchangeError(number, f"unknown kind {name!r}. Known kinds: {', '.join(_KINDS)}.")
    if "\\u0000" in line and _holds_zero(document):
        raise ExchangeError(number, f"{name}: a text contains a zero byte, which PostgreSQL cannot store.")
    if version == 1 and name == "checkpoint":
        document.pop("training_data", None)  # was a text that nothing filled, is a list now
    try:
        record: Record = _ADAPTERS[name].validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        parts = [name, ".".join(str(part) for part in first["loc"])]
        complaint = first["msg"].removeprefix("Value error, ")
        raise ExchangeError(number, f"{': '.join([*filter(None, parts), complaint])}.") from error
    return record


def _loads(number: int, line: str) -> dict[str, Any]:
    try:
        document = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ExchangeError(number, f"not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise ExchangeError(number, "not a JSON object.")
    return document


def _holds_zero(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_zero(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_holds_zero(part) for part in value)
    return isinstance(value, str) and "\0" in value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _store(
    session: WriteSession,
    name: str,
    batch: list[tuple[int, Record]],
    refuse: Callable[[ExchangeError], None],
) -> int:
    records: list[Any] = [record for _, record in batch]
    try:
        with savepoint(session):
            if name == "measurement":
                return add_measurements(session, records)
            _SAVE[name](session, records)
            return 0
    except RecordRefused as error:
        if len(batch) == 1:
            refuse(ExchangeError(batch[0][0], f"this {name} {error.message}"))
            return 0
    return sum(_store(session, name, [numbered], refuse) for numbered in batch)  # one of them is the culprit


def _dumps(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
