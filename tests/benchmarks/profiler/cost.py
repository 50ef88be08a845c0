"""What an answer costs that repeats itself, beside timm's protocol; and what is known at equal machine time,
beside protocol 2."""

import random
from collections.abc import Callable, Sequence
from functools import partial
from math import exp, inf, log, sqrt
from statistics import fmean, median, stdev

from profiler.protocol.intervals import t_quantile
from profiler.protocol.latency import QUANTILE, Moment, weighted_quantile
from tests.benchmarks.profiler.data import Data, Run, joined
from tests.benchmarks.profiler.extent import SET, Extent, Series
from tests.benchmarks.profiler.findings import Finding, Section, because, table

_WITHIN, _ANSWERS, _DRAWS, _SEED = 0.02, 5, 100, 2026
_PROCESSES, _LEAST = 3, 6
_OUR_BLOCKS = (3, 6, 9, 12, 15, 21, 30, 42, 60, 84, 120, 180, 240)
_TIMMS = tuple(range(1, 101))
_COST_GOAL = ("cost of an answer that repeats itself within 2 %, over timm's, median of cases", "<= 0.4")
_WIDTH_GOAL = ("interval at equal machine time, this protocol over protocol 2, median of cases", "<= 1/3")


def sections(extent: Extent, data: Data, _: Data | None) -> list[Section]:
    """Seconds until an answer repeats itself, intervals at equal time, and where the time goes."""
    return [_cost(extent, data), _width(extent, data)]


def _cost(extent: Extent, data: Data) -> Section:
    title = "Cost"
    rows, ratios, causes = [], [], []
    for series in extent.cost:
        timm, run = fresh(data, series, "timm"), joined(series, list(data.sets(series).values()))
        if len(timm) < _LEAST or len(run.samples) < _PROCESSES:
            continue
        numbers = [log(fmean(wall_ns)) for _, wall_ns in timm]
        blocks = least(_OUR_BLOCKS, partial(_our_answer, run.moments))
        processes = least(_TIMMS, partial(_timms_answer, numbers))
        timm_s = fmean(took_s for took_s, _ in timm)
        ours_s = _PROCESSES * opening_s(run) + (blocks or _OUR_BLOCKS[-1]) * run.visit_s
        theirs_s = (processes or _TIMMS[-1]) * timm_s
        # Where ours never repeats itself and timm's does, its cost has no upper limit.
        ratio = ours_s / theirs_s if blocks or not processes else inf
        if blocks or processes:
            ratios.append(ratio)
            causes.append((ratio, f"{series.case} {ratio:.2f}"))
        answers = [_in_words(ours_s, blocks), _in_words(theirs_s, processes), f"{ratio:.2f}"]
        times = (opening_s(run), run.visit_s, timm_s)
        rows.append([series.case, *answers, *(f"{one:.2f}" for one in times)])
    if not rows:
        return Section(title, [Finding(*_COST_GOAL)])
    found = Finding(*_COST_GOAL, "no case in which either repeats itself")
    if ratios:
        words = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        found = Finding(*_COST_GOAL, words, median(ratios) <= 0.4, because("Dearest", causes))
    head = ("case", "ours (blocks)", "timm's (processes)", "ratio", "opening, s", "a visit", "a timm process")
    note = (
        "Ours: the estimate of n blocks of three processes, for the seconds of opening three processes and "
        "of n visits, the canary included. timm's: the mean of n processes' means (benchmark.py: 10 calls "
        f"to warm up, 40 calls). {_ANSWERS} answers, drawn with replacement from all that were taken, "
        "repeat themselves where the greatest and the least differ by 2 % at most, in the median of "
        f"{_DRAWS} draws. The cost is that of the least such n. Times are the parent's. Both load the same "
        "file by the same code."
    )
    return Section(title, [found], table(head, rows), [note])


def _in_words(seconds: float, count: int | None) -> str:
    return f"{seconds:.1f} s ({count})" if count else f"> {seconds:.1f} s"


def fresh(data: Data, series: Series, variant: str) -> list[tuple[float, tuple[int, ...]]]:
    """The seconds and the calls of each process of a variant that takes a new one each time."""
    return [
        (one.took_s, one.sample.wall_ns)
        for one in data.taken
        if one.series == series.as_variant(variant) and one.phase.startswith(SET) and one.sample is not None
    ]


def opening_s(run: Run) -> float:
    """The mean time to open a process."""
    return fmean(one.opening_s for one in run.taken if one.opening_s)


_Answer = Callable[[random.Random], float]


def least(counts: Sequence[int], answer_of: Callable[[int], _Answer]) -> int | None:
    """The least of `counts` with which answers repeat themselves. Answers are logarithms."""
    shuffler = random.Random(_SEED)
    for count in counts:
        answer = answer_of(count)
        spreads = []
        for _ in range(_DRAWS):
            answers = [answer(shuffler) for _ in range(_ANSWERS)]
            spreads.append(exp(max(answers) - min(answers)) - 1)
        if median(spreads) <= _WITHIN:
            return count
    return None


def _our_answer(moments: Sequence[Moment], count: int) -> _Answer:
    processes = sorted({one.process for one in moments})
    of_process = [[one for one in moments if one.process == process] for process in processes]

    def answer(shuffler: random.Random) -> float:
        drawn = shuffler.choices(of_process, k=_PROCESSES)
        blocks = [one for process in drawn for one in shuffler.choices(process, k=count // _PROCESSES)]
        return weighted_quantile(blocks, QUANTILE)

    return answer


def _timms_answer(numbers: Sequence[float], count: int) -> _Answer:
    return lambda shuffler: fmean(shuffler.choices(numbers, k=count))


def _width(extent: Extent, data: Data) -> Section:
    title = "Old and new at equal machine time"
    rows, ratios, causes = [], [], []
    for series in extent.cost:
        once, runs = fresh(data, series, "once"), data.runs(series, extent.run_blocks)
        if len(once) < 2 or not runs:
            continue
        whole = joined(series, list(data.sets(series).values()))
        seconds = _PROCESSES * opening_s(whole) + extent.run_blocks * whole.visit_s
        processes = max(2, round(seconds / fmean(took_s for took_s, _ in once)))
        spread = stdev(log(median(wall_ns)) for _, wall_ns in once)
        reach = t_quantile(processes - 1) * spread / sqrt(processes)
        old, new = (exp(reach) - exp(-reach)) / 2, median(run.latency.half_width for run in runs)
        ratios.append(new / old)
        causes.append((new / old, f"{series.case} {new / old:.2f}"))
        figures = (f"{seconds:.1f}", f"{processes}", f"{spread:.1%}", f"{old:.1%}", f"{new:.1%}")
        rows.append([series.case, *figures, f"{new / old:.2f}"])
    if not rows:
        return Section(title, [Finding(*_WIDTH_GOAL)])
    words = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    found = Finding(*_WIDTH_GOAL, words, median(ratios) <= 1 / 3, because("Widest", causes))
    head = ("case", "seconds", "old processes", "sd between them", "half, old", "half, new", "new / old")
    note = (
        f"New: half the interval of a run of {extent.run_blocks} blocks in three processes, in the median, "
        "and the seconds that such a run takes. Old: as many fresh processes of protocol 2 as these "
        "seconds allow, each with one visit of 0.5 s and 30 calls, and half the t interval between their "
        "medians. Both were taken in turn, in random order."
    )
    return Section(title, [found], table(head, rows), [note])
