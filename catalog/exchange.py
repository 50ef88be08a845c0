"""The catalog as JSON Lines: a header, then one self-contained record a line.

A measurement's record holds its workload, configuration, target, environment, artefact and outcome with all
raw samples, so a profile made on one machine can be imported by any other catalog. Records are ordered by
kind and key. The same catalog always gives the same bytes.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from pydantic import TypeAdapter, ValidationError

from catalog.entities.configurations import Target
from catalog.entities.measurements import Failure, Measurement, Outcome, Success
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.errors import ExchangeError, RecordRefused
from catalog.older_exports import Document, in_this_form
from catalog.storage.adding_measurements import add_measurements
from catalog.storage.database import Catalog, ReadSession, WriteSession, savepoint
from catalog.storage.everything import everything
from catalog.storage.facts import (
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)

FORMAT = "archrank-catalog"
VERSION = 5
_READABLE = (1, 2, 3, 4, VERSION)
_TAG = "record"
_BATCH = 500
# What a JSON escape may write alone: one of the two halves that UTF-16 makes of some characters.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

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
# By the status that an outcome's document begins with. Without it a fault would be reported of both classes.
_OUTCOMES: Mapping[str, TypeAdapter[Any]] = {
    outcome.status: TypeAdapter(outcome) for outcome in (Success, Failure)
}

_SAVE: Mapping[str, Callable[[WriteSession, Any], None]] = {
    "architecture": save_architectures,
    "checkpoint": save_checkpoints,
    "accuracy": save_accuracies,
    "target": save_targets,
    "workload": save_workloads,
}


@dataclass(frozen=True)
class ImportSummary:
    """How many records of each kind were read, how many measurements were new, and what was wrong with the
    lines that were left out."""

    records: Mapping[str, int]
    new_measurements: int
    faults: tuple[ExchangeError, ...] = ()


def export_lines(session: ReadSession) -> Iterator[str]:
    """The catalog, a line (without its newline) at a time."""
    yield _dumps({"format": FORMAT, "version": VERSION})
    for record in everything(session):
        name = _NAMES[type(record)]
        document = _ADAPTERS[name].dump_python(record, mode="json")
        if isinstance(record, Measurement):
            document["outcome"] = {"status": record.status, **document["outcome"]}
        yield _dumps({_TAG: name, **document})


def import_lines(catalog: Catalog, lines: Iterable[str], *, keep_going: bool = False) -> ImportSummary:
    """Store the records of an export: all, or none when a line is malformed.

    Facts fill in what the catalog did not know, or replace what it knew. Measurements are added. With
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
    header = _loads(number, line)
    if header.get("format") != FORMAT:
        raise ExchangeError(number, f'not an archrank export, because the header lacks "format": "{FORMAT}".')
    version = header.get("version")
    if not isinstance(version, int) or version not in _READABLE:
        readable = ", ".join(map(str, _READABLE))
        raise ExchangeError(number, f"version {version!r} is unknown. This archrank reads {readable}.")
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
    if "\\u" in line:
        _refuse_unstorable(number, name, document)
    try:
        return _read(name, in_this_form(name, document, version))
    except _Malformed as error:
        raise ExchangeError(number, f"{name}: {error}") from error


class _Malformed(Exception):
    """A field of a record that is not what it must be."""


def _read(name: str, document: Document) -> Record:
    if name == "measurement" and "outcome" in document:
        document = {**document, "outcome": _outcome(document["outcome"])}
    record: Record = _validated(_ADAPTERS[name], document)
    return record


def _outcome(document: object) -> Outcome:
    if not isinstance(document, dict):
        raise _Malformed("outcome: not a JSON object.")
    status = document.get("status")
    if not isinstance(status, str) or status not in _OUTCOMES:
        raise _Malformed(
            f"outcome.status: unknown status {status!r}. Known statuses: {', '.join(_OUTCOMES)}."
        )
    fields = {name: value for name, value in document.items() if name != "status"}
    outcome: Outcome = _validated(_OUTCOMES[status], fields, "outcome")
    return outcome


def _validated(adapter: TypeAdapter[Any], document: Document, *parents: str) -> Any:
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in (*parents, *first["loc"]))
        complaint = first["msg"].removeprefix("Value error, ")
        raise _Malformed(f"{': '.join([*filter(None, [path]), complaint])}.") from error


def _loads(number: int, line: str) -> dict[str, Any]:
    try:
        document = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ExchangeError(number, f"not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise ExchangeError(number, "not a JSON object.")
    return document


def _refuse_unstorable(number: int, name: str, document: dict[str, Any]) -> None:
    for content in _texts(document):
        if "\0" in content:
            raise ExchangeError(
                number, f"{name}: a text contains a zero byte, which PostgreSQL cannot store."
            )
        if _HALF_CHARACTER.search(content):
            raise ExchangeError(number, f"{name}: a text contains half a character.")


def _texts(value: Any) -> Iterator[str]:
    """All texts within a JSON document, the names of its fields included."""
    if isinstance(value, dict):
        for pair in value.items():
            yield from _texts(list(pair))
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


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
