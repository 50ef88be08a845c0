"""What a request for recommendations costs, beside an older commit: `make bench-api-cost`.

python -m tests.benchmarks.api_against [--commit 8a3c924] [--requests N] [--report docs/bench-api-cost.md]

The commit is checked out of git into a folder of its own, and installed with the packages that it needs.
Its application and today's, each on the catalog that it ships, are asked the same distinct questions in turn,
a few at a time. Then another process stores a measurement, and the written target and another one are asked
for. All numbers are CPU time of the process that answers, because wall time on shared machines misleads.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median, quantiles

from tests.benchmarks.api_catalogs import build_reference, request_bodies
from tests.benchmarks.machine import commit, processor

_ROOT = Path(__file__).parents[2]
_CHILD = Path(__file__).with_name("api_child.py")
_REPORT = _ROOT / "docs" / "bench-api-cost.md"
_NAMED = "8a3c924"
_TOGETHER = 20  # requests that one of the two is asked before the other is
_WARM_UP = 60  # which name every target
_WRITES = 5
_TARGETS = ("i9-10940x", "rtx-3090")
_MAIN = "from catalog.command import main; main()"
_COMMANDS = {
    "archrank --help": ("--help",),
    "archrank recommend, of a GPU": ("recommend", "--target", "rtx-3090", "--max", "params_m=30"),
    "archrank recommend, of a CPU": ("recommend", "--target", "i9-10940x", "--max", "latency_ms=30"),
}


class Child:
    """A process of one of the two trees, which answers lines."""

    def __init__(self, side: "Side", *arguments: str) -> None:
        self._process = subprocess.Popen(
            [str(side.python), str(_CHILD), *arguments],
            cwd=side.root,
            env={**os.environ, "ARCHRANK_LOG": "off"},  # older trees log no request
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def ask(self, line: str) -> object:
        """The answer to a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> object:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Side:
    """One of the two: the root of its tree, the Python that has its packages, and its catalog."""

    root: Path
    python: Path
    catalog: Path


@dataclass(frozen=True)
class AfterWrite:
    """CPU time (ms) after a measurement of `target` was stored: of the first request for it, and of the first
    for a target that the write did not touch."""

    target: str
    first: list[float] = field(default_factory=list)
    untouched: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """CPU times: of requests (ms), after writes, of commands (s). The resident memory is the most MB."""

    requests: Sequence[float]
    after_writes: Sequence[AfterWrite]
    commands: Mapping[str, float]
    memory_mb: float


def compare(sides: Sequence[Side], bodies: Path, count: int) -> list[Found]:
    """What each of the sides takes, asked in turn."""
    with ExitStack() as open_children:
        children = [_child(open_children, side, "serve", str(side.catalog), str(bodies)) for side in sides]
        for child in children:
            child.ask(f"all 0 {_WARM_UP}")
        requests: list[list[float]] = [[] for _ in sides]
        for first in range(0, count, _TOGETHER):
            for child, costs in zip(children, requests, strict=True):
                costs.extend(_numbers(child.ask(f"all {first} {first + _TOGETHER}")))
        written = [_after_writes(sides, children, *pair) for pair in (_TARGETS, _TARGETS[::-1])]
        memory = [float(str(child.ask("memory"))) for child in children]
    commands = _commands(sides)
    return [
        Found(costs, [of_target[place] for of_target in written], commands[place], memory[place])
        for place, costs in enumerate(requests)
    ]


def _after_writes(
    sides: Sequence[Side], children: Sequence[Child], target: str, untouched: str
) -> list[AfterWrite]:
    found = [AfterWrite(target) for _ in sides]
    with ExitStack() as open_writers:
        writers = [_child(open_writers, side, "write", str(side.catalog), target) for side in sides]
        for _ in range(_WRITES):
            for child, writer, costs in zip(children, writers, found, strict=True):
                writer.ask("again")
                for asked, into in ((untouched, costs.untouched), (target, costs.first)):
                    body = json.dumps({"target": asked, "budget": {"top1": {"min": 80}}})
                    into.append(float(str(child.ask(f"one {body}"))))
    return found


