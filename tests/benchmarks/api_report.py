"""The report of tests/benchmarks/api.py."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean, median
from textwrap import fill

from tests.benchmarks.api_catalogs import Reference
from tests.benchmarks.api_load import CONNECTIONS, SINGLE_REQUESTS, AfterWrite, Answer, Load, Visibility
from tests.benchmarks.machine import commit, memory_gb, processor, version_of

_PACKAGES = ("uvicorn", "httptools", "uvloop", "fastapi", "pydantic", "numpy", "sqlalchemy")


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    rounds: int
    seconds: int
    bodies: int
    history: int
    copies: int
    writes: int


@dataclass(frozen=True)
class OnCatalog:
    """The route on one catalog, side by side with another. Memory is the worker's: (now, at most), in MB."""

    title: str
    loads: Sequence[Load]
    after_write: AfterWrite
    memory_mb: tuple[float, float]


@dataclass(frozen=True)
class Results:
    """Everything that the report says. `target` is the one that `one` and `old` hold, and that is written to;
    `memory_mb` the worker's on the plain catalog, after all routes: (now, at most)."""

    extent: Extent
    reference: Reference
    target: str
    answered: Sequence[Answer]
    routes: Mapping[str, Sequence[Load]]
    ranked: Sequence[Load]
    canned: Sequence[Load]
    memory_mb: tuple[float, float]
    plain: OnCatalog
    large: OnCatalog
    one: OnCatalog
    old: OnCatalog
    visibility: Visibility


def report(found: Results, surroundings: str) -> str:
    """Markdown: where, the routes, the goals, the catalogs, and how it was measured."""
    heading = ["# What the API does under load", "", surroundings, ""]
    parts = (heading, _goals(found), _routes(found), _catalogs(found), _notes(found))
    return "\n".join(line for part in parts for line in part)


def _goals(found: Results) -> list[str]:
    extent, seen = found.extent, found.visibility
    share = _ratios(found.ranked, found.canned, lambda one: one.per_second)
    tail = [one.p99_ms / one.p50_ms for one in found.ranked]
    older = _ratios(found.one.loads, found.old.loads, lambda one: one.per_second)
    more = _ratios(found.plain.loads, found.large.loads, lambda one: one.per_second)
    rebuilt = [a / b for a, b in zip(found.old.after_write.first, found.one.after_write.first, strict=True)]
    peak = found.memory_mb[1]
    history = f"{extent.history}x the measurement history"
    rows: Sequence[tuple[str, str, str, bool]] = (
        ("throughput, of the canned route's", ">= 0.50", _spread(share), median(share) >= 0.5),
        ("p99, of its own p50", "<= 3.00", _spread(tail), median(tail) <= 3),
        (f"{history}: a request", "<= 1.50", _spread(older), median(older) <= 1.5),
        (f"{history}: the first after a write", "<= 1.50", _spread(rebuilt), median(rebuilt) <= 1.5),
        (f"{extent.copies}x the candidates: a request", "<= 5.00", _spread(more), median(more) <= 5),
        ("resident memory of a worker at most, MB", "<= 300", f"{peak:.0f}", peak <= 300),
        (
            "answers of two workers, after a write, from before it",
            "0",
            f"{seen.outdated} of {seen.answers:,}",
            seen.outdated == 0 and seen.workers == 2,
        ),
    )
    return [
        "## Goals",
        "",
        "| `POST /v1/recommendations` | goal | found | |",
        "|---|--:|--:|---|",
        *(
            f"| {what} | {goal} | {value} | {'reached' if reached else '**not reached**'} |"
            for what, goal, value, reached in rows
        ),
        "",
    ]


def _ratios(above: Sequence[Load], below: Sequence[Load], value: Callable[[Load], float]) -> list[float]:
    """Of one to the other, in each round."""
    return [value(a) / value(b) for a, b in zip(above, below, strict=True)]


def _routes(found: Results) -> list[str]:
    return [
        "## Routes",
        "",
        "| route | requests/s | p50, ms | p99, ms | bytes an answer |",
        "|---|--:|--:|--:|--:|",
        *(
            f"| {title} | {_cells(loads)} | {median(one.bytes_each for one in loads):,.0f} |"
            for title, loads in found.routes.items()
        ),
        "",
    ]


