"""The catalog as JSON Lines: a header, then one self-contained record a line, then an end mark.

A measurement's record holds its workload, configuration, target, environment, artefact and outcome with all
raw samples, so a profile made on one machine can be imported by any other catalog. Measurements are ordered
by their arrival, other records by kind and key. The same catalog always gives the same bytes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from pydantic import TypeAdapter, ValidationError

from catalog.border.checking import fault_of
from catalog.border.recomputing import contradiction
from catalog.entities.configurations import Target
from catalog.entities.measurements import Failure, Measurement, Outcome, Success
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.errors import ExchangeError, RecordRefused
from catalog.exchange_files import Line, Unreadable
from catalog.older_exports import Document, in_this_form
from catalog.storage.adding_measurements import (
    add_measurements,
    arrive_by_date,
    last_arrival,
    with_clean_detail,
)
from catalog.storage.database import Catalog, ReadSession, WriteSession, savepoint
from catalog.storage.everything import everything
from catalog.storage.facts import (
    add_architectures,
    add_counted_workloads,
    add_targets,
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.words.texts import has_half_character

FORMAT = "archrank-catalog"
VERSION = 6
_READABLE = (1, 2, 3, 4, 5, VERSION)
# Since this version an export ends in an end mark, and its measurements are ordered by their arrival.
_WITH_END_MARK = 6
_TAG = "record"
_END = "end"
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
# By the status that an outcome's document begins with. Without it a fault would be reported of both classes.
_OUTCOMES: Mapping[str, TypeAdapter[Any]] = {
    outcome.status: TypeAdapter(outcome) for outcome in (Success, Failure)
}

# What stores a kind of facts.
_SAVE: Mapping[str, Callable[..., None]] = {
    "architecture": save_architectures,
    "checkpoint": save_checkpoints,
    "accuracy": save_accuracies,
    "target": save_targets,
    "workload": save_workloads,
}


@dataclass(frozen=True)
class ImportSummary:
    """How many records of each kind were read, how many measurements were new, and what was wrong with the
    lines that were left out. `facts_left` has the kinds of facts that were read and not stored."""

    records: Mapping[str, int]
    new_measurements: int
    faults: tuple[ExchangeError, ...] = ()
    facts_left: tuple[str, ...] = ()


@dataclass
class _Import:
    """An import under way. `facts_from` marks the facts that it stores: all of them where `facts` is true,
    else those that the measurements need and the catalog lacks. They wait in `architectures` and
    `workloads`."""

    session: WriteSession
    refuse: Callable[[ExchangeError], None]
    facts: bool
    facts_from: str
    architectures: dict[str, Architecture] = field(default_factory=dict)
    workloads: dict[str, CountedWorkload] = field(default_factory=dict)

    def store(self, name: str, batch: list[tuple[int, Record]]) -> int:
        """Store records of one kind. Returns how many measurements were new."""
        records: list[Any] = [record for _, record in batch]
        if name != "measurement" and not self.facts:
            self._keep(records)
            return 0
        try:
            with savepoint(self.session):
                if name == "measurement":
                    return self._add_measurements(records)
                _SAVE[name](self.session, records, imported_from=self.facts_from)
                return 0
        except RecordRefused as error:
            if len(batch) == 1:
                self.refuse(ExchangeError(batch[0][0], f"this {name} {error.message}"))
                return 0
        return sum(self.store(name, [numbered]) for numbered in batch)  # one of them is the culprit

    def _keep(self, records: list[Any]) -> None:
        for record in records:
            if isinstance(record, Architecture):
                self.architectures[record.name] = record
            elif isinstance(record, CountedWorkload):
                self.workloads[record.workload.id] = record

    def _add_measurements(self, measurements: list[Measurement]) -> int:
        workloads = {one.workload.id: one.workload for one in measurements}
        names = {workload.architecture for workload in workloads.values()}
        new = [self.architectures[name] for name in names if name in self.architectures]
        add_architectures(self.session, new, imported_from=self.facts_from)
        counted = [self.workloads[id_] for id_ in workloads if id_ in self.workloads]
        add_counted_workloads(self.session, counted, imported_from=self.facts_from)
        targets = {one.target.id: one.target for one in measurements}
        add_targets(self.session, targets.values(), imported_from=self.facts_from)
        return add_measurements(self.session, measurements)


def export_lines(session: ReadSession) -> Iterator[str]:
    """The catalog, a line (without its newline) at a time."""
    yield _dumps({"format": FORMAT, "version": VERSION})
    count = 0
    for record in everything(session):
        count += 1
        name = _NAMES[type(record)]
        document = _ADAPTERS[name].dump_python(record, mode="json")
        if isinstance(record, Measurement):
            document["outcome"] = {"status": record.status, **document["outcome"]}
        yield _dumps({_TAG: name, **document})
    yield _dumps({_TAG: _END, "records": count})


def import_lines(
    catalog: Catalog,
    lines: Iterable[Line],
    *,
    keep_going: bool = False,
    facts: bool = False,
    name: str = "an export",
) -> ImportSummary:
    """Store the records of an export, which `name` names: all, or none when a line is malformed.

    Measurements are added in the order of the file, behind those that are there. With `facts`, the other
    records fill in what the catalog did not know, or replace what it knew. Without, they change nothing. Then
    those architectures, workloads and targets are added that a measurement needs and the catalog lacks.

    With `keep_going`, lines that are malformed or refer to something unknown are left out and reported.

    Raises:
        ExchangeError: the header or a line is malformed, or refers to something that neither the file
            nor the catalog has. Names the line and the field.
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
        before = last_arrival(session)
        under_way = _Import(session, refuse, facts, f"import of {name}")
        records = _records(numbered, version, refuse)
        for kind, group in groupby(records, key=lambda numbered: _NAMES[type(numbered[1])]):
            while batch := list(islice(group, _BATCH)):
                refused = len(faults)
                new += under_way.store(kind, batch)
                counts[kind] += len(batch) - (len(faults) - refused)
        if version < _WITH_END_MARK:
            arrive_by_date(session, before)
    faults.sort(key=lambda fault: fault.line)
    left = () if facts else tuple(kind for kind in _SAVE if counts[kind])
    return ImportSummary(counts, new, tuple(faults), left)


