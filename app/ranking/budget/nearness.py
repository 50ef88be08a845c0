"""How near candidates outside a budget are to it. Pure: arrays in, numbers out.

The distance of a candidate is the smallest share of themselves by which all limits together must widen to
admit it, with the probability that it needs where the budget has a confidence.
"""

import numpy as np

from app.ranking.budget.budget import Budget, BudgetFit, relative_room, widened_limit
from app.ranking.budget.confidence import ROUNDING, admitting_limit, probability_within
from app.ranking.budget.sides import Side
from app.ranking.groups import first_of_each
from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns

# How exact a searched distance is, relative to itself: as exact as a limit (ROUNDING).
_ACCURACY = 1e-9


def near_misses(columns: CandidateColumns, fit: BudgetFit, limit: int) -> list[int]:
    """The nearest candidates of the `limit` nearest architectures that have none inside the budget."""
    names = columns.architecture
    fitting_names = np.zeros(len(names.values), dtype=np.bool_)
    fitting_names[names.codes[fit.fits]] = True
    rows = np.flatnonzero(fit.usable & ~fitting_names[names.codes])
    return [int(row) for row in nearest(columns, fit, rows, limit)[0]]


def nearest(columns: CandidateColumns, fit: BudgetFit, rows: Ints, count: int) -> tuple[Ints, Floats]:
    """Of `rows`, which do not fit, the nearest of each of the `count` nearest architectures.

    The nearest comes first. The second array has their distances. A candidate that lacks a bounded metric,
    or that no finite limits admit, has no distance and is left out.
    """
    low = high = _at_value(fit, rows)
    if fit.required is not None:
        low, high = _range(columns.take(rows), fit.budget, fit.required[rows])
    names = columns.architecture.codes[rows]
    # Of thousands of rows, those that are certainly farther need no search.
    near = np.flatnonzero(np.isfinite(high) & (low <= _farthest(high, names, count)))
    distance = high[near]
    if fit.required is not None:
        nearby = columns.take(rows[near])
        distance = _searched(nearby, fit.budget, fit.required[rows[near]], low[near], distance)
    order = np.argsort(distance, kind="stable")
    order = order[first_of_each(names[near[order]])][:count]
    return rows[near[order]], distance[order]


def _at_value(fit: BudgetFit, rows: Ints) -> Floats:
    """The share by which the limits must widen to hold the value of each number. NaN where one is unknown."""
    rooms = [test.relative_slack[rows] for test in fit.by_bound.values()]
    return np.maximum(0.0, -np.minimum.reduce(rooms)) if rooms else np.zeros(len(rows))


def _range(columns: CandidateColumns, budget: Budget, required: Floats) -> tuple[Floats, Floats]:
    """A distance that is not more than each candidate's, and one that is enough. NaN where there is none.

    Every limit by itself must be kept with at least the required probability. It is enough that the limits
    leave no more doubt together than that does.
    """
    limits = [(bound.metric, limit, side) for bound in budget.bounds for limit, side in bound.sides]
    low, high = np.zeros(len(columns)), np.zeros(len(columns))
    for metric, limit, side in limits:
        column = columns.metrics[metric]
        least = enough = _distance(limit, side, admitting_limit(column, side, limit, None))
        uncertain = column.half_width > 0
        if uncertain.any():
            doubt = 1 - required
            needed, surely = (
                admitting_limit(column, side, limit, 1 - part) for part in (doubt, doubt / len(limits))
            )
            least = np.where(uncertain, _distance(limit, side, needed) - 2 * ROUNDING, least)
            enough = np.where(uncertain, _distance(limit, side, surely), enough)
        low, high = np.maximum(low, least), np.maximum(high, enough)
    return low, high


def _distance(limit: float, side: Side, needed: Floats) -> Floats:
    """The share of itself by which a limit must widen to be `needed`. 0 where it need not."""
    return np.maximum(0.0, -relative_room(limit, side, needed))


def _farthest(distance: Floats, names: Ints, count: int) -> float:
    """The distance of the `count`-th nearest architecture, by its nearest candidate."""
    by_name = np.full(names.max(initial=-1) + 1, np.inf)
    np.fmin.at(by_name, names, distance)
    return float(np.sort(by_name)[:count].max(initial=-np.inf))


def _searched(
    columns: CandidateColumns, budget: Budget, required: Floats, low: Floats, high: Floats
) -> Floats:
    """The distance of each candidate, which lies between `low` and `high`, by bisection."""
    # Where an exact number decides, its distance is `low` itself. Equals stay equal.
    high = np.where(_chance(columns, budget, low * (1 + _ACCURACY)) >= required, low, high)
    while (wide := high - low > _ACCURACY * high).any():
        middle = (low + high) / 2
        inside = _chance(columns, budget, middle) >= required
        high = np.where(wide & inside, middle, high)
        low = np.where(wide & ~inside, middle, low)
    return high


def _chance(columns: CandidateColumns, budget: Budget, share: Floats) -> Floats:
    """The joint probability of all bounds, whose limits widen by a share of themselves for each candidate."""
    chance = np.ones(len(columns))
    for bound in budget.bounds:
        sides = [(widened_limit(limit, side, share), side) for limit, side in bound.sides]
        chance = chance * probability_within(columns.metrics[bound.metric], sides)
    return chance
