"""Tables beside the goals: what varies, what of the canary follows it, and which estimator is best."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from math import log, sqrt
from statistics import fmean, median, pvariance, stdev

import numpy as np

from catalog.entities.samples import Beat
from catalog.statistics.quietness import QUIET
from profiler.protocol.latency import QUANTILE, Moment, weighted_quantile
from tests.benchmarks.profiler.data import Data, Run, windows
from tests.benchmarks.profiler.extent import SET, Extent
from tests.benchmarks.profiler.findings import Section, table

_BLOCKS = (10, 20, 40, 80)
# How often a beat runs each kernel (profiler/canary.py).
_RUNS = {"product": 3, "network": 4, "hand-off": 3}
_KERNELS: Mapping[str, Callable[[Beat], float]] = {
    "product": lambda beat: beat.product_ns,
    "network": lambda beat: beat.network_ns,
    "hand-off": lambda beat: beat.hand_off_ns,
    "all three": lambda beat: beat.ns,
}


def sections(extent: Extent, data: Data, _: Data | None) -> list[Section]:
    return [_variances(extent, data), _canary(extent, data), _estimators(extent, data)]


def _variances(extent: Extent, data: Data) -> Section:
    rows = []
    for series in extent.same:
        sets = list(data.sets(series).values())
        moments = [moment for run in sets for moment in run.moments]
        if not any(len(run.samples) > 1 for run in sets):
            continue
        quiet = sum(moment.above <= QUIET for moment in moments) / len(moments)
        _, every = components(sets, lambda _: True)
        process, of_quiet = components(sets, lambda moment: moment.above <= QUIET)
        between = stdev(run.latency.value for run in sets) if len(sets) > 1 else 0.0
        shares = (every, of_quiet, quiet, process, between)
        rows.append([series.case, f"{len(moments)}", *(f"{one:.1%}" for one in shares)])
    head = ("case", "blocks", "sd of a block", "of a quiet one", "quiet", "sd of a process", "sd of sets")
    note = (
        "Standard deviations of the logarithms of the blocks' times. Beside a quiet block the canary is "
        f"within {QUIET:.0%} of its quiet level. What belongs to the process is an analysis of variance of "
        "the quiet blocks of each set, whose processes were visited in the same moments. Sets are compared "
        "by the profiler's estimate."
    )
    return Section("Process against moment", table=table(head, rows), notes=[note] if rows else [])


def components(sets: Sequence[Run], counts: Callable[[Moment], bool]) -> tuple[float, float]:
    """The standard deviations that belong to the process and to the block, of the moments that count."""
    processes, within, blocks, between = 0.0, 0.0, 0.0, []
    for run in sets:
        groups: dict[int, list[float]] = {}
        for moment in filter(counts, run.moments):
            groups.setdefault(moment.process, []).append(moment.log_time)
        usable = [group for group in groups.values() if len(group) > 1]
        processes += len(usable)
        blocks += sum(map(len, usable))
        within += sum(len(group) * pvariance(group) for group in usable)
        if len(usable) > 1:
            between.append((stdev(map(fmean, usable)) ** 2, fmean(1 / len(group) for group in usable)))
    block = within / max(1.0, blocks - processes)
    process = fmean(found - share * block for found, share in between) if between else 0.0
    return sqrt(max(0.0, process)), sqrt(block)


def _canary(extent: Extent, data: Data) -> Section:
    rows = []
    for threads in (1, 2):
        found: dict[str, list[float]] = {name: [] for name in _KERNELS}
        for series in (one for one in extent.same if one.threads == threads):
            runs = [run for run in data.sets(series).values() if len(run.taken) > 2]
            times = [moment.log_time for run in runs for moment in run.moments]
            if len(times) < _BLOCKS[0]:
                continue
            for name, kernel in _KERNELS.items():
                beside = [
                    (log(kernel(block.before)) + log(kernel(block.after))) / 2
                    for run in runs
                    for sample in run.samples
                    for block in sample.blocks
                ]
                found[name].append(float(np.corrcoef(times, beside)[0, 1]))
        if found["product"]:
            shares = _shares(data, threads)
            rows.append(
                [
                    f"{threads}",
                    *(f"{median(found[name]):.2f}" for name in _KERNELS),
                    *(f"{shares[name]:.1%}" for name in _RUNS),
                ]
            )
    head = ("threads", *(f"r with {name}" for name in _KERNELS), *(f"time, {name}" for name in _RUNS))
    note = (
        "Correlation of the logarithm of a block's time with that of each kernel of the canary beside it, in "
        "the median of cases, and with the figure that the estimate takes, the geometric mean of the three. "
        "Beside them is each kernel's share of the time of all visits, without opening processes."
    )
    return Section("Which kernels of the canary follow the networks", (), table(head, rows), [note])


def _shares(data: Data, threads: int) -> dict[str, float]:
    """Each kernel's share of the time of the visits of the sets. A beat between two blocks serves both."""
    visits = [one for one in data.taken if one.phase.startswith(SET) and one.series.threads == threads]
    blocks = [block for one in visits if one.sample is not None for block in one.sample.blocks]
    beats = {beat for block in blocks for beat in (block.before, block.after)}
    total_s = sum(one.took_s - one.opening_s for one in visits)
    return {
        name: sum(_KERNELS[name](beat) for beat in beats) * runs / 1e9 / total_s
        for name, runs in _RUNS.items()
    }


def _unweighted(moments: Sequence[Moment]) -> list[Moment]:
    return [replace(moment, above=0.0) for moment in moments]


_Number = Callable[[Sequence[Moment]], float]
_ESTIMATORS: Mapping[str, _Number] = {
    "median of all": lambda moments: weighted_quantile(_unweighted(moments), 0.5),
    f"{QUANTILE} quantile of all": lambda moments: weighted_quantile(_unweighted(moments), QUANTILE),
    "weighted median": lambda moments: weighted_quantile(moments, 0.5),
    f"weighted {QUANTILE} quantile (ours)": lambda moments: weighted_quantile(moments, QUANTILE),
}


def _estimators(extent: Extent, data: Data) -> Section:
    columns = [(threads, blocks) for threads in (1, 2) for blocks in _BLOCKS]
    found = {
        (name, threads, blocks): [
            difference
            for series in extent.same
            if series.threads == threads
            for difference in _differences(list(data.sets(series).values()), blocks, number)
        ]
        for name, number in _ESTIMATORS.items()
        for threads, blocks in columns
    }
    known = [column for column in columns if found["median of all", *column]]
    rows = [[name, *(f"{_rms(found[name, *column]):.1%}" for column in known)] for name in _ESTIMATORS]
    head = [f"{blocks} blocks, {threads} thread{'s' * (threads > 1)}" for threads, blocks in known]
    note = (
        "Root mean square of the difference between two runs of so many blocks, in different sets and at "
        "different times, over all cases. A weighted block counts the less, the further the canary beside it "
        "was above its quiet level."
    )
    return Section("Estimators", (), table(("estimator", *head), rows if known else []), [note])


def _differences(sets: Sequence[Run], blocks: int, number: _Number) -> Iterator[float]:
    """Between runs of different sets. The runs of a set share no block."""
    numbers = [[number(run.moments) for run in windows(one, blocks, blocks)] for one in sets]
    for one, other in combinations(numbers, 2):
        yield from (second - first for first, second in product(one, other))


def _rms(values: Sequence[float]) -> float:
    return sqrt(fmean(value**2 for value in values))
