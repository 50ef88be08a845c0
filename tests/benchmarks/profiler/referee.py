"""The same artefact, timed by MLPerf's load generator and by a loop of a few lines."""

from statistics import median

from tests.benchmarks.profiler import resampling
from tests.benchmarks.profiler.extent import ONNXRUNTIME, Extent
from tests.benchmarks.profiler.findings import Finding, Section, table, unmeasured, worst
from tests.benchmarks.profiler.journal import Data, Series, medians_ms

_WITHIN, _OFTEN = 0.03, 0.9
_REFEREES = {"loadgen": "MLPerf's load generator", "loop": "a loop written by hand"}
_GOAL = f">= {_OFTEN:.0%} of networks"


def series(extent: Extent) -> dict[Series, int]:
    """Ours, and each referee."""
    return {
        one: extent.referee_processes
        for name in extent.referee_architectures
        for one in (_ours(name), *(_theirs(name, referee) for referee in _REFEREES))
    }


def section(extent: Extent, data: Data) -> Section:
    """Ratios of medians."""
    title = "Referees"
    names = [
        name
        for name in extent.referee_architectures
        if len(data.samples(_ours(name))) > 1
        and all(len(data.samples(_theirs(name, referee))) > 1 for referee in _REFEREES)
    ]
    goals = {referee: f"within 3 % of {words}" for referee, words in _REFEREES.items()}
    if not names:
        return unmeasured(title, *((what, _GOAL) for what in goals.values()))
    ours = {name: median(medians_ms(data.samples(_ours(name)))) for name in names}
    ratios = {
        referee: {
            name: ours[name] / median(medians_ms(data.samples(_theirs(name, referee)))) for name in names
        }
        for referee in _REFEREES
    }
    findings = []
    for referee, what in goals.items():
        far = {name: ratio for name, ratio in ratios[referee].items() if abs(ratio - 1) > _WITHIN}
        share = 1 - len(far) / len(names)
        causes = [
            (abs(ratio - 1), f"{name} {ratio:.3f} ({_spreads(data, name, referee)})")
            for name, ratio in far.items()
        ]
        middle = median(ratios[referee].values())
        found = f"{len(names) - len(far)} of {len(names)}; median ratio {middle:.3f}"
        why = f"Beyond: {worst(causes)}." if causes else ""
        findings.append(Finding(what, _GOAL, found, share >= _OFTEN, why))
    rows = [
        [
            name,
            f"{ours[name]:.2f}",
            f"{ratios['loadgen'][name]:.3f}",
            f"{ratios['loop'][name]:.3f}",
            f"{resampling.spread(data.samples(_ours(name))):.1%}",
        ]
        for name in names
    ]
    return Section(
        title,
        findings,
        table(("network, onnxruntime", "ours, ms", "/ loadgen", "/ loop", "sd of ours"), rows),
        [
            f"{extent.referee_processes} processes each, in the same random order as everything else, "
            "pinned to the same CPU, loading the same file by the same code. The load generator runs "
            "SingleStream, PerformanceOnly, for 500 ms and 30 queries at least, and its median is read "
            "from its own log; the loop makes ten calls and then takes the median of what follows.",
        ],
    )


def _ours(name: str) -> Series:
    return Series(name, ONNXRUNTIME)


def _theirs(name: str, referee: str) -> Series:
    return Series(name, ONNXRUNTIME, variant=referee)


def _spreads(data: Data, name: str, referee: str) -> str:
    theirs = data.samples(_theirs(name, referee))
    return (
        f"sd between processes {resampling.spread(data.samples(_ours(name))):.1%} of ours, "
        f"{resampling.spread(theirs):.1%} of theirs"
    )
