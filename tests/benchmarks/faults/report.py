"""docs/bench-faults.md from the numbers of all experiments."""

import argparse
import os
from datetime import UTC, datetime

from tests.benchmarks.faults.kills import LONGEST_LIFE_S
from tests.benchmarks.faults.world import WRITERS, Numbers

Results = dict[str, dict[str, Numbers]]
_ELSEWHERE = (
    "The suite tests a full disk, a database that goes and comes back, a clock that is set, and a server "
    "that is killed while `archrank push` sends to it: `tests/app/test_snapshots.py`, "
    "`tests/app/test_push_to_a_killed_server.py`, `tests/app/api/guards/test_rate_limits.py`, "
    "`tests/app/api/routes/test_uploads.py`.\n"
)


def report(results: Results, asked: argparse.Namespace) -> str:
    """The report as Markdown."""
    parts = [
        "# What survives\n",
        f"`make bench-faults` wrote this on {datetime.now(UTC):%Y-%m-%d}, with seed {asked.seed}, on "
        f"{os.cpu_count()} CPUs that other processes used too. A process is killed by SIGKILL at a moment "
        f"that is drawn evenly from {LONGEST_LIFE_S} s. Those of a server begin with its first answer, "
        "those of an import and of a campaign with its process. An upload counts as acknowledged when the "
        "client has read the answer 200, a measurement of a campaign when it was said to be stored. Lost, "
        "twice and in part are counted in the database afterwards.\n",
        _extent(results, asked),
        _ELSEWHERE,
    ]
    for name, of_backends in results.items():
        columns = list(dict.fromkeys(column for numbers in of_backends.values() for column in numbers))
        if not columns:
            continue
        parts.append(f"## {name}\n")
        parts.append(f"| | {' | '.join(of_backends)} |\n|---|{'--:|' * len(of_backends)}")
        for column in columns:
            cells = (f"{numbers.get(column, 0):,}" for numbers in of_backends.values())
            parts.append(f"| {column} | {' | '.join(cells)} |")
        parts.append("")
    return "\n".join(parts)


def _extent(results: Results, asked: argparse.Namespace) -> str:
    """How much was done, and how much was to be done."""
    done = {
        name: int(sum(numbers.get(name, 0) for of in results.values() for numbers in of.values()))
        for name in ("kills", "batches", "bodies")
    }
    goals = {
        "kills": asked.kills,
        "batches": 2 * WRITERS * asked.batches,
        "bodies": asked.bodies,
    }
    lines = ", ".join(f"{done[name]:,} of {goal:,} {name}" for name, goal in goals.items())
    reached = all(done[name] >= goal for name, goal in goals.items())
    return f"Done: {lines}.{'' if reached else ' The same command continues.'}\n"
