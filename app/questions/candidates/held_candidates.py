"""The candidate cache: the columns of the targets asked for last, kept until the catalog changes."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from app.ranking.budget.unmeasured import Bounded, bounded_candidates
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Target
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import ReadSession, last_change
from catalog.storage.estimates import find_basis
from catalog.storage.facts.facts import find_targets, published_targets
from catalog.words.vocabulary import Provenance

# How many candidates are held: those of thirty targets with every architecture, which take about 250 MB.
_MAX_CANDIDATES = 300_000
# What the columns of a target weigh beside their candidates, in candidates.
_OVERHEAD = 500
# For how many targets bounds are held, which take up to 10 MB each.
_MAX_BOUNDED = 16

_Key = tuple[str, frozenset[Provenance]]


class CandidateCache:
    """The columns of targets, by target and allowed provenances. Safe between threads.

    Columns are read again when the numbers of their target, or facts, have changed. The ones that were not
    asked for the longest are dropped first.
    """

    def __init__(self, after_read: Callable[[], None] = lambda: None) -> None:
        """`after_read` is called after each reading of columns, which are many objects that stay."""
        self._after_read = after_read
        self._held: OrderedDict[_Key, CandidateColumns] = OrderedDict()
        self._bounded: OrderedDict[str, tuple[object, tuple[Bounded, ...]]] = OrderedDict()
        self._lock = Lock()
        # Reading a target takes a tenth of a second. It lets only those wait who ask for the same.
        self._reading: dict[_Key, Lock] = {}

    def columns(
        self, session: ReadSession, target: str, evidence: Sequence[Provenance] = ()
    ) -> CandidateColumns:
        """`candidate_columns` as of the session's snapshot."""
        columns = self._read(session, target, frozenset())
        # Every provenance present is allowed, so the filter changes nothing.
        if not evidence or columns.provenances.issubset(evidence):
            return columns
        return self._read(session, target, frozenset(evidence))

    def bounded(self, session: ReadSession, target: Target) -> tuple[Bounded, ...]:
        """The candidates that `target` may have, bounded from published runs of targets of its class.

        A target that has estimates needs none. They are kept until a target of its class changes.
        """
        alike = [other.id for other in find_targets(session) if other.kind is target.kind]
        state = tuple((other, last_change(session, other)) for other in alike)
        with self._lock:
            held = self._bounded.get(target.id)
        if held is not None and held[0] == state:
            return held[1]
        bounded: tuple[Bounded, ...] = ()
        if find_basis(session, target.id) is None:
            others = published_targets(session, target.kind) - {target.id}
            published = {other: self.columns(session, other) for other in sorted(others)}
            bounded = bounded_candidates(self.columns(session, target.id), published)
        with self._lock:
            self._bounded[target.id] = state, bounded
            while len(self._bounded) > _MAX_BOUNDED:
                self._bounded.popitem(last=False)
        return bounded

    def _read(self, session: ReadSession, target: str, evidence: frozenset[Provenance]) -> CandidateColumns:
        changed, key = last_change(session, target), (target, evidence)
        columns = self._held_since(key, changed)
        if columns is not None:
            return columns
        with self._lock:
            reading = self._reading.setdefault(key, Lock())
        with reading:  # of several requests for a target, the first reads and the others wait
            columns = self._held_since(key, changed)
            if columns is None:
                columns = candidate_columns(session, target, tuple(evidence))
                self._after_read()
                self._hold(key, columns)
        return columns

    def _held_since(self, key: _Key, changed: int) -> CandidateColumns | None:
        """The columns that are held, if they are of this change."""
        with self._lock:
            columns = self._held.get(key)
            if columns is None or columns.changed != changed:
                return None
            self._held.move_to_end(key)
            return columns

    def _hold(self, key: _Key, columns: CandidateColumns) -> None:
        with self._lock:
            # An older snapshot does not replace the columns of a newer one.
            if key not in self._held or self._held[key].changed < columns.changed:
                self._held[key] = columns
            self._held.move_to_end(key)
            while len(self._held) > 1 and sum(map(_weight, self._held.values())) > _MAX_CANDIDATES:
                dropped, _ = self._held.popitem(last=False)
                self._reading.pop(dropped, None)


def _weight(columns: CandidateColumns) -> int:
    return len(columns) + _OVERHEAD
