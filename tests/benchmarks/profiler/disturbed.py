"""Runs beside neighbours: which end wrong, and are they flagged?"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from catalog.entities.samples import ProcessSample
from tests.benchmarks.profiler import neighbours, taking
from tests.benchmarks.profiler.extent import Case, Extent
from tests.benchmarks.profiler.findings import Finding, Section, table, unmeasured, worst
from tests.benchmarks.profiler.journal import Data, Series, medians_ms
from tests.benchmarks.profiler.resampling import Share

WRONG = 0.05
_FLAGGED, _CALM, _SILENT = 0.95, 0.05, 0.01
_GOALS = (
    ("runs beside a neighbour, off by more than 5 %, that are flagged", ">= 95 %"),
    ("all runs off by more than 5 %, with or without a neighbour, that are flagged", ">= 95 %"),
    ("quiet runs that are flagged", "<= 5 %"),
    ("runs that are off by more than 5 % and not flagged", "<= 1 %"),
)
_CONDITIONS = ("", 0.0), *((kind, duty) for kind in neighbours.KINDS for duty in neighbours.DUTIES)


@dataclass(frozen=True)
class Run:
    """A run under a condition. `error` is its latency over the case's quiet one, less one."""

    condition: tuple[str, float]
    case: str
    error: float
    flagged: bool

    @property
    def wrong(self) -> bool:
        return abs(self.error) > WRONG


def series(extent: Extent) -> dict[Series, int]:
    """Each case under each condition."""
    return {
        _series(extent, case, condition): extent.run_processes
        * (extent.disturbed_runs if condition[0] else extent.quiet_runs)
        for case in extent.neighbour_cases
        for condition in _CONDITIONS
    }


def section(extent: Extent, data: Data) -> Section:
    """What was wrong, and what was said of it."""
    title = "Neighbours"
    runs = _runs(extent, data)
    quiet = [one for one in runs if not one.condition[0]]
    wrong = [one for one in runs if one.wrong]
    if not quiet or len(quiet) == len(runs):
        return unmeasured(title, *_GOALS)
    beside = [one for one in wrong if one.condition[0]]
    told = Share(sum(one.flagged for one in beside), len(beside))
    flagged = Share(sum(one.flagged for one in wrong), len(wrong))
    calm = Share(sum(one.flagged for one in quiet), len(quiet))
    silent = Share(sum(not one.flagged for one in wrong), len(runs))
    silent_runs = [
        (abs(one.error), f"{one.case} beside {_words(one.condition)} {one.error:+.0%}")
        for one in wrong
        if not one.flagged
    ]
    silence = f"Silently wrong: {worst(silent_runs)}." if silent_runs else ""
    alarms = {
        case: sum(one.flagged for one in quiet if one.case == case) for case in {one.case for one in quiet}
    }
    false = [(count, f"{case} {count}") for case, count in sorted(alarms.items()) if count]
    reached = flagged.value >= _FLAGGED if wrong else None
    return Section(
        title,
        [
            Finding(
                *_GOALS[0],
                f"{told.hits} of {told.of}, {told}",
                told.value >= _FLAGGED if beside else None,
                silence,
            ),
            Finding(*_GOALS[1], f"{flagged.hits} of {flagged.of}, {flagged}", reached, silence),
            Finding(
                *_GOALS[2],
                f"{calm.hits} of {calm.of}, {calm}",
                calm.value <= _CALM,
                f"Flagged though quiet: {worst(false)}." if false else "",
            ),
            Finding(*_GOALS[3], f"{silent.hits} of {silent.of}, {silent}", silent.value <= _SILENT, silence),
        ],
        table(
            (
                "neighbour",
                "runs",
                "error, median",
                "most",
                "wrong",
                "of them flagged",
                "silently wrong",
                "flagged",
            ),
            [_row(condition, runs) for condition in _CONDITIONS],
        ),
        [
            f"A run is {extent.run_processes} processes with {taking.PLANS['short'].min_s:g} s of calls "
            "each; its error is against the median of all quiet processes of its case, and above 5 % it is "
            "wrong. The spinner shares the CPU of the measured thread; the streamer copies 128 MiB to and "
            "fro on the other one; both work for that share of periods of about 20 ms. Flagged: doubted as "
            "contended, off_cpu, canary_moved or clock_drift; the thresholds of off_cpu and canary_moved "
            "were chosen on the run of 2026-11-22, so that its figures are no test of them. What disturbs "
            "quiet runs here is the host's other tenants, whom nobody announces.",
        ],
    )


def _series(extent: Extent, case: Case, condition: tuple[str, float]) -> Series:
    kind, duty = condition
    return Series(*case, neighbour=kind, duty=duty, plan="short", run=extent.run_processes)


def _runs(extent: Extent, data: Data) -> list[Run]:
    found = []
    for case in extent.neighbour_cases:
        quiet = data.samples(_series(extent, case, _CONDITIONS[0]))
        if not quiet:
            continue
        reference = median(medians_ms(quiet))
        for condition in _CONDITIONS:
            one = _series(extent, case, condition)
            found += [_run(condition, one.case, run, reference) for run in data.runs(one)]
    return found


def _run(
    condition: tuple[str, float], case: str, samples: Sequence[ProcessSample], reference_ms: float
) -> Run:
    error = median(medians_ms(samples)) / reference_ms - 1
    return Run(condition, case, error, taking.disturbed(samples))


def _row(condition: tuple[str, float], runs: Sequence[Run]) -> list[str]:
    mine = [one for one in runs if one.condition == condition]
    wrong = [one for one in mine if one.wrong]
    errors = [one.error for one in mine] or [0.0]
    return [
        _words(condition),
        f"{len(mine)}",
        f"{median(errors):+.1%}",
        f"{max(errors, key=abs):+.1%}",
        f"{len(wrong)}",
        f"{sum(one.flagged for one in wrong)}",
        f"{sum(not one.flagged for one in wrong)}",
        f"{sum(one.flagged for one in mine)}",
    ]


def _words(condition: tuple[str, float]) -> str:
    kind, duty = condition
    return f"{kind} {duty:.0%}" if kind else "none"
