"""The parent's end of a child process that answers JSON requests: one line in, one line out.

An error, a crash, a kill or a time-out in a child is raised as `CaseFailed`. A child dies with its parent, is
the first that the kernel kills when memory runs out, and does not get the terminal's Ctrl-C. It starts in a
neutral folder and in an environment that `isolation` makes.
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
from typing import Self

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed, is_allocation_failure
from profiler.processes.isolation import NEUTRAL_FOLDER, isolated
from profiler.processes.serving import DETAIL_CHARACTERS, Json

_SIGKILL = 9  # Windows has no name for it


class Child:
    """A child process, started as `python -m MODULE`. The module calls `serving.serve`.

    Paths in requests are absolute, because the child's working folder is not the parent's.
    """

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._oom_kills = _oom_kills()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=isolated({**(environment or {}), "ARCHRANK_PARENT_PID": str(os.getpid())}),
            cwd=NEUTRAL_FOLDER,
            start_new_session=True,
        )

        # Windows cannot wait for a pipe with a limit of time. A thread that blocks costs nothing.
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Hand over each line of the child's answers, and at their end an empty one."""
        if self._process.stdout is not None:
            with contextlib.suppress(ValueError, OSError):  # it was closed
                for line in self._process.stdout:
                    self._lines.put(line)
        self._lines.put(b"")

    def ask(self, request: Json, timeout_s: float) -> Json:
        """The child's answer to `request`. Waits without polling.

        Raises:
            CaseFailed: the child reported a failure, died, or did not answer within `timeout_s`.
        """
        stdin = self._process.stdin
        if stdin is None:
            raise ValueError("the child has no pipes")
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
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

    def _death(self) -> CaseFailed:
        code = self._process.wait()
        self._stderr.seek(0)
        complaint = self._stderr.read().decode(errors="replace").strip()[-DETAIL_CHARACTERS:]
        if code == -_SIGKILL and _oom_kills() > self._oom_kills:
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


def _oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since it started."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
