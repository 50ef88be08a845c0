"""docs/bench-profiler.md: the goals, what was not reached and why, then each experiment."""

import re
from collections.abc import Callable, Mapping, Sequence
from textwrap import fill

from tests.benchmarks.profiler import cost, disturbed, planted, referee, same, standing
from tests.benchmarks.profiler.data import Data
from tests.benchmarks.profiler.extent import Extent
from tests.benchmarks.profiler.findings import Finding, Section
from tests.benchmarks.profiler.journal import Header

_WIDTH = 110
_PERCENT = re.compile(r"(\d)%")  # as Python writes it; people set a space

EXPERIMENTS: Mapping[str, Callable[[Extent, Data, Data | None], list[Section]]] = {
    "same": same.sections,
    "power": same.power_sections,
    "neighbours": disturbed.sections,
    "referee": referee.sections,
    "cost": cost.sections,
    "planted": planted.sections,
    "standing": standing.sections,
}

_CAVEAT = (
    "The machine is shared with other tenants. What they do in the minutes of a run moves every figure here, "
    "so a goal that is reached or missed narrowly may turn out otherwise the next time. What is compared was "
    "visited in the same minutes in random order, or on purpose at different times. Batch 1, fp32. Nothing "
    "here is about other machines, more threads or accelerators."
)
_WORDS = (
    "Words: a process loads one network and stays open. A visit makes a block of calls, and "
    "the canary, a small fixed work, is timed before and after it. A set is three processes of each "
    "case, opened at different moments of one part of the run. A run is some blocks of one set that "
    "followed one another, and its number is what the profiler would have reported."
)


def report(
    names: Sequence[str], extent: Extent, data: Data, header: Header, other: tuple[Data, Header] | None = None
) -> str:
    """Markdown. `other` is another journal to compare with."""
    against = None if other is None else other[0]
    sections = [one for name in names for one in EXPERIMENTS[name](extent, data, against)]
    findings = [finding for section in sections for finding in section.findings]
    lines = ["# Can the profiler be trusted?", "", _wrapped(header.surroundings), ""]
    if header.quick:
        lines += ["**A smoke run: too few blocks for any conclusion.**", ""]
    if other is not None:
        words = f"This journal began {header.begun}. It is compared with the one that began {other[1].begun}."
        lines += [_wrapped(words), ""]
    lines += [_wrapped(_CAVEAT), "", _wrapped(_WORDS), "", *_goals(findings), *_missed(findings)]
    for section in sections:
        lines += _section(section)
    return "\n".join(map(_spaced, [*lines, *_end(data)])) + "\n"


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
    if not section.table:
        return []
    return [f"## {section.title}", "", *section.table, "", *(f"{_wrapped(note)}\n" for note in section.notes)]


def _end(data: Data) -> list[str]:
    minutes = sum(one.took_s for one in data.taken) / 60
    opening = sum(one.opening_s for one in data.taken) / 60
    opened = sum(one.opening_s > 0 for one in data.taken)
    words = (
        f"{len(data.taken):,} visits in {minutes:.1f} minutes, of which opening {opened:,} processes took "
        f"{opening:.1f}."
    )
    lines = [_wrapped(words)]
    if data.failures:
        kinds = sorted({f"{one.series}: {(one.failure or '').splitlines()[0]}" for one in data.failures})
        lines += ["", f"{len(data.failures)} visits failed:", "", *(_bullet(kind) for kind in kinds)]
    return lines


def _bullet(text: str) -> str:
    return fill(_spaced(text), _WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def _spaced(text: str) -> str:
    return _PERCENT.sub(r"\1 %", text)


def _wrapped(text: str) -> str:
    return fill(_spaced(text), _WIDTH, break_on_hyphens=False)
