"""Measuring cases. The app never loads a runtime: it starts the profiler's command, and reads the catalog
afterwards."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload

DONE, FAILED, INTERRUPTED = 0, 1, 130
"""Exit codes of `archrank profile`. After the second, some cases failed, and the others were measured."""
# An interrupt from the terminal reaches the child too. It stores its last block, and ends.
_ENDING_S = 15.0


@dataclass(frozen=True)
class Case:
    """A workload in a configuration, on this machine."""

    workload: Workload
    configuration: Configuration


def measure(cases: Iterable[Case], options: Sequence[str] = (), *, on_stderr: bool = False) -> int:
    """Run `archrank profile` on the cases, with `options`, on this terminal. Returns its exit code. With
    `on_stderr`, standard output is left to this process."""
    with tempfile.TemporaryDirectory(prefix="archrank-cases-") as folder:
        path = Path(folder, "cases.jsonl")
        path.write_text("".join(f"{json.dumps(asdict(case))}\n" for case in cases), encoding="utf-8")
        return _run(["profile", "--cases", str(path), *options], on_stderr=on_stderr)


def _run(arguments: Sequence[str], *, on_stderr: bool) -> int:
    # The child imports from where this process does, and never from the working folder.
    program = f"import sys; sys.path[:] = {sys.path!r}; from catalog.command import main; main()"
    sys.stdout.flush()
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", program, *arguments], stdout=sys.stderr if on_stderr else None
    )
    try:
        return child.wait()
    except KeyboardInterrupt:
        try:
            child.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        return INTERRUPTED
