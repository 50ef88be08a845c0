"""The one meaning of "fits": bounds on metrics, slack, probability. Pure: arrays in, arrays out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from app.ranking.budget.confidence import probability_within
from app.ranking.budget.floors import floor_of
from app.ranking.budget.sides import Side
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.candidates.metric_columns import MetricColumn
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance

# A share of a limit next to 0 would overflow. No metric has numbers as small as this.
_LEAST_LIMIT = 1e-15
_NO_ROWS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Bound:
    """A metric must be at least `minimum` and at most `maximum`. One of them may be None."""

    metric: Metric
    minimum: float | None = None
    maximum: float | None = None

    @property
    def sides(self) -> tuple[tuple[float, Side], ...]:
        """The limit of each side that the bound has."""
        pairs = ((self.minimum, Side.MIN), (self.maximum, Side.MAX))
        return tuple((limit, side) for limit, side in pairs if limit is not None)


@dataclass(frozen=True)
class Budget:
    """Bounds that must all hold.

    With a `confidence`, they must hold jointly with at least that probability, where the numbers of a
    candidate count as independent. A measured candidate needs more (`required_probabilities`). Without a
    confidence, they must hold at each number's value.
    """

    bounds: tuple[Bound, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True)
class BoundFit:
    """The test of n candidates against one bound.

    `judged` are the candidates whose metric is known, or known to be above the maximum. `within` heeds the
    required probability, if there is one. `slack` is in the metric's unit, positive inside, to the nearer
    side. `relative_slack` is the smaller of each side's slack / limit. Both are NaN where the metric is
    unknown.
    """

    judged: Bools
    within: Bools
    slack: Floats
    relative_slack: Floats
    probability: Floats


@dataclass(frozen=True)
class BudgetFit:
    """The test of n candidates against a budget.

    `probability` is that all bounds hold, NaN where a metric is unknown. `required` is what it must be at
    least, None without a confidence. A candidate that is not `usable` fits no budget.
    """

    budget: Budget
    by_bound: Mapping[Bound, BoundFit]
    fits: Bools
    probability: Floats
    usable: Bools
    required: Floats | None = None

    @cached_property
    def misses(self) -> Ints:
        """How many bounds each candidate is not within."""
        count = np.zeros(len(self.fits), dtype=np.int64)
        for fit in self.by_bound.values():
            count += ~fit.within
        return count

    def admitted_without(self, bound: Bound) -> Bools:
        """Which candidates would fit if `bound` were dropped."""
        if self.required is None:
            return np.asarray(self.usable & (self.misses == ~self.by_bound[bound].within))
        others = [fit for other, fit in self.by_bound.items() if other != bound]
        return self.usable & _admitted(others, self.required, len(self.fits))

    def probability_without(self, bound: Bound) -> Floats:
        """The joint probability of the other bounds."""
        return _joint([fit for other, fit in self.by_bound.items() if other != bound], len(self.fits))


def required_probabilities(budget: Budget, columns: CandidateColumns) -> Floats | None:
    """The probability with which each candidate must keep the budget. None without a confidence.

    The best of many noisy numbers is likelier than the others to be lucky. A candidate that is picked by its
    measured numbers breaks its budget more often than each number alone would. Over m measurements with an
    interval, a probability of 1 - (1 - confidence) / m each is enough for the promise that *none* of them
    that fits breaks the budget, with the probability `confidence` (Bonferroni's inequality). That holds
    however the pick was made and however the numbers depend on one another.

    The interval of an estimated or a published number says what a measurement of it shows, whoever picks it.
    So such a candidate needs the confidence itself.
    """
    if budget.confidence is None:
        return None
    required = np.full(len(columns), budget.confidence)
    tried: list[Ints] = [_NO_ROWS]
    is_tried = np.zeros(len(columns), dtype=np.bool_)
    for bound in budget.bounds:
        of = columns.measurement_of(bound.metric)
        uncertain = (of.numbers(_is_measured) > 0) & (columns.metrics[bound.metric].half_width > 0)
        tried.append(of.codes[uncertain])
        is_tried |= uncertain
    count = int(np.count_nonzero(np.bincount(np.concatenate(tried))))
    if count:
        # A confidence next to 0 must not be rounded to it, which certain violators would reach.
        required[is_tried] = max(budget.confidence, 1 - (1 - budget.confidence) / count)
    return required


def _is_measured(facts: MeasurementFacts) -> float:
    return float(facts.provenance is Provenance.MEASURED)


def fit_budget(budget: Budget, columns: CandidateColumns) -> BudgetFit:
    """Test every candidate against every bound."""
    metrics, count, usable = columns.metrics, len(columns), columns.usable
    required = required_probabilities(budget, columns)
    by_bound = {
        bound: _eliminated_below(
            fit_bound(bound, metrics[bound.metric], required), bound, floor_of(bound.metric, columns)
        )
        for bound in budget.bounds
    }
    tests = list(by_bound.values())
    fits = _admitted(tests, required, count)
    if required is not None and tests:
        # Bounds that hold separately may fail jointly. Then the least certain of them counts as the one that
        # fails.
        failing = ~fits & np.logical_and.reduce([fit.within for fit in tests])
        least = np.argmin(np.stack([fit.probability for fit in tests]), axis=0)
        by_bound = {
            bound: replace(fit, within=fit.within & ~(failing & (least == position)))
            for position, (bound, fit) in enumerate(by_bound.items())
        }
    return BudgetFit(budget, by_bound, fits & usable, _joint(tests, count), usable, required)


def _joint(tests: Sequence[BoundFit], count: int) -> Floats:
    probability = np.ones(count)
    for fit in tests:
        probability = probability * fit.probability
    return probability


def _admitted(tests: Sequence[BoundFit], required: Floats | None, count: int) -> Bools:
    if required is not None:
        return np.asarray(_joint(tests, count) >= required)
    admitted = np.ones(count, dtype=np.bool_)
    for fit in tests:
        admitted &= fit.within
    return admitted


def fit_bound(bound: Bound, column: MetricColumn, required: float | Floats | None) -> BoundFit:
    """Test each value of `column` against `bound`. With a `required` probability, test its distribution."""
    judged = ~np.isnan(column.value)
    slack = np.full(len(column.value), np.inf)
    relative = np.full(len(column.value), np.inf)
    for limit, side in bound.sides:
        slack = np.minimum(slack, side.sign * (column.value - limit))
        relative = np.minimum(relative, relative_room(limit, side, column.value))
    probability = probability_within(column, bound.sides)
    within = judged & (slack >= 0 if required is None else probability >= required)
    return BoundFit(judged, within, slack, relative, probability)


def _eliminated_below(fit: BoundFit, bound: Bound, floor: Floats) -> BoundFit:
    """`fit` without the candidates whose metric is unknown, and whose `floor` is above the maximum."""
    if bound.maximum is None:
        return fit
    exceeding = ~fit.judged & (floor > bound.maximum)
    probability = np.where(exceeding, 0.0, fit.probability)
    return replace(fit, judged=fit.judged | exceeding, probability=probability)


def relative_room(limit: float, side: Side, number: Floats) -> Floats:
    """The room between each number and a limit, as a share of the limit. Negative outside."""
    with np.errstate(over="ignore"):
        return side.sign * (number - limit) / _unit(limit)


def widened_limit(limit: float, side: Side, share: Floats) -> Floats:
    """A limit, moved outwards by each share of itself."""
    with np.errstate(over="ignore"):
        return np.maximum(0.0, limit - side.sign * share * _unit(limit))


def _unit(limit: float) -> float:
    """What a share of the limit is measured in: the limit, or 1 for a limit of zero, which has no shares."""
    return max(limit, _LEAST_LIMIT) if limit else 1.0
