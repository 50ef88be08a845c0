"""The smallest changes of a budget that admit a candidate. Pure: arrays in, numbers out."""

from dataclasses import dataclass
from sys import float_info

import numpy as np

from app.ranking.budget import Bound, Budget, BudgetFit, fit_budget
from app.ranking.confidence import admitting_limit, probability_below
from app.ranking.sides import Side
from catalog.candidates import CandidateColumns, Floats, Ints, MetricColumn
from catalog.words.metrics import Metric

# Where the search for a joint share starts: smaller shares look like none. It ends at shares that answer
# nothing.
_FIRST_SHARE, _MAX_SHARE = 1e-6, 1e9
# How exact a searched share is, relative to itself: as exact as a limit (ROUNDING).
_SHARE_ACCURACY = 1e-9
# By how much the kept bounds must be surer than asked for, so that a finite limit admits the rest.
_SAFETY_MARGIN = 1e-6


@dataclass(frozen=True)
class Relaxation:
    """The smallest change of one side of a bound that admits a candidate, `row`."""

    metric: Metric
    side: Side
    bound: float
    row: int


@dataclass(frozen=True)
class JointRelaxation:
    """All bounds relaxed by the same share `factor` of themselves, which admits `row`."""

    factor: float
    bounds: tuple[Bound, ...]
    row: int


@dataclass(frozen=True)
class FewestRelaxation:
    """The fewest bounds whose relaxation alone admits a candidate, `row`.

    `metrics` are those of the relaxed bounds. `bounds` are all bounds, relaxed or not.
    """

    metrics: tuple[Metric, ...]
    bounds: tuple[Bound, ...]
    row: int


