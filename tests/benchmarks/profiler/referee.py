"""The same file, timed by MLPerf's load generator and by a loop of a few lines, block by block in turn."""

from math import exp
from statistics import median

from profiler.protocol.plan import SamplingPlan
from tests.benchmarks.profiler.data import Data, Run
from tests.benchmarks.profiler.extent import REFEREE, REFEREES, Extent
from tests.benchmarks.profiler.findings import Finding, Section, because, table

_WITHIN, _OFTEN = 0.03, 11 / 12
_GOAL = ">= 11 of 12"


def sections(extent: Extent, data: Data, _: Data | None) -> list[Section]:
    """Ratios of the numbers."""
    runs = {
        series: {
            variant: Run(series, tuple(data.of_phase(series.as_variant(variant), REFEREE)))
            for variant in ("", *REFEREES)
        }
        for series in extent.referees
    }
    runs = {series: one for series, one in runs.items() if all(len(run.taken) > 1 for run in one.values())}
    ratios = {
        series: {referee: exp(one[""].latency.value - one[referee].latency.value) for referee in REFEREES}
        for series, one in runs.items()
    }
    findings = []
    for referee, words in REFEREES.items():
        of_referee = {series.architecture: one[referee] for series, one in ratios.items()}
        what = f"within 3 % of {words}"
        if not of_referee:
            findings.append(Finding(what, _GOAL))
            continue
        far = [
            (abs(ratio - 1), f"{name} {ratio:.3f}")
            for name, ratio in of_referee.items()
            if abs(ratio - 1) > _WITHIN
        ]
        near = len(of_referee) - len(far)
        found = f"{near} of {len(of_referee)}; median ratio {median(of_referee.values()):.3f}"
        reached = near / len(of_referee) >= _OFTEN
        findings.append(Finding(what, _GOAL, found, reached, because("Beyond", far)))
    rows = [
        [
            series.case,
            f"{exp(one[''].latency.value) / 1e6:.2f}",
            f"{one[''].latency.half_width:.1%}",
            *(f"{ratios[series][referee]:.3f}" for referee in REFEREES),
            " / ".join(f"{len(run.taken)}" for run in one.values()),
        ]
        for series, one in runs.items()
    ]
    head = ("case", "ours, ms", "half an interval", *(f"ours / {referee}" for referee in REFEREES), "blocks")
    plan = SamplingPlan()
    note = (
        "Each round makes a block of every network in each of the three ways, in random order and in "
        "processes of its own, two for each. The canary beats beside all of them, and all numbers are the "
        "profiler's estimate at the quiet level. A block of the load generator is one test: SingleStream, "
        f"PerformanceOnly, {1000 * plan.block_s:g} ms and {plan.block_calls} queries at least. Its median "
        "is read from its own log. The loop makes calls for as long. Both make one call before, because "
        "others have used the caches."
    )
    return [Section("Referees", findings, table(head, rows), [note])]
