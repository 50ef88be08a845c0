"""The journal: every visit to a process, a line each, as soon as it was made.

A kill loses the visit in flight. Everything in the report follows from the journal alone.
"""

import json
import lzma
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from catalog.entities.samples import ProcessSample
from tests.benchmarks.profiler.extent import Series


@dataclass(frozen=True)
class Taken:
    """One visit. It began `began_s` after the epoch and took `took_s`, from the parent's side. `opening_s` of
    these went into opening the process, if it was opened for this visit.

    `turn` counts the rounds of its phase, or the neighbours' turns. `beside` is the neighbour that worked
    meanwhile, "" for none. `sample` has one block. `failure` says why there is none.
    """

    series: Series
    phase: str
    turn: int
    began_s: float
    took_s: float
    opening_s: float = 0.0
    beside: str = ""
    sample: ProcessSample | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Header:
    """What may not change within a journal: the code and the versions that measured. `begun` and
    `surroundings` are what the report says of when, where and with what."""

    measured_by: str
    begun: str
    surroundings: str
    quick: bool


class UnusableJournal(Exception):
    """The journal is empty, or was written by other code, other versions or another extent."""


_TAKEN = TypeAdapter(Taken)
_HEADER = TypeAdapter(Header)


class Journal:
    """The journal at `path`. It may be read, and not continued, where it is compressed by xz."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.header: Header | None = None
        self.taken: list[Taken] = []
        self.ended: list[str] = []
        self._cut = False
        if path.exists():
            content = path.read_bytes()
            self._read(lzma.decompress(content) if path.suffix == ".xz" else content)

    def begin(self, header: Header) -> Header:
        """Continue the journal, or begin it. Returns the header that it began with.

        Raises:
            UnusableJournal: it was begun with another one.
        """
        if self.header is None:
            self._append({"header": asdict(header)})
            self.header = header
        if (self.header.measured_by, self.header.quick) != (header.measured_by, header.quick):
            raise UnusableJournal(
                f"{self._path} was begun by {self.header.measured_by}, this is {header.measured_by}; "
                "--fresh begins anew, --report-only reports what is there"
            )
        return self.header

    def add(self, taken: Taken) -> None:
        self._append({"taken": asdict(taken)})
        self.taken.append(taken)

    def end(self, phase: str) -> None:
        """Nothing more is taken in this phase."""
        self._append({"ended": phase})
        self.ended.append(phase)

    def known_header(self) -> Header:
        """The header that it began with.

        Raises:
            UnusableJournal: it is empty.
        """
        if self.header is None:
            raise UnusableJournal(f"{self._path} holds nothing yet")
        return self.header

    def of_phase(self, name: str) -> list[Taken]:
        return [one for one in self.taken if one.phase == name]

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
                elif "ended" in document:
                    self.ended.append(document["ended"])
                else:
                    self.taken.append(_TAKEN.validate_python(document["taken"]))
            except (ValueError, KeyError, ValidationError):
                continue  # the line that a kill cut short
