"""Measuring cases by `archrank profile`. The catalog is read afterwards."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from app import child
from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload


@dataclass(frozen=True)
class Case:
    """A workload in a configuration, on this machine."""

    workload: Workload
    configuration: Configuration


def measure(cases: Iterable[Case], options: Sequence[str] = (), *, on_stderr: bool = False) -> int:
    """Run `archrank profile` on the cases, with `options`, on this terminal. Returns its exit code. With
    `on_stderr`, standard output is left to this process."""
    with case_file(cases) as path:
        return child.run(child.command(["profile", "--cases", str(path), *options]), on_stderr=on_stderr)


@contextmanager
def case_file(cases: Iterable[Case]) -> Iterator[Path]:
    """A file that `archrank profile --cases` reads. It is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="archrank-cases-") as folder:
        path = Path(folder, "cases.jsonl")
        path.write_text("".join(f"{json.dumps(asdict(case))}\n" for case in cases), encoding="utf-8")
        yield path
