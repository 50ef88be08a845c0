"""docs/bench-profiler.md: the goals, what was not reached and why, then each experiment."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

from tests.benchmarks.profiler import cost, disturbed, planted, referee, same
from tests.benchmarks.profiler.extent import Extent
from tests.benchmarks.profiler.findings import Finding, Section
from tests.benchmarks.profiler.journal import Data, Header, Series

_WIDTH = 110
_PERCENT = re.compile(r"(\d)%")  # as Python writes it; people set a space


@dataclass(frozen=True)
class Experiment:
    """What it needs to have measured, and what it says of that."""

    series: Callable[[Extent], Mapping[Series, int]]
    section: Callable[[Extent, Data], Section]


EXPERIMENTS: Mapping[str, Experiment] = {
    "aa": Experiment(same.series, same.section),
    "power": Experiment(same.planted_series, same.power_section),
    "neighbours": Experiment(disturbed.series, disturbed.section),
    "referee": Experiment(referee.series, referee.section),
    "memory": Experiment(planted.memory_series, planted.memory_section),
    "duration": Experiment(planted.duration_series, planted.duration_section),
    "cost": Experiment(cost.series, cost.section),
}

_CAVEAT = (
    "Two virtual CPUs of a host with other tenants: what they do in the minutes of a run moves every figure "
    "here, so a goal that is reached or missed narrowly may turn out otherwise the next time. Everything is "
    "interleaved in random order, so that what is compared met the same weather. One thread, batch 1, fp32; "
    "nothing here speaks of other machines, of more threads, or of devices."
)


def report(names: Sequence[str], extent: Extent, data: Data, header: Header) -> str:
    """Markdown."""
    sections = [EXPERIMENTS[name].section(extent, data) for name in names]
    findings = [finding for section in sections for finding in section.findings]
    lines = ["# Can the profiler be trusted?", "", _wrapped(header.surroundings), ""]
    if header.quick:
        lines += ["**A smoke run: too few processes for any conclusion.**", ""]
    lines += [_wrapped(_CAVEAT), "", *_goals(findings), *_missed(findings)]
    for section in sections:
        lines += _section(section)
    return "\n".join(map(_spaced, [*lines, *_end(data)]))


def _goals(findings: Sequence[Finding]) -> list[str]:
    return [
        "## Goals",
        "",
        "| | goal | found (95 % interval) | |",
        "|---|--:|--:|---|",
        *(f"| {one.what} | {one.goal} | {one.found} | {one.verdict} |" for one in findings),
        "",
    ]


def _missed(findings: Sequence[Finding]) -> list[str]:
    missed = [one for one in findings if one.reached is False]
    if not missed:
        return []
    bullets = [_bullet(f"{one.what}: {one.found}, goal {one.goal}. {one.why}".strip()) for one in missed]
    return ["Not reached:", "", *bullets, ""]


def _section(section: Section) -> list[str]:
    table = [*section.table, ""] if section.table else []
    return [f"## {section.title}", "", *table, *(f"{_wrapped(note)}\n" for note in section.notes)]


def _end(data: Data) -> list[str]:
    lines = [_wrapped(f"{data.processes:,} processes, {data.seconds / 60:.1f} minutes of their time."), ""]
    if data.failures:
        kinds = sorted({f"{one.series}: {(one.failure or '').splitlines()[0]}" for one in data.failures})
        lines += [f"{len(data.failures)} processes failed:", "", *(_bullet(kind) for kind in kinds), ""]
    return lines


def _bullet(text: str) -> str:
    return fill(_spaced(text), _WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def _spaced(text: str) -> str:
    return _PERCENT.sub(r"\1 %", text)


def _wrapped(text: str) -> str:
    return fill(_spaced(text), _WIDTH, break_on_hyphens=False)
