"""The one meaning of "fits": bounds on metrics, slack, probability. Pure; arrays in, arrays out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import erf, sqrt
from statistics import NormalDist

import numpy as np

from catalog.columns import Floats, MetricColumn
from catalog.metrics import Metric

_HUGE = 1e300
# Rounding must not undo what a computed limit admits.
_PADDING = 1e-9

Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Bound:
    """A metric must be at least `minimum` and at most `maximum`; one of them may be None."""

    metric: Metric
    minimum: float | None = None
    maximum: float | None = None

    @property
    def sides(self) -> tuple[tuple[float, int], ...]:
        """(limit, sign) of each side; sign * (value - limit) is the slack of that side."""
        pairs = ((self.minimum, 1), (self.maximum, -1))
        return tuple((limit, sign) for limit, sign in pairs if limit is not None)


@dataclass(frozen=True)
class Budget:
    """Bounds that must all hold.

    With a `confidence`, they must hold jointly with at least that probability, the numbers taken as
    independent; without, at each number's value.
    """

    bounds: tuple[Bound, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True)
class BoundFit:
    """How n candidates stand to one bound; `within` heeds the confidence, if there is one.

    `slack` is in the metric's unit, positive inside; it and `relative_slack` (slack / limit of the nearer
    side) are NaN where the metric is unknown.
    """

    known: Bools
    within: Bools
    slack: Floats
    relative_slack: Floats
    probability: Floats


@dataclass(frozen=True)
class BudgetFit:
    """How n candidates stand to a budget; `probability` is joint, NaN where a metric is unknown. A
    candidate that is not `usable` fits no budget."""

    budget: Budget
    by_bound: Mapping[Bound, BoundFit]
    fits: Bools
    probability: Floats
    usable: Bools

    def admitted_without(self, bound: Bound) -> Bools:
        """Which candidates would fit if `bound` were dropped."""
        others = [fit for other, fit in self.by_bound.items() if other != bound]
        return self.usable & _admitted(others, self.budget.confidence, len(self.fits))

    def probability_without(self, bound: Bound) -> Floats:
        """The joint probability of the other bounds."""
        return _joint([fit for other, fit in self.by_bound.items() if other != bound], len(self.fits))

    def distance(self) -> Floats:
        """The largest relative violation over the bounds; 0 inside, NaN where unknown or unusable."""
        worst = np.where(self.usable, 0.0, np.nan)
        for fit in self.by_bound.values():
            worst = np.maximum(worst, -fit.relative_slack)  # NaN stays NaN
        return worst


def fit_budget(
    budget: Budget, metrics: Mapping[Metric, MetricColumn], count: int, usable: Bools | None = None
) -> BudgetFit:
    """Test `count` candidates against every bound; all of them are usable unless told otherwise."""
    by_bound = {bound: fit_bound(bound, metrics[bound.metric], budget.confidence) for bound in budget.bounds}
    tests = list(by_bound.values())
    fits = _admitted(tests, budget.confidence, count)
    if budget.confidence is not None and tests:
        # Bounds that hold one by one may fail jointly: that is put to the least certain of them.
        failing = ~fits & np.logical_and.reduce([fit.within for fit in tests])
        least = np.argmin(np.stack([fit.probability for fit in tests]), axis=0)
        by_bound = {
            bound: replace(fit, within=fit.within & ~(failing & (least == position)))
            for position, (bound, fit) in enumerate(by_bound.items())
        }
    usable = np.ones(count, dtype=np.bool_) if usable is None else usable
    return BudgetFit(budget, by_bound, fits & usable, _joint(tests, count), usable)


def _joint(tests: Sequence[BoundFit], count: int) -> Floats:
    probability = np.ones(count)
    for fit in tests:
        probability = probability * fit.probability
    return probability


def _admitted(tests: Sequence[BoundFit], confidence: float | None, count: int) -> Bools:
    if confidence is not None:
        return np.asarray(np.nan_to_num(_joint(tests, count), nan=0.0) >= confidence)
    admitted = np.ones(count, dtype=np.bool_)
    for fit in tests:
        admitted &= fit.within
    return admitted


def fit_bound(bound: Bound, column: MetricColumn, confidence: float | None) -> BoundFit:
    """Test each value of `column` against `bound`; with a `confidence`, the value's distribution."""
    known = ~np.isnan(column.value)
    slack = np.full(len(column.value), np.inf)
    relative = np.full(len(column.value), np.inf)
    for limit, sign in bound.sides:
        side = sign * (column.value - limit)
        # A limit of zero has no relative slack; the slack itself then stands for it.
        with np.errstate(over="ignore"):
            share = np.clip(side / limit, -_HUGE, _HUGE) if limit else side
        nearer = ~(side >= slack)
        slack = np.where(nearer, side, slack)
        relative = np.where(nearer, share, relative)
    within = known & (np.nan_to_num(slack, nan=-1.0) >= 0)
    probability = _probability(bound, column, within)
    if confidence is not None:
        within = known & (np.nan_to_num(probability, nan=0.0) >= confidence)
    return BoundFit(known, within, slack, relative, probability)


