"""What an answer costs that repeats itself, beside timm's protocol, and where the time goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median

from tests.benchmarks.profiler import resampling
from tests.benchmarks.profiler.extent import Case, Extent
from tests.benchmarks.profiler.findings import Finding, Section, table, unmeasured, worst
from tests.benchmarks.profiler.journal import Data, Series, Taken, medians_ms

_WITHIN = 0.02
_LEAST_PROCESSES = 8
_MOST = 100  # processes of an answer
_GOAL = ("cost of an answer that repeats itself, of timm's protocol, median of cases", "<= 1.00")


@dataclass(frozen=True)
class Protocol:
    """The processes that an answer needs (None: more than 100) and the seconds of one."""

    processes: int | None
    process_s: float

    @property
    def seconds(self) -> float:
        """Of an answer, or of 100 processes where they do not suffice."""
        return (self.processes or _MOST) * self.process_s

    def __str__(self) -> str:
        more = "" if self.processes else "> "
        return f"{more}{self.seconds:.1f} s ({more}{self.processes or _MOST} x {self.process_s:.2f} s)"


def series(extent: Extent) -> dict[Series, int]:
    """Each case by our protocol and by timm's."""
    return {
        Series(*case, variant=variant): extent.cost_processes
        for case in extent.cost_cases
        for variant in ("", "timm")
    }


def section(extent: Extent, data: Data) -> Section:
    """Seconds until an answer repeats itself, and where they go."""
    title = "Cost"
    rows, ratios, causes, short = [], [], [], []
    for case in extent.cost_cases:
        name = Series(*case).case
        ours, theirs = _ours(data, case), _timms(data, case)
        if ours is None or theirs is None:
            short.append(f"{name}: {len(data.clean(Series(*case)))} of ours undisturbed")
            continue
        if ours.processes is None and theirs.processes is None:
            rows.append([name, str(ours), str(theirs), "-"])
            continue
        ratio = ours.seconds / theirs.seconds
        bound = ">" if ours.processes is None else "<" if theirs.processes is None else ""
        ratios.append(ratio)
        causes.append((ratio, f"{name} {bound}{ratio:.2f}"))
        rows.append([name, str(ours), str(theirs), f"{bound}{ratio:.2f}"])
    parts = {Series(*case).case: _parts(data, case) for case in extent.cost_cases}
    kinds = list(dict.fromkeys(kind for of_case in parts.values() for kind in of_case))
    if not kinds:
        return unmeasured(title, _GOAL)
    where = table(
        ("a process, s", *(kind.replace("_", "-") for kind in kinds), "export, once"),
        [
            [name, *(f"{of_case.get(kind, 0.0):.2f}" for kind in kinds), _export(data, name)]
            for name, of_case in parts.items()
            if of_case
        ],
    )
    mean_parts = {kind: fmean(of_case.get(kind, 0.0) for of_case in parts.values()) for kind in kinds}
    costs = table(("case", "ours", "timm's", "ratio"), rows)
    too_few = [f"Fewer than {_LEAST_PROCESSES} processes to draw from: {'; '.join(short)}."] if short else []
    return Section(
        title,
        [_finding(ratios, causes, mean_parts)],
        [*costs, *([""] if costs else []), *where],
        [
            *too_few,
            "An answer of n processes is the median of their medians (ours), or the mean of their means "
            "(timm's benchmark.py: 10 calls to warm up, 40 calls, one process, as often as it takes). Five "
            f"answers, each from n processes drawn with replacement from the {extent.cost_processes} or "
            "more of either kind, repeat themselves where the greatest and the least part by 2 % of the "
            f"middle one at most, in the median of 200 draws; the cost is the least such n, up to {_MOST}, "
            "times the mean seconds of a process, from its start to its end. Both run through the same "
            "worker, so start, import and loading cost them the same.",
        ],
    )


def _finding(
    ratios: Sequence[float], causes: Sequence[tuple[float, str]], mean_parts: Mapping[str, float]
) -> Finding:
    if not ratios:
        return Finding(*_GOAL, "no case in which either repeats itself", None)
    greatest = max(mean_parts, key=lambda kind: mean_parts[kind])
    share = mean_parts[greatest] / sum(mean_parts.values())
    return Finding(
        *_GOAL,
        f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        median(ratios) <= 1,
        f"Dearest: {worst(causes)}. Of the time of our processes, {share:.0%} is "
        f"{greatest.replace('_', '-')}.",
    )


def _ours(data: Data, case: Case) -> Protocol | None:
    taken = data.taken(Series(*case))
    clean = data.clean(Series(*case))
    # What was disturbed is taken again: its time is part of the cost.
    return _protocol(taken, medians_ms(clean), median)


def _timms(data: Data, case: Case) -> Protocol | None:
    taken = data.taken(Series(*case, variant="timm"))
    return _protocol(taken, [fmean(one.sample.wall_ns) for one in taken if one.sample], fmean)


def _protocol(taken: Sequence[Taken], numbers: Sequence[float], answer: resampling.Answer) -> Protocol | None:
    if len(numbers) < _LEAST_PROCESSES:
        return None
    count = resampling.processes_to_repeat(numbers, answer, _WITHIN, _MOST)
    return Protocol(count, sum(one.took_s for one in taken) / len(numbers))


def _parts(data: Data, case: Case) -> dict[str, float]:
    """Mean seconds of a process of ours by what it does; `start` lasts until the worker was asked."""
    every = [one for one in map(_parts_of, data.taken(Series(*case))) if one]
    kinds = dict.fromkeys(kind for one in every for kind in one)
    return {kind: fmean(one.get(kind, 0.0) for one in every) for kind in kinds}


def _parts_of(one: Taken) -> dict[str, float]:
    if one.sample is None:
        return {}
    start_s = datetime.fromisoformat(one.sample.started_at).timestamp() - one.began_s
    known_s = {"start": start_s, **one.sample.seconds}
    return {**known_s, "rest": one.took_s - sum(known_s.values())}


def _export(data: Data, case: str) -> str:
    seconds = data.exports.get(case.partition(",")[0])
    return "-" if seconds is None else f"{seconds:.1f}"
