"""The candidates of the targets asked for last, kept until the catalog changes."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from catalog.columns import CandidateColumns, candidate_columns
from catalog.database import ReadSession, revision
from catalog.vocabulary import Provenance

# A target with every architecture takes about 10 MB.
_TARGETS = 8

_Key = tuple[str, frozenset[Provenance]]


class Candidates:
    """Reads the columns of a target at most once for each revision of the catalog; safe between threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[_Key, tuple[int, CandidateColumns]] = OrderedDict()
        self._lock = Lock()

    def columns(
        self, session: ReadSession, target: str, evidence: Sequence[Provenance] = ()
    ) -> CandidateColumns:
        """`candidate_columns` as of the session's snapshot."""
        at, key = revision(session), (target, frozenset(evidence))
        with self._lock:  # who waits finds what the first has read
            found = self._held.get(key)
            if found is None or found[0] != at:
                found = (at, candidate_columns(session, target, evidence))
                if key not in self._held or self._held[key][0] < at:  # a slow reader brings no old state back
                    self._held[key] = found
            self._held.move_to_end(key)
            while len(self._held) > _TARGETS:
                self._held.popitem(last=False)
        return found[1]
