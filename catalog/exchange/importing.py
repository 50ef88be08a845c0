"""Storing the records of an export: all, or none where a line is malformed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, Protocol

from catalog.entities.measurements import Measurement
from catalog.entities.networks import Architecture, CountedWorkload
from catalog.errors import ExchangeConflict, ExchangeError, RecordConflict, RecordRefused
from catalog.exchange.files import Line
from catalog.exchange.reading import read
from catalog.exchange.records import KINDS, Record, kind_of
from catalog.storage.database import Catalog, ReadSession, WriteSession, savepoint
from catalog.storage.facts.facts import (
    add_architectures,
    add_counted_workloads,
    add_targets,
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.facts.names import knows
from catalog.storage.measurements.adding import (
    add_measurements,
    arrive_by_date,
    stored_ids,
)
from catalog.storage.measurements.finding import newest_arrival
from catalog.words.vocabulary import Provenance

_BATCH = 500
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
    lines that were left out. `facts_left` has the kinds of facts that were read and not stored.
    `numbers_left` is how many measurements were read that nobody measured, and not stored. `targets` are the
    ids of those that the file has measurements of, where any of these was new."""

    records: Mapping[str, int]
    new_measurements: int
    faults: tuple[ExchangeError, ...] = ()
    facts_left: tuple[str, ...] = ()
    numbers_left: int = 0
    targets: tuple[str, ...] = ()


class Admission(Protocol):
    """Decides which measurements of an import may be stored, where not all of them may."""

    def admit(self, session: WriteSession, measurements: Sequence[Measurement]) -> None:
        """Called before they are stored.

        Raises:
            RecordRefused: one of them may not be stored.
        """

    def stored(self, session: WriteSession, measurements: Sequence[Measurement]) -> None:
        """Called when they are stored, in the same transaction."""


class _NothingNew(Exception):
    """An import that would store nothing. The catalog keeps its revision."""


@dataclass
class _Import:
    """An import under way. `facts_from` marks the facts that it stores: all of them where `facts` is true,
    else those that the measurements need and the catalog lacks. They wait in `architectures` and
    `workloads`."""

    session: WriteSession
    refuse: Callable[[ExchangeError], None]
    facts: bool
    facts_from: str
    admission: Admission | None
    architectures: dict[str, Architecture] = field(default_factory=dict)
    workloads: dict[str, CountedWorkload] = field(default_factory=dict)
    numbers_left: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)

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
                kind = ExchangeConflict if isinstance(error, RecordConflict) else ExchangeError
                self.refuse(kind(batch[0][0], f"this {name} {error.message}{self._lacking(records[0])}"))
                return 0
        return sum(self.store(name, [numbered]) for numbered in batch)  # one of them is the culprit

    def _lacking(self, refused: Record) -> str:
        """The architecture of a measurement that nobody described, and what to do about it, in words."""
        if not isinstance(refused, Measurement):
            return ""
        name = refused.workload.architecture
        if name in self.architectures or knows(ReadSession(self.session), name):
            return ""
        return (
            f" workload.architecture: neither the catalog nor the file has {name}. Put its record "
            "`architecture` before the measurement."
        )

    def _keep(self, records: list[Any]) -> None:
        for record in records:
            if isinstance(record, Architecture):
                self.architectures[record.name] = record
            elif isinstance(record, CountedWorkload):
                self.workloads[record.workload.id] = record

    def _add_measurements(self, read: list[Measurement]) -> int:
        if self.admission is not None:
            self.admission.admit(self.session, read)
        measurements = read if self.facts else self._measured(read)
        workloads = {one.workload.id: one.workload for one in measurements}
        names = {workload.architecture for workload in workloads.values()}
        new = [self.architectures[name] for name in names if name in self.architectures]
        add_architectures(self.session, new, imported_from=self.facts_from)
        counted = [self.workloads[id_] for id_ in workloads if id_ in self.workloads]
        add_counted_workloads(self.session, counted, imported_from=self.facts_from)
        targets = {one.target.id: one.target for one in measurements}
        add_targets(self.session, targets.values(), imported_from=self.facts_from)
        count = add_measurements(self.session, measurements, imported_from=self.facts_from)
        if self.admission is not None:
            self.admission.stored(self.session, measurements)
        if count:
            self.targets.update(targets)
        return count

    def _measured(self, read: list[Measurement]) -> list[Measurement]:
        """Those that somebody measured. What is said to be published is a fact, which only an import of facts
        takes over."""
        others = {one.id for one in read if one.provenance is not Provenance.MEASURED}
        self.numbers_left |= others - stored_ids(self.session, sorted(others))
        return [one for one in read if one.id not in others]


def import_lines(
    catalog: Catalog,
    lines: Iterable[Line],
    *,
    keep_going: bool = False,
    facts: bool = False,
    name: str = "an export",
    admission: Admission | None = None,
) -> ImportSummary:
    """Store the records of an export, which `name` names: all, or none when a line is malformed.

    Measurements are added in the order of the file, behind those that are there. With `facts`, the other
    records fill in what the catalog did not know, or replace what it knew. Without, they change nothing. Then
    those architectures, workloads and targets are added that a measurement needs and the catalog lacks.
    Numbers that are said to be published are facts, and so are estimated ones.

    With `keep_going`, lines that are malformed or refer to something unknown are left out and reported.
    `admission` decides which measurements may be stored. Without it, all may.

    Raises:
        ExchangeError: the header or a line is malformed, or refers to something that neither the file
            nor the catalog has. Names the line and the field. ExchangeConflict: `admission` refused a line,
            because of what the catalog has.
    """
    faults: list[ExchangeError] = []

    def refuse(error: ExchangeError) -> None:
        if not keep_going:
            raise error
        faults.append(error)

    reading = read(lines, refuse)
    counts = dict.fromkeys(KINDS, 0)
    new = 0
    with suppress(_NothingNew), catalog.write() as session:
        before = newest_arrival(session)
        under_way = _Import(session, refuse, facts, f"import of {name}", admission)
        for kind, group in groupby(reading.records, key=lambda numbered: kind_of(numbered[1])):
            while batch := list(islice(group, _BATCH)):
                refused = len(faults)
                new += under_way.store(kind, batch)
                counts[kind] += len(batch) - (len(faults) - refused)
        if new == 0 and not facts:
            raise _NothingNew
        if not reading.by_arrival:
            arrive_by_date(session, before)
    faults.sort(key=lambda fault: fault.line)
    left = () if facts else tuple(kind for kind in _SAVE if counts[kind])
    numbers_left, targets = len(under_way.numbers_left), tuple(sorted(under_way.targets))
    return ImportSummary(counts, new, tuple(faults), left, numbers_left, targets)
