"""The child's end of a process that answers JSON requests: one line in, one line out."""

import contextlib
import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed, is_allocation_failure
from profiler.faults import HostFault, fault_of

_PR_SET_PDEATHSIG = 1
# Of an error's text. The end is kept, because it names the cause, and tracebacks of C++ are long.
DETAIL_CHARACTERS = 2000

Json = dict[str, Any]


def serve(handle: Callable[[Json], Json]) -> None:
    """Answer each request on standard input with `handle`, until standard input closes.

    Standard output has the answers alone. What libraries print goes to standard error.
    """
    _die_with_parent()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        answers.write(json.dumps(_answer(handle, json.loads(line))) + "\n")
        answers.flush()


def _answer(handle: Callable[[Json], Json], request: Json) -> Json:
    try:
        return handle(request)
    except CaseFailed as failure:
        return _failure(failure.reason, failure.detail)
    except Exception as error:  # noqa: BLE001 - a failure becomes a stored result, and a fault is shown
        return _answer_of(error)


def _answer_of(error: Exception) -> Json:
    """What an error says: that memory ran out, what is wrong with the host, or that the runtime failed."""
    detail = "".join(traceback.format_exception_only(error)).strip()
    if is_allocation_failure(detail) and not isinstance(error, ImportError | HostFault):
        return _failure(FailureReason.OUT_OF_MEMORY, detail)
    if fault := fault_of(error):
        return _fault(fault)
    return _failure(FailureReason.RUNTIME_ERROR, detail)


def _failure(reason: FailureReason, detail: str) -> Json:
    return {"failure": {"reason": reason, "detail": detail[-DETAIL_CHARACTERS:]}}


def _fault(fault: HostFault) -> Json:
    return {
        "fault": {"kind": fault.kind, "detail": fault.detail[-DETAIL_CHARACTERS:], "remedy": fault.remedy}
    }


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return  # standard input closes when the parent dies, which ends an idle child
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(os.environ["ARCHRANK_PARENT_PID"]):
        sys.exit(1)  # the parent died before the line above
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
