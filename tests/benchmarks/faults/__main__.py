"""What survives when processes are killed: `make bench-faults` writes docs/bench-faults.md.

A server is killed while measurements are uploaded to it, a process while it imports, and a campaign while it
measures. Eight processes write at once. Hostile bodies are uploaded. All of it is done in small parts, in
turns, each with a database and a seed of its own. A part that is done is kept, so that an interrupted run
continues. The report says how much was done.

    python -m tests.benchmarks.faults [--minutes N] [--kills N] [--batches N] [--bodies N] [--seed N]
"""

import argparse
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import platformdirs

from tests.benchmarks.faults.hostile import hostile_bodies
from tests.benchmarks.faults.kills import killed_campaign, killed_import, killed_server
from tests.benchmarks.faults.report import Results, report
from tests.benchmarks.faults.world import Numbers, databases, forked
from tests.benchmarks.faults.writers import concurrent_writers
from tests.reference_tables import in_place_of_shipped, write_part

REPORT = Path(__file__).parents[3] / "docs" / "bench-faults.md"
JOURNAL = platformdirs.user_cache_path("archrank") / "bench-faults-2.json"
BACKENDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Section:
    """An experiment. `amount` is how much of it is to be done on each database, `together` in each part."""

    name: str
    measure: Callable[[str, int, int], Numbers]
    amount: int
    together: int

    def parts(self) -> Iterator[int]:
        """How much each part does."""
        for begun in range(0, self.amount, self.together):
            yield min(self.together, self.amount - begun)


def sections(asked: argparse.Namespace) -> list[Section]:
    """All experiments. Kills and bodies are shared out among kinds and databases, batches are not."""
    kills = math.ceil(asked.kills / (3 * len(BACKENDS)))
    return [
        Section("A server killed while it receives uploads", killed_server, kills, 20),
        Section("A process killed while it imports", killed_import, kills, 20),
        Section("A campaign killed while it measures", killed_campaign, kills, 20),
        Section("Eight processes that write at once", concurrent_writers, asked.batches, 100),
        Section(
            "Hostile bodies with a valid key", hostile_bodies, math.ceil(asked.bodies / len(BACKENDS)), 500
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no part after so many")
    parser.add_argument("--kills", type=int, default=1000, help="of all kinds on both databases")
    parser.add_argument("--batches", type=int, default=1000, help="of each writer on each database")
    parser.add_argument("--bodies", type=int, default=10_000, help="on both databases")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    deadline_s = time.monotonic() + 60 * asked.minutes
    journal: dict[str, Numbers] = {}
    with suppress(OSError, ValueError):
        journal = json.loads(JOURNAL.read_text())
    wanted = sections(asked)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="archrank-tables-"))
        stack.enter_context(in_place_of_shipped(write_part(Path(folder), frozenset(("resnet18",)))))
        for section, backend, number, size in in_turns(wanted):
            entry = entry_of(section, backend, number, size, asked.seed)
            if entry in journal or time.monotonic() > deadline_s:
                continue
            with databases(backend) as url:
                seed = 1000 * asked.seed + number
                journal[entry] = in_child(partial(section.measure, url, size, seed))
            JOURNAL.parent.mkdir(parents=True, exist_ok=True)
            JOURNAL.write_text(json.dumps(journal))
            print(entry, journal[entry], flush=True)
    REPORT.write_text(report(results(wanted, journal, asked.seed), asked))


def in_turns(wanted: list[Section]) -> Iterator[tuple[Section, str, int, int]]:
    """The parts of all sections: the first of every section, then the second, so that none is left behind."""
    parts = [
        (number / section.amount * section.together, place, section, backend, number, size)
        for place, section in enumerate(wanted)
        for backend in BACKENDS
        for number, size in enumerate(section.parts())
    ]
    for _, _, section, backend, number, size in sorted(parts, key=lambda part: part[:2]):
        yield section, backend, number, size


def entry_of(section: Section, backend: str, number: int, size: int, seed: int) -> str:
    return f"{section.name}, {backend}, seed {seed}, part {number} of {size}"


def results(wanted: list[Section], journal: Mapping[str, Numbers], seed: int) -> Results:
    """The sums of the parts that are done, by section and database."""
    found: Results = {}
    for section in wanted:
        for backend in BACKENDS:
            entries = (
                entry_of(section, backend, number, size, seed) for number, size in enumerate(section.parts())
            )
            done = [journal[entry] for entry in entries if entry in journal]
            found.setdefault(section.name, {})[backend] = together(done)
    return found


def together(parts: list[Numbers]) -> Numbers:
    """The numbers of several parts: sums, and the most of what is memory."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: (max if name.startswith("memory") else sum)(part.get(name, 0) for part in parts)
        for name in names
    }


def in_child(measure: Callable[[], Numbers]) -> Numbers:
    """The numbers of a part that is done in a process of its own, so that each begins alike."""
    reading, writing = os.pipe()

    def work() -> None:
        os.write(writing, json.dumps(measure()).encode())

    child = forked(work)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.waitpid(child, 0)
    numbers: Numbers = json.loads(text)
    return numbers


if __name__ == "__main__":
    main()
