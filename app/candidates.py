"""The candidates of the targets asked for last, kept until the catalog changes."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypeVar

import numpy as np

from app.names import find_target
from catalog import repository
from catalog.columns import CandidateColumns, candidate_columns
from catalog.database import ReadSession, revision
from catalog.entities import Target
from catalog.vocabulary import Provenance

# A target with every architecture takes about 10 MB.
_TARGETS = 8

Found = TypeVar("Found")
_Key = tuple[str, frozenset[Provenance]]


class Candidates:
    """Reads a target and its columns at most once for each revision of the catalog; safe between threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[_Key, CandidateColumns] = OrderedDict()
        self._targets: dict[str, tuple[int, Target]] = {}
        self._provenances: dict[str, tuple[int, frozenset[Provenance]]] = {}
        self._lock = Lock()

    def target(self, session: ReadSession, name: str) -> Target:
        """`find_target` as of the session's snapshot."""
        return _remembered(self._targets, session, name, find_target)

    def columns(
        self, session: ReadSession, target: str, evidence: Sequence[Provenance] = ()
    ) -> CandidateColumns:
        """`candidate_columns` as of the session's snapshot."""
        known = _remembered(self._provenances, session, target, repository.provenances)
        allowed = known.intersection(evidence) if evidence else known
        if not allowed:
            return self._read(session, target, frozenset()).take(np.array([], dtype=np.int64))
        return self._read(session, target, frozenset() if allowed == known else allowed)

    def _read(self, session: ReadSession, target: str, evidence: frozenset[Provenance]) -> CandidateColumns:
        at, key = revision(session), (target, evidence)
        with self._lock:  # who waits finds what the first has read
            found = self._held.get(key)
            if found is None or found.revision != at:
                found = candidate_columns(session, target, tuple(evidence))
                if key not in self._held or self._held[key].revision < at:  # no slow reader's old state
                    self._held[key] = found
            self._held.move_to_end(key)
            while len(self._held) > _TARGETS:
                self._held.popitem(last=False)
        return found


def _remembered(
    memory: dict[str, tuple[int, Found]],
    session: ReadSession,
    name: str,
    find: Callable[[ReadSession, str], Found],
) -> Found:
    """What was found of `name` at the session's revision; `find` is asked where that is not known."""
    at, found = revision(session), memory.get(name)
    if found is None or found[0] != at:
        found = memory[name] = (at, find(session, name))
    return found[1]
