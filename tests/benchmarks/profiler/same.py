"""The same thing twice, and the same thing a little slower: false alarms, coverage, power."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, product
from math import exp
from statistics import median

from tests.benchmarks.profiler.data import Data, Run, differ, holds
from tests.benchmarks.profiler.extent import LEVELS, Extent, Series
from tests.benchmarks.profiler.findings import Finding, Section, Share, because, table, total

_ALPHA, _COVERAGE, _REFERENCE = 0.05, (0.92, 0.98), 200
# Planted, and threads: the share of runs that must catch it.
_CAUGHT = {(0.05, 1): 0.8, (0.05, 2): 0.7, (0.1, 1): 0.99, (0.1, 2): 0.99}

Pair = tuple[Run, Run]


@dataclass(frozen=True)
class Twice:
    """The runs of a case: pairs of them, and each with its reference."""

    case: str
    pairs: list[Pair]
    judged: list[Pair]

    @property
    def alarms(self) -> Share:
        return _share(differ(one.latency, other.latency) for one, other in self.pairs)

    def covered(self, *, widened: bool = False) -> Share:
        return _share(holds(run.latency, other.latency, widened=widened) for run, other in self.judged)

    @property
    def row(self) -> list[str]:
        runs = [run for run, _ in self.judged]
        return [
            self.case,
            f"{median(exp(run.latency.value) / 1e6 for run in runs):.2f}",
            f"{median(run.latency.half_width for run in runs):.1%}",
            f"{max(abs(_ratio(pair) - 1) for pair in self.judged):.1%}",
            f"{len(self.pairs)}",
            f"{self.alarms.value:.1%}",
            f"{self.covered().value:.1%}",
        ]


def sections(extent: Extent, data: Data, against: Data | None) -> list[Section]:
    """False alarms and coverage, within the run and against another one."""
    within = [_twice(series, extent, data) for series in extent.same]
    found = [_section("The same twice", "the other sets", extent, within)]
    if against is not None:
        apart = [_twice_apart(series, extent, data, against) for series in extent.same]
        found.append(_section("The same twice, in two journals", "the other journal", extent, apart))
    return found


def _twice(series: Series, extent: Extent, data: Data) -> Twice:
    runs = data.runs(series, extent.run_blocks)
    pairs = [(one, other) for one, other in combinations(runs, 2) if one.phase != other.phase]
    return Twice(series.case, pairs, [(run, data.others(series, run.phase)) for run in runs])


def _twice_apart(series: Series, extent: Extent, data: Data, against: Data) -> Twice:
    runs, theirs = (one.runs(series, extent.run_blocks) for one in (data, against))
    return Twice(
        series.case, list(product(runs, theirs)), [(run, against.others(series, "")) for run in runs]
    )


def _section(title: str, whose: str, extent: Extent, every: list[Twice]) -> Section:
    alarms_goal = (f"false alarms between a run and one of {whose}", "<= 5 %")
    covered_goal = (f"the 95 % interval of a run holds the number of {whose}", "92 to 98 %")
    cases = [one for one in every if one.pairs]
    if not cases:
        return Section(title, [Finding(*alarms_goal), Finding(*covered_goal)])
    alarms, covered = total([one.alarms for one in cases]), total([one.covered() for one in cases])
    widened = total([one.covered(widened=True) for one in cases])
    sizes = [len(reference.taken) for one in cases for _, reference in one.judged]
    loud = [(one.alarms.value, f"{one.case} {one.alarms.value:.1%}") for one in cases]
    far = [(abs(one.covered().value - 0.95), f"{one.case} {one.covered().value:.1%}") for one in cases]
    why = f"{because('Farthest', far)} With the reference's own error allowed for: {widened.value:.1%}."
    if min(sizes) < _REFERENCE:
        why += f" A reference has only {min(sizes)} blocks, of the {_REFERENCE} that were wanted."
    head = ("case", "ms", "half an interval", "farthest run", "pairs", "told apart", "covered")
    return Section(
        title,
        [
            Finding(*alarms_goal, str(alarms), alarms.value <= _ALPHA, because("Most", loud)),
            Finding(*covered_goal, str(covered), _COVERAGE[0] <= covered.value <= _COVERAGE[1], why),
        ],
        table(head, [one.row for one in cases]),
        [
            f"A run is {extent.run_blocks} blocks that followed one another in one set of three processes. "
            f"Of each case there are {extent.sets} sets, opened one after another at different times. Runs "
            "of a set overlap by half, so the intervals above are too narrow: they take pairs and runs as "
            "independent. Runs are told apart by Welch's test at 5 %, with the errors and the degrees of "
            "freedom of the profiler's own intervals.",
            f"The reference of a run is the number of all blocks of {whose}, {min(sizes)} at least and "
            f"{median(sizes):.0f} in the median. It has an error too. Where the interval is widened by it, "
            f"it holds the reference in {widened.value:.1%}.",
        ],
    )


def _ratio(pair: Pair) -> float:
    return exp(pair[0].latency.value - pair[1].latency.value)


def _share(hits: Iterable[bool]) -> Share:
    every = list(hits)
    return Share(sum(every), len(every))


def power_sections(extent: Extent, data: Data, _: Data | None) -> list[Section]:
    """What is caught of a known slow-down."""
    findings, rows = [], []
    for (level, threads), least in _CAUGHT.items():
        caught = {}
        for series in (one for one in extent.slower if one.threads == threads):
            slower = data.runs(series.as_variant(f"slower:{level}"), extent.run_blocks)
            usual = data.runs(series, extent.run_blocks)
            pairs = [(one, other) for one, other in product(slower, usual) if one.phase != other.phase]
            if pairs:
                caught[series.case] = _share(
                    differ(one.latency, other.latency) and _ratio((one, other)) > 1 for one, other in pairs
                )
                found = median(_ratio(pair) - 1 for pair in pairs)
                width = median(one.latency.half_width for one, _ in pairs)
                name = f"{series.case}, +{level:.0%}"
                rows.append([name, f"{found:+.1%}", f"{width:.1%}", str(caught[series.case])])
        what = f"+{level:.0%} is caught by one run against one, {threads} thread{'s' * (threads > 1)}"
        share = total(list(caught.values()))
        missed = [(1 - one.value, f"{case} {one.value:.1%}") for case, one in caught.items() if one.value < 1]
        finding = Finding(what, f">= {least:.0%}", str(share), share.value >= least, because("Least", missed))
        findings.append(finding if caught else Finding(what, f">= {least:.0%}"))
    head = ("case, planted", "found, median of pairs", "half an interval", "caught")
    note = (
        "The network is wrapped so that each call goes on burning processor time for that share of what it "
        f"took. Levels: {', '.join(f'+{level:.0%}' for level in LEVELS)}. Each has one set of three "
        "processes, and its runs are compared with those of the usual network in the other sets. Caught: "
        "told apart, and slower."
    )
    return [Section("A planted slow-down", findings, table(head, rows), [note])]