def _child(stack: ExitStack, side: Side, *arguments: str) -> Child:
    child = Child(side, *arguments)
    stack.callback(child.close)
    return child


def _numbers(answer: object) -> list[float]:
    assert isinstance(answer, list)
    return [float(number) for number in answer]


def _commands(sides: Sequence[Side], times: int = 3) -> list[dict[str, float]]:
    """The least CPU time (s) of each command."""
    found: list[dict[str, float]] = [{} for _ in sides]
    for name, arguments in _COMMANDS.items():
        for _ in range(times):
            for side, least in zip(sides, found, strict=True):
                least[name] = min(least.get(name, float("inf")), _cpu_s(side, arguments))
    return found


def _cpu_s(side: Side, arguments: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [str(side.python), "-c", _MAIN, *arguments],
        cwd=side.root,
        env={**os.environ, "ARCHRANK_CATALOG_URL": f"sqlite:///{side.catalog}"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def installed(name: str, folder: Path) -> Iterator[Path]:
    """The tree of a commit in `folder`. Yields the Python of its environment: it may need other packages than
    today's tree."""
    subprocess.run(
        ["git", "worktree", "add", "--quiet", "--detach", str(folder), name], cwd=_ROOT, check=True
    )
    try:
        python = folder / ".venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", ".venv"], cwd=folder, check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--constraint", "constraints.txt", "--editable", "."], cwd=folder, check=True)
        yield python
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(folder)], cwd=_ROOT, check=True)


def report(named: str, then: Found, now: Found) -> str:
    """Markdown: where, and each number of the commit and of today, with their ratio."""
    rows = [
        ("a request, mean, ms", mean(then.requests), mean(now.requests)),
        ("a request, p50, ms", median(then.requests), median(now.requests)),
        ("a request, p99, ms", quantiles(then.requests, n=100)[98], quantiles(now.requests, n=100)[98]),
    ]
    for old, new in zip(then.after_writes, now.after_writes, strict=True):
        what = f"after a write to {old.target}"
        rows.append((f"{what}: the first request for it, ms", median(old.first), median(new.first)))
        rows.append((f"{what}: another target, ms", median(old.untouched), median(new.untouched)))
    rows += [(f"`{name}`, s", seconds, now.commands[name]) for name, seconds in then.commands.items()]
    rows.append(("resident memory at most, MB", then.memory_mb, now.memory_mb))
    lines = [
        "# What a request costs, beside an older commit",
        "",
        f"Written by `make bench-api-cost` on {datetime.now(UTC):%Y-%m-%d}, {commit()}.",
        f"{os.cpu_count()} CPUs ({processor()}), load average {os.getloadavg()[0]:.1f} at the end.",
        f"{len(now.requests)} distinct questions over the shipped catalog, asked of both in turn. CPU time.",
        "",
        f"| CPU time | {named} | today | {named} / today |",
        "|---|--:|--:|--:|",
        *(f"| {what} | {old:.2f} | {new:.2f} | {old / new:.2f} |" for what, old, new in rows),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--commit", default=_NAMED)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--report", type=Path, default=_REPORT)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = build_reference(folder / "now.sqlite")
        bodies = folder / "bodies.jsonl"
        asked = request_bodies(reference, reference.targets, arguments.requests)
        bodies.write_text("".join(f"{body}\n" for body in asked))
        with installed(arguments.commit, folder / "then") as python:
            sides = [
                Side(folder / "then", python, folder / "then.sqlite"),
                Side(_ROOT, Path(sys.executable), folder / "now.sqlite"),
            ]
            old, new = compare(sides, bodies, arguments.requests)
    text = report(arguments.commit, old, new)
    arguments.report.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