def _read_header(number: int, line: Line) -> int:
    header = _loads(
        number, line.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}") if isinstance(line, str) else line
    )
    if header.get("format") != FORMAT:
        raise ExchangeError(number, f'not an archrank export, because the header lacks "format": "{FORMAT}".')
    version = header.get("version")
    if not isinstance(version, int) or version not in _READABLE:
        readable = ", ".join(map(str, _READABLE))
        raise ExchangeError(number, f"version {version!r} is unknown. This archrank reads {readable}.")
    return version


def _records(
    numbered: Iterable[tuple[int, Line]], version: int, refuse: Callable[[ExchangeError], None]
) -> Iterator[tuple[int, Record]]:
    """The records until the end mark. Empty lines behind the last record are nothing."""
    number, count, empty = 1, 0, None
    has_ended = version < _WITH_END_MARK
    for number, line in numbered:
        if isinstance(line, str) and not line.strip():
            empty = empty or number
            continue
        if empty is not None:
            refuse(ExchangeError(empty, "not JSON: the line is empty."))
            empty = None
        try:
            count += 1
            document = _loads(number, line)
            if version >= _WITH_END_MARK and document.get(_TAG) == _END:
                count -= 1
                _check_end(number, document, count, has_ended=has_ended)
                has_ended = True
                continue
            if version >= _WITH_END_MARK and has_ended:
                refuse(ExchangeError(number, "it follows the end mark."))
                continue
            record = _record(number, line, document, version)
        except ExchangeError as error:
            refuse(error)
        else:
            yield number, record
    if not has_ended:
        refuse(ExchangeError(number + 1, "the end mark is missing, so the file is a part of an export."))


def _check_end(number: int, document: Document, count: int, *, has_ended: bool) -> None:
    if has_ended:
        raise ExchangeError(number, "a second end mark.")
    written = document.get("records")
    if written != count:
        raise ExchangeError(
            number,
            f"the end mark counts {written!r} records, and there are {count}. The file is a part of an "
            "export.",
        )


def _record(number: int, line: Line, document: dict[str, Any], version: int) -> Record:
    name = document.pop(_TAG, None)
    if not isinstance(name, str) or name not in _ADAPTERS:
        raise ExchangeError(number, f"unknown kind {name!r}. Known kinds: {', '.join(_KINDS)}.")
    if isinstance(line, str) and "\\u" in line:
        _refuse_unstorable(number, name, document)
    try:
        record = _read(name, in_this_form(name, document, version))
    except _Malformed as error:
        raise ExchangeError(number, f"{name}: {error}") from error
    if isinstance(record, Measurement):
        record = with_clean_detail(record)
    fault = fault_of(record)
    if fault is None and isinstance(record, Measurement):
        fault = contradiction(record)
    if fault is not None:
        raise ExchangeError(number, f"{name}: {fault}")
    return record


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


def _loads(number: int, line: Line) -> dict[str, Any]:
    if isinstance(line, Unreadable):
        raise ExchangeError(number, line.complaint)
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
        if has_half_character(content):
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


def _dumps(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
