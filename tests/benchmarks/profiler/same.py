"""The same thing twice, and the same thing a little slower: false alarms, coverage, power."""

from collections.abc import Mapping
from statistics import median

from catalog.entities.samples import ProcessSample
from tests.benchmarks.profiler import resampling
from tests.benchmarks.profiler.extent import Extent
from tests.benchmarks.profiler.findings import Finding, Section, table, unmeasured, worst
from tests.benchmarks.profiler.journal import Data, Series, medians_ms
from tests.benchmarks.profiler.resampling import ALPHA, Share, total
from tests.benchmarks.profiler.taking import STANDARD

_LEAST_PROCESSES = 11  # two runs of five, and one to compare with
_LEVELS = {0.1: 0.95, 0.05: 0.8}  # planted: the share of runs that must catch it
_COVERAGE = (0.92, 0.98)
_ALARMS = "false alarms between two runs of the same"
_COVERED = "the 95 % interval of a run holds the centre of the others"


def series(extent: Extent) -> dict[Series, int]:
    """What the first experiment measures, and how many processes of it."""
    return {Series(*case): extent.same_processes for case in extent.same_cases}


def planted_series(extent: Extent) -> dict[Series, int]:
    """The second: slower by a known share, and beside it what the first measures."""
    slower = {
        Series(*case, variant=f"slower:{level}"): extent.planted_processes
        for case in extent.same_cases
        for level in _LEVELS
    }
    return {**series(extent), **slower}


