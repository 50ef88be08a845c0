"""Pure statistics of the proof: runs drawn from many processes, and what would be said of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log, sqrt
from statistics import fmean, geometric_mean, median, stdev

import numpy as np
from scipy import stats

from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric
from profiler.protocol.intervals import t_interval
from tests.benchmarks.profiler.journal import medians_ms
from tests.benchmarks.profiler.taking import STANDARD, enough

ALPHA = 0.05
_SEED = 2026


@dataclass(frozen=True)
class Share:
    """How many of how many, with an exact 95 % interval (Clopper and Pearson)."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Taking the trials as independent."""
        if not self.of:
            return 0.0, 1.0
        found = stats.binomtest(self.hits, self.of).proportion_ci(0.95, method="exact")
        return float(found.low), float(found.high)

    def __add__(self, other: "Share") -> "Share":
        return Share(self.hits + other.hits, self.of + other.of)

    def __str__(self) -> str:
        return f"{self.value:.1%} ({self.interval[0]:.1%} to {self.interval[1]:.1%})"


def total(shares: Sequence[Share]) -> Share:
    return Share(sum(one.hits for one in shares), sum(one.of for one in shares))


def condensed(samples: Sequence[ProcessSample]) -> list[ProcessSample]:
    """Samples with the median for their only call: the process is the unit, and medians are taken often."""
    return [replace(one, wall_ns=(round(median(one.wall_ns)),)) for one in samples]


def differ(one: Sequence[ProcessSample], other: Sequence[ProcessSample]) -> bool:
    """Whether two runs are told apart: Welch's t-test on the logarithms of the processes' medians, 5 %."""
    logs = [[log(value) for value in medians_ms(run)] for run in (one, other)]
    if len(set(logs[0])) == len(set(logs[1])) == 1:
        return logs[0][0] != logs[1][0]
    return bool(stats.ttest_ind(*logs, equal_var=False).pvalue < ALPHA)


def stopped(samples: Sequence[ProcessSample]) -> Sequence[ProcessSample]:
    """As many of the samples, in their order, as a campaign would have taken; all where it wanted more."""
    for count in range(STANDARD.processes, len(samples)):
        if enough(samples[:count]):
            return samples[:count]
    return samples[: STANDARD.max_processes]


Answer = Callable[[Sequence[float]], float]
Rule = Callable[[Sequence[ProcessSample]], Sequence[ProcessSample]]


def first_five(samples: Sequence[ProcessSample]) -> Sequence[ProcessSample]:
    return samples[:5]


def pairs_of_one(
    samples: Sequence[ProcessSample], pairs: int, rule: Rule
) -> Iterator[tuple[Sequence[ProcessSample], Sequence[ProcessSample]]]:
    """Pairs of runs that share no process, each drawn from a half of one set."""
    half = len(samples) // 2
    for order in _orders(len(samples), pairs):
        shuffled = [samples[place] for place in order]
        yield rule(shuffled[:half]), rule(shuffled[half:])


def false_alarms(samples: Sequence[ProcessSample], pairs: int, rule: Rule) -> Share:
    """How many pairs of runs of the same thing are told apart."""
    found = [differ(*pair) for pair in pairs_of_one(samples, pairs, rule)]
    return Share(sum(found), len(found))


def false_alarms_in_time(samples: Sequence[ProcessSample]) -> Share:
    """The same for runs of five processes that were really taken one after the other, each used once."""
    runs = [samples[begin : begin + 5] for begin in range(0, len(samples) - 4, 5)]
    found = [differ(*pair) for pair in zip(runs[::2], runs[1::2], strict=False)]
    return Share(sum(found), len(found))


def mean_taken(samples: Sequence[ProcessSample], draws: int) -> float:
    """How many processes the stop rule takes, in the mean."""
    return fmean(len(stopped([samples[at] for at in order])) for order in _orders(len(samples), draws))


