"""A child for test_child.py: does what the request says."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.processes.serving import serve


def answer(request: dict[str, Any]) -> dict[str, Any]:  # noqa: C901 - a list of what can go wrong
    match request["do"]:
        case "echo":
            print("a library that prints on standard output")
            return {"echo": request["value"]}
        case "fail":
            raise CaseFailed(FailureReason.UNSUPPORTED_PRECISION, "no bf16 here")
        case "raise":
            raise RuntimeError(request["message"])
        case "memory":
            raise MemoryError
        case "segfault":
            sys.stderr.write("corrupted size vs. prev_size\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGSEGV)
        case "fault":
            raise HostFault(FaultKind.NO_SPACE, "/cache is full", "Empty it.")
        case "system":
            raise OSError(request["errno"], os.strerror(request["errno"]), "/cache/model.onnx")
        case "import":
            raise ImportError(request["message"])
        case "signal":
            os.kill(os.getpid(), request["number"])
        case "exit":
            sys.exit(3)
        case "report":
            return {"folder": str(Path.cwd()), "path": sys.path, "variables": dict(os.environ)}
        case "hang":
            signal.pause()
    return {"oom_score_adj": int(open("/proc/self/oom_score_adj").read())}


if __name__ == "__main__":
    serve(answer)
