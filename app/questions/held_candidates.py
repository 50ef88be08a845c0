"""The candidates of the targets asked for last, kept until the catalog changes."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from catalog.candidates import CandidateColumns
from catalog.storage.candidate_rows import candidate_columns
from catalog.storage.database import ReadSession, revision
from catalog.words.vocabulary import Provenance

# Candidates held: those of thirty targets with every architecture, which take about 250 MB. Columns without
# any weigh something too.
_MOST = 300_000
_OVERHEAD = 500

_Key = tuple[str, frozenset[Provenance]]


class CandidateCache:
    """Reads the columns of a target at most once for each revision of the catalog; safe between threads."""

    def __init__(self, after_read: Callable[[], None] = lambda: None) -> None:
        """`after_read` is called whenever columns, which are many objects that stay, were read."""
        self._after_read = after_read
        self._held: OrderedDict[_Key, CandidateColumns] = OrderedDict()
        self._lock = Lock()

    def columns(
        self, session: ReadSession, target: str, evidence: Sequence[Provenance] = ()
    ) -> CandidateColumns:
        """`candidate_columns` as of the session's snapshot."""
        everything = self._read(session, target, frozenset())
        # Every provenance present is allowed, so the filter changes nothing.
        if not evidence or everything.provenances.issubset(evidence):
            return everything
        return self._read(session, target, frozenset(evidence))

    def _read(self, session: ReadSession, target: str, evidence: frozenset[Provenance]) -> CandidateColumns:
        at, key = revision(session), (target, evidence)
        with self._lock:  # who waits gets what the first has read
            columns = self._held.get(key)
            if columns is None or columns.revision != at:
                columns = candidate_columns(session, target, tuple(evidence))
                self._after_read()
                if key not in self._held or self._held[key].revision < at:  # no slow reader's old state
                    self._held[key] = columns
            self._held.move_to_end(key)
            while len(self._held) > 1 and sum(map(_weight, self._held.values())) > _MOST:
                self._held.popitem(last=False)
        return columns


def _weight(columns: CandidateColumns) -> int:
    return len(columns) + _OVERHEAD