@dataclass(frozen=True)
class Coverage:
    """How often the interval of a run held the centre of the other processes, corrected for how uncertain
    that is itself; and how often it held their median, uncorrected."""

    corrected: Share
    plain: Share


def coverage(samples: Sequence[ProcessSample], draws: int) -> Coverage:
    """Of runs by the stop rule, of half of the processes at most.

    The centre is the mean of the logarithms, as the interval's is. Of n processes drawn from a set, the mean
    and that of the m others part with the variance s^2 (1/n + 1/m), so the interval is widened about its
    centre by sqrt(1 + n/m). Simulated with normal logarithms and spreads of 0.5 to 3 %, the share found is
    within a point of the true coverage in the mean; a median in place of the centre, widened by its own
    error, is held 2 to 4 points too often, for the draws share most of that error.
    """
    corrected = plain = 0
    for order in _orders(len(samples), draws):
        shuffled = [samples[place] for place in order]
        run = stopped(shuffled[: len(samples) // 2])
        times, others = medians_ms(run), medians_ms(shuffled[len(run) :])
        interval = t_interval(Metric.LATENCY_MS, times)
        low, high = interval.low or 0.0, interval.high or 0.0
        plain += low <= median(others) <= high
        wider = sqrt(1 + len(times) / len(others))
        centre, others_centre = geometric_mean(times), geometric_mean(others)
        corrected += centre * (low / centre) ** wider <= others_centre <= centre * (high / centre) ** wider
    return Coverage(Share(corrected, draws), Share(plain, draws))


def caught(slower: Sequence[ProcessSample], usual: Sequence[ProcessSample], pairs: int) -> Share:
    """How often a run of the slower is told apart from one of the usual, and found slower."""
    hits = 0
    orders = zip(_orders(len(slower), pairs), _orders(len(usual), pairs, _SEED + 1), strict=True)
    for order, usual_order in orders:
        one = stopped([slower[place] for place in order])
        other = stopped([usual[place] for place in usual_order])
        hits += differ(one, other) and fmean(medians_ms(one)) > fmean(medians_ms(other))
    return Share(hits, pairs)


def spread(samples: Sequence[ProcessSample]) -> float:
    """The standard deviation between processes, as a share."""
    return stdev(map(log, medians_ms(samples)))


def processes_to_repeat(
    numbers: Sequence[float],
    answer: Answer,
    within: float,
    most: int,
    repeats: int = 5,
    draws: int = 200,
) -> int | None:
    """The least number of processes whose `answer`s, given `repeats` times, lie within the share `within` of
    their median, on the median of the draws; None if more than `most`. Drawn with replacement."""
    random = np.random.default_rng(_SEED)
    known = np.asarray(numbers)
    for count in range(1, most + 1):
        spreads = []
        for _ in range(draws):
            drawn = random.choice(known, (repeats, count))
            answers = [answer(list(row)) for row in drawn]
            spreads.append((max(answers) - min(answers)) / median(answers))
        if median(spreads) <= within:
            return count
    return None


@dataclass(frozen=True)
class Line:
    """measured = offset + slope x known, with the slope's standard error."""

    slope: float
    error: float
    offset: float


def fitted(known: Sequence[float], measured: Sequence[float]) -> Line:
    """Least squares of the relative errors, for the errors of a clock grow with what it measures."""
    x, y = np.asarray(known), np.asarray(measured)
    design = np.stack([np.ones_like(x), x], axis=1) / x[:, None]
    solution, *_ = np.linalg.lstsq(design, y / x, rcond=None)
    residuals = y / x - design @ solution
    variance = float(residuals @ residuals) / max(1, len(x) - 2)
    covariance = variance * np.linalg.inv(design.T @ design)
    return Line(float(solution[1]), float(sqrt(covariance[1, 1])), float(solution[0]))


def _orders(size: int, draws: int, seed: int = _SEED) -> Iterator[list[int]]:
    random = np.random.default_rng(seed)
    for _ in range(draws):
        yield random.permutation(size).tolist()
