"""Child processes that answer JSON requests: one a line in, one a line out.

What happens in a child stays a result: an error, a crash, a kill or a time-out comes back as `CaseFailed`.
A child dies with its parent, is the first to go when memory runs out, and never sees the terminal's Ctrl-C.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from catalog.vocabulary import FailureReason
from profiler.errors import CaseFailed

_PR_SET_PDEATHSIG = 1
_DETAIL_CHARACTERS = 2000
_ALLOCATION_FAILURES = (
    "can't allocate memory",
    "cannot allocate memory",
    "bad_alloc",
    "bad allocation",
    "not enough memory",
    "out of memory",
    "failed to allocate",
    "alloc_failed",  # CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_ALLOC_FAILED
    "allocation_failed",  # CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED
)

Json = dict[str, Any]


class Child:
    """The parent's end: starts `python -m MODULE`, which calls `serve`."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._oom_kills = _oom_kills()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, **(environment or {}), "ARCHRANK_PARENT_PID": str(os.getpid())},
            start_new_session=True,
        )

    def ask(self, request: Json, timeout_s: float) -> Json:
        """The child's answer to `request`; blocks without polling.

        Raises:
            CaseFailed: the child reported a failure, died, or did not answer within `timeout_s`.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ValueError("the child has no pipes")
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        ready, _, _ = select.select([stdout], [], [], timeout_s)
        if not ready:
            self.close()
            raise CaseFailed(FailureReason.TIMED_OUT, f"The process gave no answer within {timeout_s:g} s.")
        line = stdout.readline()
        if not line.endswith(b"\n"):
            raise self._death()
        answer: Json = json.loads(line)
        if "failure" in answer:
            failure = answer["failure"]
            raise CaseFailed(FailureReason(failure["reason"]), failure["detail"])
        return answer

    def close(self) -> None:
        """Kill the child and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._stderr.close()

    def _death(self) -> CaseFailed:
        code = self._process.wait()
        self._stderr.seek(0)
        complaint = self._stderr.read().decode(errors="replace").strip()[-_DETAIL_CHARACTERS:]
        if code == -signal.SIGKILL and _oom_kills() > self._oom_kills:
            return CaseFailed(
                FailureReason.OUT_OF_MEMORY, "The kernel killed the process because memory ran out."
            )
        if is_allocation_failure(complaint):
            return CaseFailed(FailureReason.OUT_OF_MEMORY, complaint)
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return CaseFailed(FailureReason.CRASHED, f"{how}\n{complaint}".strip())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(handle: Callable[[Json], Json]) -> None:
    """The child's end: answer each request on standard input with `handle`, until it closes.

    Standard output is kept for the answers; what libraries print goes to standard error.
    """
    _die_with_parent()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        answers.write(json.dumps(_answer(handle, json.loads(line))) + "\n")
        answers.flush()


def is_allocation_failure(detail: str) -> bool:
    """Whether the words of an error are those of an allocator that got no memory."""
    return any(words in detail.lower() for words in _ALLOCATION_FAILURES)


def _answer(handle: Callable[[Json], Json], request: Json) -> Json:
    try:
        return handle(request)
    except CaseFailed as failure:
        return _failure(failure.reason, failure.detail)
    except MemoryError as error:
        return _failure(FailureReason.OUT_OF_MEMORY, str(error) or "MemoryError")
    except Exception as error:  # noqa: BLE001 - the boundary: every failure becomes a stored result
        detail = "".join(traceback.format_exception_only(error)).strip()
        reason = FailureReason.OUT_OF_MEMORY if is_allocation_failure(detail) else FailureReason.RUNTIME_ERROR
        return _failure(reason, detail)


def _failure(reason: FailureReason, detail: str) -> Json:
    return {"failure": {"reason": reason, "detail": detail[-_DETAIL_CHARACTERS:]}}


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(os.environ["ARCHRANK_PARENT_PID"]):
        sys.exit(1)  # the parent died before the line above
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since it started."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
