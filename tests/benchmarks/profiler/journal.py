"""The journal: every process that was measured, a line each, as soon as it ended.

A kill loses the process in flight. Everything in the report follows from the journal alone.
"""

import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import TypeAdapter, ValidationError

from catalog.entities.samples import ProcessSample
from catalog.words.vocabulary import RuntimeName
from profiler.protocol.canary import QuietLevel
from profiler.protocol.doubts import disturbances


@dataclass(frozen=True)
class Series:
    """What is measured again and again: a case, and what is done to it.

    `variant` names what differs from the profiler's own worker (see variants.py), `neighbour` who works
    beside it (neighbours.py) for the share `duty` of the time, `plan` one of taking.PLANS. Every `run`
    processes follow one another at once, as one run.
    """

    architecture: str
    runtime: RuntimeName
    variant: str = ""
    neighbour: str = ""
    duty: float = 0.0
    plan: str = "standard"
    run: int = 1

    @property
    def case(self) -> str:
        return f"{self.architecture}, {self.runtime}"

    def __str__(self) -> str:
        beside = f", {self.neighbour} {self.duty:.0%}" if self.neighbour else ""
        return f"{self.case}{', ' if self.variant else ''}{self.variant}{beside}"


@dataclass(frozen=True)
class Taken:
    """One process of a series: it began `began_s` after the epoch and took `took_s`, from the parent's side.
    `failure` says why there is no sample."""

    series: Series
    index: int
    began_s: float
    took_s: float
    sample: ProcessSample | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Export:
    """How long a network took to become an artefact, in seconds; torch's import is part of it."""

    architecture: str
    seconds: float


@dataclass(frozen=True)
class Header:
    """What may not change within a journal: the code and the versions that measured. `surroundings` is the
    sentence of the report that says when, where and with what."""

    measured_by: str
    surroundings: str
    quick: bool


class OtherJournal(Exception):
    """The journal was written by other code, other versions or another extent."""


_TAKEN = TypeAdapter(Taken)
_EXPORT = TypeAdapter(Export)
_HEADER = TypeAdapter(Header)


class Journal:
    """The journal at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.header: Header | None = None
        self.taken: list[Taken] = []
        self.exports: list[Export] = []
        self._cut = False
        if path.exists():
            self._read(path.read_bytes())

    def begin(self, header: Header) -> Header:
        """Go on with the journal, or begin it; returns the header that it began with.

        Raises:
            OtherJournal: it was begun with another one.
        """
        if self.header is None:
            self._append({"header": asdict(header)})
            self.header = header
        if (self.header.measured_by, self.header.quick) != (header.measured_by, header.quick):
            raise OtherJournal(
                f"{self._path} was begun by {self.header.measured_by}, this is {header.measured_by}; "
                "--fresh begins anew, --report-only reports what is there"
            )
        return self.header

    def add(self, taken: Taken) -> None:
        self._append({"taken": asdict(taken)})
        self.taken.append(taken)

    def add_export(self, export: Export) -> None:
        self._append({"export": asdict(export)})
        self.exports.append(export)

    def done(self) -> frozenset[tuple[Series, int]]:
        """What need not be taken again; failures are results too."""
        return frozenset((one.series, one.index) for one in self.taken)

    def _append(self, document: Mapping[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            # What follows must not be lost with the line that a kill cut short.
            file.write((b"\n" if self._cut else b"") + json.dumps(document).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._cut = False

    def _read(self, content: bytes) -> None:
        self._cut = content[-1:] not in (b"", b"\n")
        for line in content.splitlines():
            try:
                document = json.loads(line)
                if "header" in document:
                    self.header = _HEADER.validate_python(document["header"])
                elif "export" in document:
                    self.exports.append(_EXPORT.validate_python(document["export"]))
                else:
                    self.taken.append(_TAKEN.validate_python(document["taken"]))
            except (ValueError, KeyError, ValidationError):
                continue  # the line that a kill cut short


class Data:
    """The samples of each series in the order in which they were taken, each beside the quiet level of the
    machine as a campaign would have known it by then."""

    def __init__(self, taken: Sequence[Taken], exports: Sequence[Export] = ()) -> None:
        self._of: dict[Series, list[Taken]] = defaultdict(list)
        quiet = QuietLevel()
        for one in sorted(taken, key=lambda one: one.began_s):
            self._of[one.series].append(_judged(one, quiet))
        self.failures = [one for one in taken if one.failure is not None]
        self.processes = len(taken)
        self.seconds = sum(one.took_s for one in taken)
        self.exports = {one.architecture: one.seconds for one in exports}

    def taken(self, series: Series) -> list[Taken]:
        """The processes that ended with a sample."""
        return [one for one in self._of.get(series, []) if one.sample is not None]

    def samples(self, series: Series) -> list[ProcessSample]:
        return [one.sample for one in self._of.get(series, []) if one.sample is not None]

    def clean(self, series: Series) -> list[ProcessSample]:
        """Those that nothing disturbed: a campaign sets the others aside."""
        return [one for one in self.samples(series) if not disturbances(one)]

    def runs(self, series: Series) -> list[list[ProcessSample]]:
        """The samples of each whole run."""
        runs: dict[int, list[ProcessSample]] = defaultdict(list)
        for one in self.taken(series):
            if one.sample is not None:
                runs[one.index // series.run].append(one.sample)
        return [run for run in runs.values() if len(run) == series.run]


def _judged(one: Taken, quiet: QuietLevel) -> Taken:
    if one.sample is None or one.sample.canary is None:
        return one
    quiet.learn(one.sample)
    return replace(one, sample=replace(one.sample, canary=quiet.beside(one.sample.canary)))


def medians_ms(samples: Sequence[ProcessSample]) -> list[float]:
    """The median time of a call, one a process, in ms."""
    return [median(sample.wall_ns) / 1e6 for sample in samples]
