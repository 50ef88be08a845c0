"""The one meaning of "fits": bounds on metrics, slack, probability. Pure: arrays in, arrays out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from app.ranking.confidence import probability_below
from catalog.candidates import Bools, CandidateColumns, Floats, Ints, MetricColumn
from catalog.words.metrics import Metric

_HUGE = 1e300


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

    With a `confidence`, they must hold jointly with at least that probability, the numbers of a candidate
    taken as independent; without, at each number's value.
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

    @cached_property
    def misses(self) -> Ints:
        """How many bounds each candidate is not within."""
        found = np.zeros(len(self.fits), dtype=np.int64)
        for fit in self.by_bound.values():
            found += ~fit.within
        return found

    def admitted_without(self, bound: Bound) -> Bools:
        """Which candidates would fit if `bound` were dropped."""
        if self.budget.confidence is None:
            return np.asarray(self.usable & (self.misses == ~self.by_bound[bound].within))
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


def corrected_for_selection(budget: Budget, columns: CandidateColumns) -> Budget:
    """`budget` with the probability that each candidate needs, so that with the `confidence` asked for *no*
    candidate that fits breaks the budget, however many were tried.

    The best of many noisy numbers is likelier than the others to be lucky: what is picked by its numbers
    breaks its budget more often than each number alone would. Over m measurements with an interval, a
    probability of 1 - (1 - confidence) / m each bounds that by confidence (Bonferroni's inequality), however
    the pick was made and however the numbers depend on one another.
    """
    if budget.confidence is None:
        return budget
    uncertain = np.zeros(len(columns), dtype=np.bool_)
    for bound in budget.bounds:
        uncertain |= columns.metrics[bound.metric].half_width > 0
    tried = max(1, int(np.count_nonzero(np.bincount(columns.measurement.codes[uncertain]))))
    # A confidence next to 0 must not be rounded to it, which certain violators would reach.
    return replace(budget, confidence=max(budget.confidence, 1 - (1 - budget.confidence) / tried))


def fit_budget(budget: Budget, columns: CandidateColumns) -> BudgetFit:
    """Test every candidate against every bound."""
    metrics, count, usable = columns.metrics, len(columns), columns.usable
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
    return BudgetFit(budget, by_bound, fits & usable, _joint(tests, count), usable)


def _joint(tests: Sequence[BoundFit], count: int) -> Floats:
    probability = np.ones(count)
    for fit in tests:
        probability = probability * fit.probability
    return probability


def _admitted(tests: Sequence[BoundFit], confidence: float | None, count: int) -> Bools:
    if confidence is not None:
        return np.asarray(_joint(tests, count) >= confidence)
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
    within = known & (slack >= 0)
    probability = _probability(bound, column, within)
    if confidence is not None:
        within = known & (probability >= confidence)
    return BoundFit(known, within, slack, relative, probability)


def _probability(bound: Bound, column: MetricColumn, within: Bools) -> Floats:
    """P(within the bound); a number without an interval is exact."""
    exact = np.where(np.isnan(column.value), np.nan, within.astype(np.float64))
    spread = column.half_width > 0
    if not spread.any():
        return exact
    inside = np.ones(len(column.value))
    for limit, sign in bound.sides:
        below = probability_below(column, limit)
        inside = inside - (below if sign > 0 else 1 - below)
    return np.where(spread, np.clip(inside, 0.0, 1.0), exact)
