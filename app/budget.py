"""The one meaning of "fits": bounds on metrics, slack, probability. Pure; arrays in, arrays out."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import erf, sqrt
from statistics import NormalDist

import numpy as np

from catalog.columns import Floats, MetricColumn
from catalog.metrics import Metric

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
    """How n candidates stand to a budget; `probability` is joint, NaN where a metric is unknown."""

    by_bound: Mapping[Bound, BoundFit]
    fits: Bools
    probability: Floats

    @property
    def known(self) -> Bools:
        """Where every bounded metric is known."""
        known = np.ones(len(self.fits), dtype=np.bool_)
        for fit in self.by_bound.values():
            known &= fit.known
        return known

    def within_all_but(self, bound: Bound) -> Bools:
        """Where every other bound holds."""
        within = np.ones(len(self.fits), dtype=np.bool_)
        for other, fit in self.by_bound.items():
            if other != bound:
                within &= fit.within
        return within

    def distance(self) -> Floats:
        """The largest relative violation over the bounds; 0 inside, NaN where unknown."""
        worst = np.zeros(len(self.fits))
        for fit in self.by_bound.values():
            worst = np.maximum(worst, -fit.relative_slack)  # NaN stays NaN
        return worst


def fit_budget(budget: Budget, metrics: Mapping[Metric, MetricColumn], count: int) -> BudgetFit:
    """Test `count` candidates against every bound."""
    by_bound = {bound: fit_bound(bound, metrics[bound.metric], budget.confidence) for bound in budget.bounds}
    fits = np.ones(count, dtype=np.bool_)
    probability = np.ones(count)
    for fit in by_bound.values():
        fits &= fit.within
        probability = probability * fit.probability
    if budget.confidence is not None:
        fits &= np.nan_to_num(probability, nan=0.0) >= budget.confidence
    return BudgetFit(by_bound, fits, probability)


def fit_bound(bound: Bound, column: MetricColumn, confidence: float | None) -> BoundFit:
    """Test each value of `column` against `bound`; with a `confidence`, the value's distribution."""
    known = ~np.isnan(column.value)
    slack = np.full(len(column.value), np.inf)
    relative = np.full(len(column.value), np.inf)
    for limit, sign in bound.sides:
        side = sign * (column.value - limit)
        # A limit of zero has no relative slack; the slack itself then stands for it.
        share = side / limit if limit else side
        nearer = ~(side >= slack)
        slack = np.where(nearer, side, slack)
        relative = np.where(nearer, share, relative)
    within = known & (np.nan_to_num(slack, nan=-1.0) >= 0)
    probability = _probability(bound, column, within)
    if confidence is not None:
        within = known & (np.nan_to_num(probability, nan=0.0) >= confidence)
    return BoundFit(known, within, slack, relative, probability)


def admitting_limit(column: MetricColumn, sign: int, limit: float, probability: float | None) -> Floats:
    """The limit of one side (sign 1: minimum, -1: maximum) that each candidate needs to fit.

    With a `probability`, the limit at which it holds with that probability; otherwise the value itself.
    A candidate that fits already needs no other limit than `limit`.
    """
    needed = column.value
    if probability is not None:
        quantile = NormalDist().inv_cdf(min(probability, 1 - 1e-12))
        needed = column.value * np.exp(-sign * quantile * _log_deviation(column))
    return np.minimum(needed, limit) if sign > 0 else np.maximum(needed, limit)


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
    deviation = _log_deviation(column)
    exact = np.where(np.isnan(column.value), np.nan, within.astype(np.float64))
    spread = np.flatnonzero(deviation > 0)
    if not len(spread):
        return exact
    inside = np.ones(len(spread))
    for limit, sign in bound.sides:
        below = _normal_cdf(_standardised(limit, column.value[spread], deviation[spread]))
        inside = inside - (below if sign > 0 else 1 - below)
    exact[spread] = np.clip(inside, 0.0, 1.0)
    return exact


def _standardised(limit: float, value: Floats, deviation: Floats) -> Floats:
    if limit <= 0:
        return np.full(len(value), -np.inf)
    return np.asarray(np.log(limit / value) / deviation, dtype=np.float64)


def _normal_cdf(z: Floats) -> Floats:
    return np.array([(1 + erf(one / sqrt(2))) / 2 for one in z])
