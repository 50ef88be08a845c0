"""Numbers with their errors, and what two numbers differ by. Times are compared on logarithms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, fsum, hypot, inf, log, sqrt

from scipy.special import stdtr, stdtrit

from catalog.entities.measurements import MetricValue
from catalog.statistics import degrees_of_freedom
from catalog.statistics.between_campaigns import Spread, learnt_spread
from catalog.words.metrics import Direction

LEVEL = 0.95
"""The confidence level of the intervals that are shown."""
# On the blocks of 2026-11-26 this costs no planted case, and nine tenths would (decision 20).
_AGREEING = 0.75
# How much the errors of the rounds' own numbers say about the scatter of the rounds, in degrees of freedom.
# With 100, 2 % of the builds of those blocks failed for nothing.
_KNOWN = 4
# More are as good as infinitely many, and JSON has no infinity.
_MAX_FREEDOM = 1e9


@dataclass(frozen=True)
class Number:
    """The logarithm of a number, its standard error, and the degrees of freedom of the error."""

    log: float
    error: float
    freedom: float


@dataclass(frozen=True)
class Change:
    """How much worse a candidate is than its baseline: the logarithm of a ratio, with its error.

    It is positive where the candidate takes more time, or does less in the same time.
    """

    log: float
    error: float
    freedom: float

    @property
    def share(self) -> float:
        """0.05 where the candidate is 5 % worse."""
        return exp(self.log) - 1

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the interval of `share` at `LEVEL`."""
        reach = float(stdtrit(self.freedom, (1 + LEVEL) / 2)) * self.error
        return exp(self.log - reach) - 1, exp(self.log + reach) - 1

    @property
    def chance_if_no_worse(self) -> float:
        """The probability to find the candidate at least so much worse, if it is as good as its baseline."""
        return float(stdtr(self.freedom, -self.log / self.error))

    @property
    def chance_if_no_better(self) -> float:
        """The probability to find the candidate at least so much better, if it is as good as its baseline."""
        return float(stdtr(self.freedom, self.log / self.error))


def number_of(value: MetricValue) -> Number | None:
    """The number with the error that its interval implies. None where it is absent or has no interval.

    Until protocol 2 the degrees of freedom were one less than the processes, and were not stored.
    """
    if value.value is None or value.low is None or value.high is None or value.level is None:
        return None
    freedom = value.degrees_of_freedom
    if freedom is None:
        freedom = inf if value.processes is None else value.processes - 1
    if freedom <= 0 or value.low <= 0 or value.high <= value.low:
        return None
    reach = float(stdtrit(min(freedom, _MAX_FREEDOM), (1 + value.level) / 2))
    return Number(log(value.value), (log(value.high) - log(value.low)) / 2 / reach, freedom)


def combined(numbers: Sequence[Number], spread: Spread) -> Number:
    """The mean of numbers of several campaigns, each weighted by its precision, with what campaigns differ by
    in its error (a model of random effects, as of DerSimonian and Laird 1986)."""
    weights = [1 / (number.error**2 + spread.sd**2) for number in numbers]
    total = fsum(weights)
    shares = [weight / total for weight in weights]
    between = spread.sd**2 * fsum(share**2 for share in shares)
    parts = [
        ((share * number.error) ** 2, number.freedom) for share, number in zip(shares, numbers, strict=True)
    ]
    return Number(
        fsum(share * number.log for share, number in zip(shares, numbers, strict=True)),
        sqrt(1 / total),
        _freedom([*parts, (between, spread.freedom)]),
    )


def change(baseline: Number, candidate: Number, direction: Direction) -> Change:
    """What the candidate is worse by, from two numbers of a metric that gets better in `direction`."""
    sign = 1 if direction is Direction.LOWER else -1
    error = hypot(baseline.error, candidate.error)
    freedom = _freedom([(number.error**2, number.freedom) for number in (baseline, candidate)])
    return Change(sign * (candidate.log - baseline.log), error, freedom)


def change_in_turns(rounds: Sequence[Change]) -> Change:
    """The change that was measured several times, baseline and candidate right after one another.

    What the machine does for minutes meets both, so the rounds alone say how far their mean can be trusted.
    Few rounds say little about it. So their variance is moderated by the errors of the rounds' own numbers
    (Smyth 2004, doi:10.2202/1544-6115.1027).
    """
    count = len(rounds)
    mean = fsum(one.log for one in rounds) / count
    own = fsum(one.error**2 for one in rounds) / count
    scatter = fsum((one.log - mean) ** 2 for one in rounds)
    freedom = _KNOWN + count - 1
    return Change(mean, sqrt((_KNOWN * own + scatter) / freedom / count), freedom)


def agree(rounds: Sequence[Change]) -> bool:
    """Whether most rounds found a change of the same sign. One disturbed round makes no change."""
    worse = sum(one.log > 0 for one in rounds)
    return max(worse, len(rounds) - worse) >= _AGREEING * len(rounds)


def spread_in(series: Iterable[Sequence[Number]], prior: Spread) -> Spread:
    """What campaigns differ by, learnt from numbers of the same thing in successive campaigns.

    Each of `series` has the numbers of a case, the older first.
    """
    pairs = (
        (later.log - earlier.log, later.error**2 + earlier.error**2)
        for numbers in series
        for earlier, later in pairwise(numbers)
    )
    return learnt_spread(pairs, prior)


def _freedom(parts: Sequence[tuple[float, float]]) -> float:
    return min(degrees_of_freedom.of_sum(parts), _MAX_FREEDOM)