def _catalogs(found: Results) -> list[str]:
    return [
        "## Catalogs",
        "",
        "The same requests to two servers in turn: rows one and two, rows three and four.",
        "",
        "| catalog | requests/s | p50, ms | p99, ms | first after a write, ms | next, ms | MB | at most |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {one.title} | {_cells(one.loads)} | {_spread(one.after_write.first, '.0f')} "
            f"| {_spread(one.after_write.second, '.1f')} | {one.memory_mb[0]:.0f} | {one.memory_mb[1]:.0f} |"
            for one in (found.plain, found.large, found.one, found.old)
        ),
        "",
    ]


def _cells(loads: Sequence[Load]) -> str:
    return " | ".join(
        (
            _spread([one.per_second for one in loads], ".0f"),
            _spread([one.p50_ms for one in loads]),
            _spread([one.p99_ms for one in loads]),
        )
    )


def _notes(found: Results) -> list[str]:
    extent, seen, reference = found.extent, found.visibility, found.reference
    recommended = [len(one.document["recommendations"]) for one in found.answered]
    within = sum(map(bool, recommended))
    most = max(one.requests for one in found.ranked)
    notes = (
        f"{extent.rounds} rounds of {extent.seconds} s, each beginning with another route: median (least to "
        "most). Ratios are taken within a round, or within a pair of writes; goals are held against their "
        "median.",
        f"wrk with 1 thread and {CONNECTIONS} connections, over loopback, on the same CPUs as the server, "
        "which costs the fast routes most. It sends the next request when an answer is there, and corrects "
        "its latencies for what it could not send meanwhile.",
        "uvicorn with one worker. *Canned* is the route's own module with `recommend` replaced by one "
        "answer, *prebuilt* the same with `recommendation_response` replaced too. Both validate each request "
        "and serialise each answer. That one answer has 10 recommendations and, of those that do, the size "
        "nearest to the mean.",
        f"{extent.bodies:,} distinct requests, the same in every run, over {len(reference.targets)} targets "
        f"and {len(reference.architectures):,} architectures: one to three bounds; a metric, balanced, knee "
        "or weights; every collapse; filters; a confidence; limit 10 for 84 per cent. "
        f"{within:,} have something within the budget, {mean(recommended):.1f} recommendations in the mean. "
        "Each was asked once before the clock ran and answered with 200; so was every one that wrk sent, at "
        f"most {most:,} in a round.",
        f"History: every measurement of {found.target} {extent.history} times, an hour apart, in a catalog "
        "without those of other targets. Candidates: every architecture, checkpoint, workload and "
        f"measurement {extent.copies} times under different names, up to 5 per cent faster or slower.",
        f"After a write: another process stores a measurement of {found.target} ({extent.writes} times), "
        "which is then asked for twice, without load beside it.",
        "Memory is VmRSS (at most: VmHWM) in 10^6 bytes, after every target was asked for. The goal is held "
        "against the latter; the benchmark's own routes are in it.",
        f"Two workers (`uvicorn --workers 2`), {seen.writes} writes by another process; after each, at least "
        f"{SINGLE_REQUESTS} requests on connections of their own, until both had answered. An answer is from "
        "before unless it has both the new revision and the new number.",
    )
    lines = [
        fill(one, 110, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False) for one in notes
    ]
    return ["## How", "", *lines, ""]


def _spread(values: Sequence[float], form: str = ".2f") -> str:
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def surroundings(command: str) -> str:
    """When, where and with what."""
    packages = [f"{name} {found}" for name in _PACKAGES if (found := version_of(name))]
    versions = [f"Python {platform.python_version()}", *packages, f"SQLite {sqlite3.sqlite_version}", _wrk()]
    machine = (
        f"{os.cpu_count()} CPUs ({processor()}), {memory_gb():.0f} GB, Linux {platform.release()}, "
        f"load average {os.getloadavg()[0]:.1f} at the start."
    )
    written = f"Written by {command} on {datetime.now(UTC):%Y-%m-%d}, {commit()}."
    return fill(f"{written} {machine} {', '.join(versions)}.", 110, break_on_hyphens=False)


def _wrk() -> str:
    banner = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return " ".join(banner.split()[:2])
