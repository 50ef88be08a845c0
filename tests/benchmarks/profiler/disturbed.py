"""Runs beside neighbours, and quiet ones: which end wrong, and are they flagged?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp
from statistics import median

from catalog.words.doubts import Doubt
from tests.benchmarks.profiler.data import DISTURBED, Data, Run
from tests.benchmarks.profiler.extent import NEIGHBOURS, TURN, Extent
from tests.benchmarks.profiler.findings import Finding, Section, Share, because, table

_WRONG, _FLAGGED, _SILENT = 0.05, 0.95, 0.01
_SILENT_GOAL = ("runs that are off by more than 5 % and not flagged", "<= 1 %")
_BESIDE_GOAL = ("runs beside a neighbour, off by more than 5 %, that are flagged", ">= 95 %")
_SETS = "none, runs of the sets"


@dataclass(frozen=True)
class Judged:
    """A run under a condition. `error` is its number over the reference, less one."""

    condition: str
    run: Run
    error: float

    @property
    def is_wrong(self) -> bool:
        return abs(self.error) > _WRONG

    @property
    def is_silent(self) -> bool:
        return self.is_wrong and not self.run.flags


def sections(extent: Extent, data: Data, _: Data | None) -> list[Section]:
    """What was wrong, and what was said of it."""
    title = "Neighbours"
    judged = [*_of_sets(extent, data), *_beside(extent, data)]
    wrong = [one for one in judged if one.is_wrong and one.run.phase == NEIGHBOURS and "%" in one.condition]
    if not any(one.run.phase == NEIGHBOURS for one in judged):
        return [Section(title, [Finding(*_SILENT_GOAL), Finding(*_BESIDE_GOAL)])]
    silent = Share(sum(one.is_silent for one in judged), len(judged))
    told = Share(sum(not one.is_silent for one in wrong), len(wrong))
    causes = [
        (abs(one.error), f"{one.run.series} beside {one.condition} {one.error:+.0%}")
        for one in judged
        if one.is_silent
    ]
    silence = because("Silently wrong", causes)
    head = ("neighbour", "runs", "error, median", "most", "wrong", "silent", "flagged", "not as imprecise")
    conditions = dict.fromkeys(one.condition for one in judged)
    counts = Counter(doubt for one in judged for doubt in one.run.flags)
    flags = ", ".join(f"{doubt} ({counts[doubt]})" for doubt in DISTURBED)
    return [
        Section(
            title,
            [
                Finding(*_SILENT_GOAL, str(silent), silent.value <= _SILENT, silence),
                Finding(*_BESIDE_GOAL, str(told), told.value >= _FLAGGED if wrong else None, silence),
            ],
            table(
                head, [_row(name, [one for one in judged if one.condition == name]) for name in conditions]
            ),
            [
                f"Runs of the sets have {extent.run_blocks} blocks, and their reference is the number of "
                f"the other sets. All other runs have {TURN} blocks of three processes of the same case, "
                "and their reference is the number of all sets. Above 5 % a run is wrong. The spinner "
                "shares the CPU of a measured thread. The streamer copies 128 MiB to and fro on the other "
                "one. Both work for that share of periods of about 20 ms. What disturbs quiet runs are the "
                "host's other tenants.",
                "A run is flagged if it has one of these doubts. In brackets is how many of the "
                f"{len(judged)} runs have it: {flags}. A run of few blocks is imprecise in most cases, so "
                "the last column counts the runs that have another doubt.",
            ],
        )
    ]


def _of_sets(extent: Extent, data: Data) -> Iterator[Judged]:
    for series in extent.same:
        for run in data.runs(series, extent.run_blocks):
            yield from _judged(_SETS, run, data.others(series, run.phase))


def _beside(extent: Extent, data: Data) -> Iterator[Judged]:
    for series in extent.same:
        taken = data.of_phase(series, NEIGHBOURS)
        for turn in dict.fromkeys(one.turn for one in taken):
            run = Run(series, tuple(one for one in taken if one.turn == turn))
            # The first turn opened the processes, so it had fewer of them.
            if len(run.taken) == TURN and len(run.samples) > 2:
                kind, _, duty = run.taken[0].beside.partition(":")
                words = f"{kind} {float(duty):.0%}" if kind else f"none, {TURN} blocks"
                yield from _judged(words, run, data.others(series, ""))


def _judged(condition: str, run: Run, reference: Run) -> Iterator[Judged]:
    if reference.taken:
        yield Judged(condition, run, exp(run.latency.value - reference.latency.value) - 1)


def _row(condition: str, judged: Sequence[Judged]) -> list[str]:
    errors = [one.error for one in judged]
    return [
        condition,
        f"{len(judged)}",
        f"{median(errors):+.1%}",
        f"{max(errors, key=abs):+.1%}",
        f"{sum(one.is_wrong for one in judged)}",
        f"{sum(one.is_silent for one in judged)}",
        f"{sum(bool(one.run.flags) for one in judged)}",
        f"{sum(bool(one.run.flags - {Doubt.IMPRECISE}) for one in judged)}",
    ]
