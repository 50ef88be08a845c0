"""The smallest changes of a budget that admit a candidate. Pure: arrays in, numbers out."""

from dataclasses import dataclass
from sys import float_info

import numpy as np

from app.ranking.budget import Bound, Budget, BudgetFit, fit_budget
from app.ranking.confidence import admitting_limit, probability_below
from catalog.candidates import CandidateColumns, Floats, Ints, MetricColumn
from catalog.words.metrics import Metric

_FIRST_SHARE = 1e-6
_SHARE_PRECISION = 1e-9
_WIDEST = 1e9
# What the other bounds must leave over, for a limit that admits the rest to exist.
_ROOM = 1e-6


@dataclass(frozen=True)
class Relaxation:
    """The smallest change of one side of a bound that admits a candidate, `row`."""

    metric: Metric
    side: str
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
    """The fewest bounds, `metrics`, whose relaxation alone admits a candidate; `bounds` are all of them."""

    metrics: tuple[Metric, ...]
    bounds: tuple[Bound, ...]
    row: int


def relaxations(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> list[Relaxation]:
    """For each side of each bound, the smallest relaxation that admits one candidate more."""
    found = []
    for bound in budget.bounds:
        rows = np.flatnonzero(fit.admitted_without(bound) & ~fit.fits & fit.by_bound[bound].known)
        column = columns.metrics[bound.metric].take(rows)
        others = fit.probability_without(bound)[rows]
        for limit, sign in bound.sides:
            needed = _needed_limit(bound, column, sign, limit, budget.confidence, others)
            if np.isnan(needed).all():
                continue
            cheapest = int(np.nanargmin(-sign * needed))
            side = "min" if sign > 0 else "max"
            found.append(
                Relaxation(bound.metric, side, max(0.0, float(needed[cheapest])), int(rows[cheapest]))
            )
    return found


def joint_relaxation(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> JointRelaxation | None:
    """The smallest share by which all bounds, relaxed together, admit a candidate.

    None where one fits already, and where no share below a billion admits one.
    """
    if fit.fits.any() or not budget.bounds:
        return None
    exact = not any((columns.metrics[bound.metric].half_width > 0).any() for bound in budget.bounds)
    if budget.confidence is None or exact:
        shares = np.where(fit.usable, _relaxing_shares(columns, budget), np.nan)
        if not (shares <= _WIDEST).any():
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
    """The fewest bounds that must give way for a candidate to fit, and by how much; of several candidates,
    the nearest by value. None where one fits already, and where no candidate has all the numbers."""
    known = fit.usable.copy()
    for one in fit.by_bound.values():
        known &= one.known
    rows = np.flatnonzero(known)
    if fit.fits.any() or not len(rows):
        return None
    tests = list(fit.by_bound.items())
    chances = np.stack([one.probability[rows] for _, one in tests])
    if budget.confidence is None:
        chances = np.stack([one.within[rows] for _, one in tests]).astype(np.float64)
    needed = (1 + _ROOM) * budget.confidence if budget.confidence is not None else 1.0
    # What the surest bounds hold jointly, when the k least certain ones are dropped.
    ascending = np.sort(chances, axis=0)
    kept = np.cumprod(np.vstack([np.ones(len(rows)), ascending[::-1]]), axis=0)[::-1]
    fewest = np.argmax(kept >= min(needed, 1.0), axis=0)
    candidates = np.flatnonzero(fewest == fewest.min())
    chosen = int(candidates[np.argmin(fit.distance()[rows[candidates]])])
    row, count = int(rows[chosen]), int(fewest[chosen])
    relaxed = set(np.argsort(chances[:, chosen], kind="stable")[:count].tolist())
    share = None
    if budget.confidence is not None:
        share = (budget.confidence / float(kept[count, chosen])) ** (1 / count)
    bounds = tuple(
        _admitting(bound, columns.metrics[bound.metric].take(np.array([row])), share)
        if place in relaxed
        else bound
        for place, (bound, _) in enumerate(tests)
    )
    if any(np.isnan(limit) for bound in bounds for limit, _ in bound.sides):
        return None  # no limit is so wide
    metrics = tuple(bound.metric for place, (bound, _) in enumerate(tests) if place in relaxed)
    return FewestRelaxation(metrics, bounds, row)


def _needed_limit(
    bound: Bound,
    column: MetricColumn,
    sign: int,
    limit: float,
    confidence: float | None,
    others: Floats,
) -> Floats:
    """Where one side of `bound` must move to admit each candidate, while its other side stays; NaN where
    that admits none. `others` is the joint probability of the other bounds."""
    opposite = [other for other, direction in bound.sides if direction != sign]
    if confidence is None:
        needed = admitting_limit(column, sign, limit, None)
        for other in opposite:
            needed = np.where(-sign * (column.value - other) >= 0, needed, np.nan)
    else:
        chance = confidence / others
        for other in opposite:
            below = probability_below(column, other)
            chance = chance + (1 - below if sign > 0 else below)
        needed = admitting_limit(column, sign, limit, chance)
    return np.where(needed == limit, np.nan, needed)


def _relaxing_shares(columns: CandidateColumns, budget: Budget) -> Floats:
    """The share of itself by which every bound must widen to admit each candidate at its value."""
    share = np.zeros(len(columns))
    for bound in budget.bounds:
        value = columns.metrics[bound.metric].value
        for limit, sign in bound.sides:
            missing = np.where(sign * (limit - value) > 0, sign * (limit - value), 0 * value)
            with np.errstate(over="ignore"):
                needed = missing / limit if limit else np.where(missing > 0, np.nan, missing)
            share = np.maximum(share, needed)
    return share


def _bisected_relaxation(columns: CandidateColumns, budget: Budget) -> JointRelaxation | None:
    """With a confidence, the share has no closed form; what it admits only grows with it."""
    rows = np.arange(len(columns))

    def admitted(factor: float) -> tuple[Budget, Ints]:
        wider = Budget(tuple(_widened(bound, factor) for bound in budget.bounds), budget.confidence)
        return wider, rows[fit_budget(wider, columns.take(rows)).fits]

    low, high = 0.0, _FIRST_SHARE
    while not len(found := admitted(high)[1]):
        low, high = high, high * 2
        if high > _WIDEST:
            return None
    while high - low > _SHARE_PRECISION * high:
        rows = found  # a smaller share admits none but of these
        middle = (low + high) / 2
        if len(fewer := admitted(middle)[1]):
            high, found = middle, fewer
        else:
            low = middle
    wider, found = admitted(high)
    return JointRelaxation(high, wider.bounds, int(found[0]))


def _admitting(bound: Bound, number: MetricColumn, share: float | None) -> Bound:
    """`bound`, moved so that it holds the one `number`, with the probability `share` where one is given."""
    chance = None if share is None else 1 - (1 - share) / len(bound.sides)
    sides = {
        sign: float(np.maximum(0.0, admitting_limit(number, sign, limit, chance)[0]))
        for limit, sign in bound.sides
    }
    return Bound(bound.metric, sides.get(1), sides.get(-1))


def _widened(bound: Bound, factor: float) -> Bound:
    """`bound` with both sides moved out by the share `factor` of themselves."""
    minimum = None if bound.minimum is None else max(0.0, bound.minimum * (1 - factor))
    maximum = None if bound.maximum is None else min(float_info.max, bound.maximum * (1 + factor))
    return Bound(bound.metric, minimum, maximum)


def _reaching(bound: Bound, value: float) -> Bound:
    """`bound`, which holds `value` but for rounding, made to hold it."""
    minimum = None if bound.minimum is None else min(bound.minimum, value)
    maximum = None if bound.maximum is None else max(bound.maximum, value)
    return Bound(bound.metric, minimum, maximum)