def relaxations(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> list[Relaxation]:
    """For each side of each bound, the smallest relaxation that admits one candidate more."""
    smallest = []
    for bound in budget.bounds:
        rows = np.flatnonzero(fit.admitted_without(bound) & ~fit.fits & fit.by_bound[bound].judged)
        column = columns.metrics[bound.metric].take(rows)
        others = fit.probability_without(bound)[rows]
        for limit, side in bound.sides:
            needed = _needed_limit(bound, column, side, limit, budget.confidence, others)
            if np.isnan(needed).all():
                continue
            cheapest = int(np.nanargmin(-side.sign * needed))
            smallest.append(
                Relaxation(bound.metric, side, max(0.0, float(needed[cheapest])), int(rows[cheapest]))
            )
    return smallest


def joint_relaxation(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> JointRelaxation | None:
    """The smallest share by which all bounds, relaxed together, admit a candidate.

    None where a candidate fits already, and where no share below a billion admits any.
    """
    if fit.fits.any() or not budget.bounds:
        return None
    exact = not any((columns.metrics[bound.metric].half_width > 0).any() for bound in budget.bounds)
    if budget.confidence is None or exact:
        shares = np.where(fit.usable, _relaxing_shares(columns, budget), np.nan)
        if not (shares <= _MAX_SHARE).any():
            return None
        row = int(np.nanargmin(shares))
        factor = float(shares[row])
        values = [float(columns.metrics[bound.metric].value[row]) for bound in budget.bounds]
        bounds = tuple(
            _reaching(_widened(bound, factor), value)
            for bound, value in zip(budget.bounds, values, strict=True)
        )
        return JointRelaxation(factor, bounds, row)
    return _bisected_relaxation(columns, budget)


def fewest_relaxation(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> FewestRelaxation | None:
    """The fewest bounds that must be relaxed for a candidate to fit, and by how much.

    Of several candidates that need as few, the nearest by value. None where a candidate fits already, where
    no candidate has all the numbers, and where no limit is wide enough.
    """
    if fit.fits.any():
        return None
    judged = [test.judged for test in fit.by_bound.values()]
    rows = np.flatnonzero(np.logical_and.reduce([fit.usable, *judged]))
    if not len(rows):
        return None
    chances = _chances(fit, rows)
    kept = _kept_without_least(chances)
    needed = 1.0 if budget.confidence is None else min(1.0, (1 + _SAFETY_MARGIN) * budget.confidence)
    counts = np.argmax(kept >= needed, axis=0)  # how many bounds each candidate needs relaxed
    position = _nearest(fit.distance()[rows], counts)
    row, count = int(rows[position]), int(counts[position])
    least_certain = np.argsort(chances[:, position], kind="stable")[:count].tolist()
    share = None
    if budget.confidence is not None:
        # The relaxed bounds share equally what the kept ones leave over of the confidence.
        share = (budget.confidence / float(kept[count, position])) ** (1 / count)
    bounds = list(fit.by_bound)
    for index in least_certain:
        number = columns.metrics[bounds[index].metric].take(np.array([row]))
        bounds[index] = _admitting(bounds[index], number, share)
    if any(np.isnan(limit) for bound in bounds for limit, _ in bound.sides):
        return None
    return FewestRelaxation(
        tuple(bounds[index].metric for index in sorted(least_certain)), tuple(bounds), row
    )


def _chances(fit: BudgetFit, rows: Ints) -> Floats:
    """The probability of each bound (first axis) for each of `rows`.

    Without a confidence, 1 inside and 0 outside.
    """
    tests = fit.by_bound.values()
    if fit.budget.confidence is None:
        return np.stack([test.within[rows] for test in tests]).astype(np.float64)
    return np.stack([test.probability[rows] for test in tests])


def _kept_without_least(chances: Floats) -> Floats:
    """At [k, row] the joint probability of the bounds without the k that are least certain for the row.

    `chances` are those of b bounds (first axis). The answer has b + 1 of them, the last of which is 1.
    """
    most_certain_first = np.sort(chances, axis=0)[::-1]
    nothing = np.ones((1, chances.shape[1]))
    kept = np.vstack([nothing, most_certain_first])
    return np.asarray(kept.cumprod(axis=0)[::-1], dtype=np.float64)


def _nearest(distance: Floats, counts: Ints) -> int:
    """The position with the smallest distance, of those with the smallest count."""
    fewest = np.flatnonzero(counts == counts.min())
    return int(fewest[np.argmin(distance[fewest])])


def _needed_limit(
    bound: Bound,
    column: MetricColumn,
    side: Side,
    limit: float,
    confidence: float | None,
    others: Floats,
) -> Floats:
    """The limit to which one side of `bound` must move to admit each candidate, while its other side stays.

    NaN where no limit does. `others` is the joint probability of the other bounds.
    """
    opposite = [other_limit for other_limit, other_side in bound.sides if other_side is not side]
    if confidence is None:
        needed = admitting_limit(column, side, limit, None)
        for other in opposite:
            needed = np.where(-side.sign * (column.value - other) >= 0, needed, np.nan)
    else:
        chance = confidence / others
        for other in opposite:
            below = probability_below(column, other)
            chance = chance + (1 - below if side is Side.MIN else below)
        needed = admitting_limit(column, side, limit, chance)
    return np.where(needed == limit, np.nan, needed)


def _relaxing_shares(columns: CandidateColumns, budget: Budget) -> Floats:
    """The share of itself by which every bound must widen to admit each candidate at its value."""
    share = np.zeros(len(columns))
    for bound in budget.bounds:
        value = columns.metrics[bound.metric].value
        for limit, side in bound.sides:
            shortfall = side.sign * (limit - value)
            missing = np.where(shortfall > 0, shortfall, 0 * value)  # 0 * value keeps NaN
            with np.errstate(over="ignore"):
                needed = missing / limit if limit else np.where(missing > 0, np.nan, missing)
            share = np.maximum(share, needed)
    return share


def _bisected_relaxation(columns: CandidateColumns, budget: Budget) -> JointRelaxation | None:
    """The joint relaxation under a confidence, by bisection.

    The share has no closed form. A larger share admits every candidate that a smaller share admits.
    """
    rows = np.arange(len(columns))

    def admitted(factor: float) -> tuple[Budget, Ints]:
        wider = Budget(tuple(_widened(bound, factor) for bound in budget.bounds), budget.confidence)
        return wider, rows[fit_budget(wider, columns.take(rows)).fits]

    low, high = 0.0, _FIRST_SHARE
    while not len(admits := admitted(high)[1]):
        low, high = high, high * 2
        if high > _MAX_SHARE:
            return None
    while high - low > _SHARE_ACCURACY * high:
        rows = admits  # a smaller share admits a part of these
        middle = (low + high) / 2
        if len(fewer := admitted(middle)[1]):
            high, admits = middle, fewer
        else:
            low = middle
    wider, admits = admitted(high)
    return JointRelaxation(high, wider.bounds, int(admits[0]))


def _admitting(bound: Bound, number: MetricColumn, share: float | None) -> Bound:
    """`bound`, moved to hold `number`, a column of one row, with the probability `share` if there is one."""
    chance = None if share is None else 1 - (1 - share) / len(bound.sides)
    sides = {
        side: float(np.maximum(0.0, admitting_limit(number, side, limit, chance)[0]))
        for limit, side in bound.sides
    }
    return Bound(bound.metric, sides.get(Side.MIN), sides.get(Side.MAX))


def _widened(bound: Bound, factor: float) -> Bound:
    """`bound` with both sides moved out by the share `factor` of themselves."""
    minimum = None if bound.minimum is None else max(0.0, bound.minimum * (1 - factor))
    maximum = None if bound.maximum is None else min(float_info.max, bound.maximum * (1 + factor))
    return Bound(bound.metric, minimum, maximum)


def _reaching(bound: Bound, value: float) -> Bound:
    """`bound`, which holds `value` but for rounding, widened to hold it."""
    minimum = None if bound.minimum is None else min(bound.minimum, value)
    maximum = None if bound.maximum is None else max(bound.maximum, value)
    return Bound(bound.metric, minimum, maximum)