def admitting_limit(
    column: MetricColumn, sign: int, limit: float, probability: float | Floats | None
) -> Floats:
    """The limit of one side (sign 1: minimum, -1: maximum) that each candidate needs to fit.

    With a `probability`, the limit inside which the number lies with that probability, NaN where none
    does; otherwise the value itself. A candidate that fits already needs no other limit than `limit`.
    """
    needed = column.value
    if probability is not None:
        deviation = _log_deviation(column)
        chances = np.broadcast_to(np.asarray(probability, dtype=np.float64), needed.shape)
        z = np.array([_quantile(float(chance)) for chance in chances])
        spread = column.value * np.exp(-sign * (z * deviation + _PADDING))
        needed = np.where(deviation > 0, spread, np.where(chances <= 1, column.value, np.nan))
    return np.minimum(needed, limit) if sign > 0 else np.maximum(needed, limit)


def probability_below(column: MetricColumn, limit: float) -> Floats:
    """P(number < limit) of each candidate; 0 or 1 where the number is exact."""
    deviation = _log_deviation(column)
    below = np.where(np.isnan(column.value), np.nan, (column.value < limit).astype(np.float64))
    spread = np.flatnonzero(deviation > 0)
    below[spread] = _normal_cdf(_standardised(limit, column.value[spread], deviation[spread]))
    return below


def _quantile(chance: float) -> float:
    """The standard normal quantile; NaN where no limit is wide enough."""
    return NormalDist().inv_cdf(chance) if _PADDING < chance < 1 - _PADDING else np.nan


def _log_deviation(column: MetricColumn) -> Floats:
    """The standard deviation of the logarithm, from the interval; 0 where there is none."""
    levels = np.unique(column.level[~np.isnan(column.level)])
    deviation = np.zeros(len(column.value))
    for level in levels:
        quantile = NormalDist().inv_cdf((1 + float(level)) / 2)
        here = column.level == level
        deviation[here] = np.log(column.high[here] / column.low[here]) / 2 / quantile
    return deviation


def _probability(bound: Bound, column: MetricColumn, within: Bools) -> Floats:
    """P(within the bound), log-normal around the value with the interval's width; a number without an
    interval is exact."""
    spread = _log_deviation(column) > 0
    inside = np.ones(len(column.value))
    for limit, sign in bound.sides:
        below = probability_below(column, limit)
        inside = inside - (below if sign > 0 else 1 - below)
    exact = np.where(np.isnan(column.value), np.nan, within.astype(np.float64))
    return np.where(spread, np.clip(inside, 0.0, 1.0), exact)


def _standardised(limit: float, value: Floats, deviation: Floats) -> Floats:
    if limit <= 0:
        return np.full(len(value), -np.inf)
    return np.asarray((np.log(limit) - np.log(value)) / deviation, dtype=np.float64)


def _normal_cdf(z: Floats) -> Floats:
    return np.array([(1 + erf(one / sqrt(2))) / 2 for one in z])
