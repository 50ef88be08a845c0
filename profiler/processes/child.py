"""The parent's end of a child process that answers JSON requests: one line in, one line out.

An error, a crash or a time-out in a child is raised as `CaseFailed`, and what the host has to do with as
`HostFault`. A child dies with its parent, is the first that the kernel kills when memory runs out, and does
not get the terminal's Ctrl-C. It starts in a neutral folder and in an environment that `isolation` makes.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Self

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed, is_allocation_failure
from profiler.faults import FaultKind, HostFault, fault_in, naming_faults
from profiler.processes.isolation import NEUTRAL_FOLDER, isolated
from profiler.processes.serving import DETAIL_CHARACTERS, Json

_SIGKILL = 9  # Windows has no name for it
# Signals that no program sends to itself, by their names: somebody, a limit or the kernel ends a process.
_FROM_OUTSIDE = {"SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGXCPU"}
# A file that was mapped into memory has shrunk, or its disk cannot be read or is full.
_OF_STORAGE = {"SIGBUS", "SIGXFSZ"}


class Child:
    """A child process, started as `python -m MODULE`. The module calls `serving.serve`.

    Paths in requests are absolute, because the child's working folder is not the parent's.

    Raises:
        HostFault: the host lets no process start.
    """

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._oom_kills = _oom_kills()
        # Windows cannot wait for a pipe with a limit of time. A thread that blocks costs nothing.
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        with naming_faults():
            self._stderr = _unnamed_file()
        try:
            with naming_faults():
                self._process = subprocess.Popen(
                    [sys.executable, "-m", module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._stderr,
                    env=isolated({**(environment or {}), "ARCHRANK_PARENT_PID": str(os.getpid())}),
                    cwd=NEUTRAL_FOLDER,
                    start_new_session=True,
                )
        except BaseException:
            self._stderr.close()
            raise
        try:
            with naming_faults():
                threading.Thread(target=self._read, daemon=True).start()
        except BaseException:
            self.close()
            raise

    def _read(self) -> None:
        """Hand over each line of the child's answers, and at their end an empty one."""
        if self._process.stdout is not None:
            with contextlib.suppress(ValueError, OSError):  # it was closed
                for line in self._process.stdout:
                    self._lines.put(line)
        self._lines.put(b"")

    def ask(self, request: Json, timeout_s: float) -> Json:
        """The child's answer to `request`.

        Raises:
            CaseFailed: the child reported a failure, died, or did not answer within `timeout_s`.
            HostFault: the child reported a fault of the host, or died of one.
        """
        self.send(request)
        return self.answer(timeout_s)

    def send(self, request: Json) -> None:
        """Hand over a request, whose `answer` is waited for later."""
        stdin = self._process.stdin
        if stdin is None:
            raise ValueError("the child has no pipes")
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()

    def answer(self, timeout_s: float) -> Json:
        """The answer to the request that was sent. Waits without polling.

        Raises:
            CaseFailed: the child reported a failure, died, or did not answer within `timeout_s`.
            HostFault: the child reported a fault of the host, or died of one.
        """
        try:
            line = self._lines.get(timeout=timeout_s)
        except Empty:
            self.close()
            raise CaseFailed(
                FailureReason.TIMED_OUT, f"The process gave no answer within {timeout_s:g} s."
            ) from None
        if not line.endswith(b"\n"):
            self._lines.put(b"")  # whoever asks again is told so too
            raise self._death()
        answer: Json = json.loads(line)
        if "failure" in answer:
            failure = answer["failure"]
            raise CaseFailed(FailureReason(failure["reason"]), failure["detail"])
        if "fault" in answer:
            fault = answer["fault"]
            raise HostFault(FaultKind(fault["kind"]), fault["detail"], fault["remedy"])
        return answer

    def close(self) -> None:
        """Kill the child and all that it started."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._stderr.close()

    def _death(self) -> CaseFailed | HostFault:
        code = self._process.wait()
        self._stderr.seek(0)
        complaint = self._stderr.read().decode(errors="replace").strip()[-DETAIL_CHARACTERS:]
        if code == -_SIGKILL and _oom_kills() > self._oom_kills:
            return CaseFailed(
                FailureReason.OUT_OF_MEMORY, "The kernel killed the process because memory ran out."
            )
        if is_allocation_failure(complaint):
            return CaseFailed(FailureReason.OUT_OF_MEMORY, complaint)
        if fault := fault_in(complaint):
            return fault
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        if how in _FROM_OUTSIDE:
            return HostFault(FaultKind.KILLED, f"It was {how}.")
        if how in _OF_STORAGE:
            return HostFault(FaultKind.STORAGE_FAILED, f"A process died of {how}.")
        return CaseFailed(FailureReason.CRASHED, f"{how}\n{complaint}".strip())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _unnamed_file() -> IO[bytes]:
    """A file without a name, for the last words of a process. In memory where the system can, because the
    disk of temporary files may be full or closed."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("stderr"), "w+b")
    return tempfile.TemporaryFile()


def _oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since it started."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
