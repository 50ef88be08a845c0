"""Failures that older versions stored, and that were faults of the host.

Until schema 0008 a full disk could become a failure of the network that was written to it. Such a failure
says nothing of the network. It is withdrawn, so that no answer uses it and the next campaign tries again.
"""

import re
from datetime import datetime

from catalog.entities.measurements import Withdrawal
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Provenance

WITHDRAWN_BECAUSE = "An older version stored a fault of this host as a failure of the network."
# What the system says of itself, in the detail of such a failure. Today's list is in `profiler.faults`.
_PHRASES = re.compile(
    "|".join(
        (
            "no space left on device",
            "disk quota exceeded",
            "file too large",
            "no usable temporary directory",
            "permission denied",
            "operation not permitted",
            "read-only file system",
            "too many open files",
            "can't start new thread",
            "pthread_create failed",
            "resource temporarily unavailable",
            "failed to map segment from shared object",
            "input/output error",
            "stale file handle",
            "cannot open shared object file",
            "undefined symbol",
            "version `glib",
            "no such file or directory",
            "no module named",
            "importerror",
            "invalidcxxcompiler",
            "no working c\\+\\+ compiler",
            r"system error number \d+",
        )
    ),
    re.IGNORECASE,
)
# A process that died so was ended from outside, or by the disk that it read.
_SIGNALS = ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGXCPU", "SIGBUS", "SIGXFSZ")
_LACKING = (FailureReason.OUT_OF_MEMORY, FailureReason.TIMED_OUT)


def was_host_fault(provenance: str, reason: str, detail: str | None, *, has_artefact: bool) -> bool:
    """Whether a failure that an older version stored was a fault of the host.

    Without an artefact, the memory or the time that lacked was that of making it.
    """
    if provenance != Provenance.MEASURED:
        return False
    if reason in _LACKING:
        return not has_artefact
    if reason == FailureReason.CRASHED and (detail or "").startswith(_SIGNALS):
        return True
    return _PHRASES.search(detail or "") is not None


def withdrawal(at: datetime) -> Withdrawal:
    """The mark of such a failure."""
    return Withdrawal(WITHDRAWN_BECAUSE, at)