def section(extent: Extent, data: Data) -> Section:
    """False alarms and coverage."""
    title = "The same twice"
    found = _usual(extent, data)
    if not found:
        return unmeasured(title, (_ALARMS, "<= 5 %"), (_COVERED, "92 to 98 %"), notes=_too_few(extent, data))
    fives = {
        case: resampling.false_alarms(one, extent.pairs, resampling.first_five) for case, one in found.items()
    }
    stops = {
        case: resampling.false_alarms(one, extent.pairs, resampling.stopped) for case, one in found.items()
    }
    in_time = total([resampling.false_alarms_in_time(one) for one in found.values()])
    coverages = {case: resampling.coverage(one, extent.pairs) for case, one in found.items()}
    covered = total([one.corrected for one in coverages.values()])
    plain = total([one.plain for one in coverages.values()])
    rows = [
        [
            case,
            f"{median(medians_ms(one)):.2f}",
            f"{resampling.spread(one):.1%}",
            f"{resampling.mean_taken(one, extent.pairs):.1f}",
            f"{fives[case].value:.1%}",
            f"{stops[case].value:.1%}",
            f"{coverages[case].corrected.value:.1%}",
        ]
        for case, one in found.items()
    ]
    head = (
        "case",
        "ms",
        "sd between processes",
        "processes a run",
        "alarms, 5",
        "alarms, stop rule",
        "covered",
    )
    independent = sum(len(one) // 10 for one in found.values())
    everything = [one for case in extent.same_cases for one in data.samples(Series(*case))]
    aside = len(everything) - sum(len(one) for one in found.values())
    return Section(
        title,
        [
            _alarms(f"{_ALARMS}, five processes each", fives),
            _alarms(f"{_ALARMS}, by the stop rule", stops),
            Finding(
                _COVERED,
                "92 to 98 %",
                str(covered),
                _COVERAGE[0] <= covered.value <= _COVERAGE[1],
                _least_covered({case: one.corrected for case, one in coverages.items()}),
            ),
        ],
        table(head, rows),
        [
            f"Each case has {extent.same_processes} processes; {aside} of the {len(everything)} were "
            f"disturbed, and are set aside as a campaign does. {extent.pairs} pairs of runs without a "
            f"common process are drawn from them: {total(list(stops.values())).of:,} pairs from processes "
            f"enough for {independent} independent ones of five and five. The intervals take the pairs as "
            "independent, so they are too narrow for what other processes would have shown; a share counts "
            "as too high where even that narrow interval lies above 5 %. Drawing mixes the times at which "
            "processes ran; runs of five processes that really followed one another, each used once, are "
            f"told apart in {in_time.hits} of {in_time.of} pairs.",
            "Runs differ where Welch's t-test on the logarithms of the processes' medians says so at 5 %. "
            "The centre of the others is their geometric mean, about which the interval is made, widened "
            "by what that mean is itself uncertain; as they stand, intervals hold the others' median in "
            f"{plain.value:.1%}.",
            *_too_few(extent, data),
        ],
    )


def power_section(extent: Extent, data: Data) -> Section:
    """What is caught of a known slow-down."""
    title = "A planted slow-down"
    usual = _usual(extent, data)
    findings, rows = [], []
    for level, least in _LEVELS.items():
        slower = {
            case: data.clean(Series(*key, variant=f"slower:{level}"))
            for key in extent.same_cases
            if (case := Series(*key).case) in usual
        }
        caught = {
            case: resampling.caught(resampling.condensed(one), usual[case], extent.pairs)
            for case, one in slower.items()
            if len(one) >= STANDARD.processes
        }
        what, goal = f"+{level:.0%} is caught by one run against one", f">= {least:.0%}"
        if not caught:
            findings.append(Finding(what, goal, "-", None))
            continue
        share = total(list(caught.values()))
        findings.append(Finding(what, goal, str(share), share.value >= least, _missed(caught, usual)))
        for case, one in caught.items():
            ratio = median(medians_ms(slower[case])) / median(medians_ms(usual[case]))
            rows.append([f"{case}, +{level:.0%}", f"{ratio - 1:+.1%}", f"{one.value:.1%}"])
    return Section(
        title,
        findings,
        table(("case", "found over all processes", "caught"), rows),
        [
            "The network is wrapped so that each call goes on burning processor time for that share of "
            f"what it took: {extent.planted_processes} processes a level, runs by the stop rule drawn from "
            "them and from the processes above. Caught: told apart, and slower.",
            *_too_few(extent, data),
        ],
    )


def _usual(extent: Extent, data: Data) -> dict[str, list[ProcessSample]]:
    found = {Series(*case).case: data.clean(Series(*case)) for case in extent.same_cases}
    return {case: resampling.condensed(one) for case, one in found.items() if len(one) >= _LEAST_PROCESSES}


def _too_few(extent: Extent, data: Data) -> list[str]:
    """Which cases are left out, if any."""
    counts = {Series(*case).case: len(data.clean(Series(*case))) for case in extent.same_cases}
    short = [f"{case} {count}" for case, count in counts.items() if count < _LEAST_PROCESSES]
    if not short:
        return []
    return [f"Left out, for fewer than {_LEAST_PROCESSES} processes were undisturbed: {'; '.join(short)}."]


def _alarms(what: str, shares: Mapping[str, Share]) -> Finding:
    share = total(list(shares.values()))
    causes = [(one.value, f"{case} {one.value:.1%}") for case, one in shares.items() if one.value > ALPHA]
    return Finding(
        what,
        "<= 5 %",
        str(share),
        share.interval[0] <= ALPHA,
        f"Above 5 %: {worst(causes)}." if causes else "",
    )


def _least_covered(shares: Mapping[str, Share]) -> str:
    causes = [
        (max(_COVERAGE[0] - one.value, one.value - _COVERAGE[1]), f"{case} {one.value:.1%}")
        for case, one in shares.items()
        if not _COVERAGE[0] <= one.value <= _COVERAGE[1]
    ]
    return f"Outside: {worst(causes)}." if causes else ""


def _missed(caught: Mapping[str, Share], usual: Mapping[str, list[ProcessSample]]) -> str:
    causes = [
        (
            1 - one.value,
            f"{case} {one.value:.1%} (sd between processes {resampling.spread(usual[case]):.1%})",
        )
        for case, one in caught.items()
    ]
    return f"Least caught: {worst(causes)}."
