"""The smallest changes of a budget that admit a candidate. Pure: arrays in, numbers out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb
from sys import float_info

import numpy as np

from app.ranking.budget.budget import Bound, BudgetFit, relative_room
from app.ranking.budget.confidence import ROUNDING, admitting_limit, probability_below
from app.ranking.budget.nearness import nearest
from app.ranking.budget.sides import Side
from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.candidates.metric_columns import MetricColumn
from catalog.words.metrics import Metric

# Larger shares answer nothing.
_MAX_SHARE = 1e9
# By how much the kept bounds must be surer than asked for, so that a finite limit admits the rest. It is a
# small share of the doubt that is allowed, and more than what rounding takes.
_MARGIN, _SHARE_OF_DOUBT, _LEAST_MARGIN = 1e-6, 1e-3, 10 * ROUNDING
# Trying as many ways to choose bounds takes some ten milliseconds. Of nine bounds, any four can be chosen.
_MAX_CHOICES = 126


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


def relaxations(columns: CandidateColumns, fit: BudgetFit) -> list[Relaxation]:
    """For each side of each bound, the smallest relaxation that admits one candidate more."""
    smallest = []
    for bound in fit.budget.bounds:
        rows = np.flatnonzero(fit.admitted_without(bound) & ~fit.fits & fit.by_bound[bound].judged)
        column = columns.metrics[bound.metric].take(rows)
        chance = None
        if fit.required is not None:
            chance = fit.required[rows] / fit.probability_without(bound)[rows]
        for limit, side in bound.sides:
            needed = _needed_limit(bound, column, side, limit, chance)
            needed[needed == limit] = np.nan  # the other side keeps these out
            if np.isnan(needed).all():
                continue
            cheapest = int(np.nanargmin(-side.sign * needed))
            smallest.append(
                Relaxation(bound.metric, side, max(0.0, float(needed[cheapest])), int(rows[cheapest]))
            )
    return smallest


def joint_relaxation(columns: CandidateColumns, fit: BudgetFit) -> JointRelaxation | None:
    """The smallest share by which all bounds, relaxed together, admit a candidate.

    None where a candidate fits already, and where no share below a billion admits any.
    """
    if fit.fits.any():
        return None
    reachable, every = fit.usable.copy(), fit.budget.bounds
    for bound in every:
        if bound.maximum == 0:  # no share of zero is more than zero
            reachable &= columns.metrics[bound.metric].value <= 0
    rows, shares = nearest(columns, fit, np.flatnonzero(reachable), 1)
    if not len(rows) or shares[0] > _MAX_SHARE:
        return None
    numbers = {bound: columns.metrics[bound.metric].take(rows) for bound in every}
    # What was searched is as exact as a limit.
    uncertain = any(number.half_width[0] > 0 for number in numbers.values())
    factor = float(shares[0]) * (1 + ROUNDING if uncertain and fit.required is not None else 1)
    bounds = []
    for bound, number in numbers.items():
        limits = {side: _widened(limit, side, factor) for limit, side in bound.sides}
        if fit.required is None or number.half_width[0] == 0:
            # Rounding must not leave an exact number outside.
            for side, limit in limits.items():
                limits[side] = float(admitting_limit(number, side, limit, None)[0])
        bounds.append(_with_limits(bound, limits))
    return JointRelaxation(factor, tuple(bounds), int(rows[0]))


def fewest_relaxation(columns: CandidateColumns, fit: BudgetFit) -> FewestRelaxation | None:
    """The fewest bounds that must be relaxed for a candidate to fit, and by how much.

    Of several candidates that need as few, the one whose bounds move by the smallest share. None where a
    candidate fits already, where no candidate has all the numbers, and where no limit is wide enough.
    """
    if fit.fits.any():
        return None
    known = [~np.isnan(test.slack) for test in fit.by_bound.values()]
    rows = np.flatnonzero(np.logical_and.reduce([fit.usable, *known]))
    if not len(rows):
        return None
    chances = _chances(fit, rows)
    needed = np.ones(len(rows))
    if fit.required is not None:
        margin = np.clip(_SHARE_OF_DOUBT * (1 - fit.required[rows]), _LEAST_MARGIN, _MARGIN)
        needed = np.minimum(1.0, (1 + margin) * fit.required[rows])
    # How many bounds each candidate needs relaxed.
    counts = np.argmax(_kept_without_least(chances) >= needed, axis=0)
    fewest = np.flatnonzero(counts == counts.min())
    best, distance = None, np.inf
    for relaxed in _choices(chances[:, fewest], int(counts.min())):
        for found in _relaxed(columns, fit, rows[fewest], chances[:, fewest], relaxed, needed[fewest]):
            if found[0] < distance:
                distance, best = found
    return best


def _choices(chances: Floats, count: int) -> Iterable[tuple[int, ...]]:
    """Which `count` bounds may be relaxed, by their positions.

    Where there are many ways, only those are tried that relax the least certain bounds of a candidate.
    """
    if comb(len(chances), count) <= _MAX_CHOICES:
        return combinations(range(len(chances)), count)
    least_certain = np.sort(np.argsort(chances, axis=0, kind="stable")[:count], axis=0)
    return dict.fromkeys(zip(*least_certain.tolist(), strict=True))


def _relaxed(
    columns: CandidateColumns,
    fit: BudgetFit,
    rows: Ints,
    chances: Floats,
    relaxed: tuple[int, ...],
    needed: Floats,
) -> Iterator[tuple[float, FewestRelaxation]]:
    """The smallest change of the bounds at these positions that admits one of `rows`, and its share.

    Nothing where the other bounds keep out all rows.
    """
    kept = np.delete(chances, relaxed, axis=0).prod(axis=0)
    able = np.flatnonzero(kept >= needed)
    if not len(able):
        return
    share = None
    if fit.required is not None:
        # The relaxed bounds share equally what the kept ones leave over of the required probability.
        share = (fit.required[rows[able]] / kept[able]) ** (1 / len(relaxed))
    moves = {}
    for position in relaxed:
        bound = fit.budget.bounds[position]
        moves[bound] = _moved(bound, columns.metrics[bound.metric].take(rows[able]), share)
    distances = np.max([distance for distance, _ in moves.values()], axis=0)
    nearest_row = int(np.argmin(distances))
    limits = {
        bound: {side: float(numbers[nearest_row]) for side, numbers in by_side.items()}
        for bound, (_, by_side) in moves.items()
    }
    bounds = tuple(
        _with_limits(bound, limits[bound]) if bound in limits else bound for bound in fit.budget.bounds
    )
    metrics = tuple(bound.metric for bound in limits)
    yield float(distances[nearest_row]), FewestRelaxation(metrics, bounds, int(rows[able[nearest_row]]))


def _moved(bound: Bound, column: MetricColumn, chance: Floats | None) -> tuple[Floats, Mapping[Side, Floats]]:
    """The limits to which `bound` must move to hold each number, with its `chance` if there is one.

    The smallest move is taken: of one side, or of both. The first answer is how far the limits move, as a
    share of themselves. It is infinite where no limit is wide enough.
    """
    unmoved = {side: np.full(len(column.value), limit) for limit, side in bound.sides}
    ways = [
        {**unmoved, side: _needed_limit(bound, column, side, limit, chance)} for limit, side in bound.sides
    ]
    if len(bound.sides) > 1:
        each = None if chance is None else 1 - (1 - chance) / len(bound.sides)
        ways.append({side: admitting_limit(column, side, limit, each) for limit, side in bound.sides})
    distances = np.stack(
        [
            np.max([-relative_room(limit, side, limits[side]) for limit, side in bound.sides], axis=0)
            for limits in ways
        ]
    )
    distances = np.where(np.isnan(distances), np.inf, distances)
    way = np.argmin(distances, axis=0)
    rows = np.arange(len(way))
    limits = {side: np.stack([limits[side] for limits in ways])[way, rows] for side in unmoved}
    return distances[way, rows], limits


def _chances(fit: BudgetFit, rows: Ints) -> Floats:
    """The probability of each bound (first axis) for each of `rows`.

    Without a confidence, 1 inside and 0 outside.
    """
    tests = fit.by_bound.values()
    if fit.required is None:
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


def _needed_limit(
    bound: Bound, column: MetricColumn, side: Side, limit: float, chance: Floats | None
) -> Floats:
    """The limit to which one side of `bound` must move to admit each candidate, while its other side stays.

    The number must then lie within the bound, with its `chance` if there is one. NaN where no limit does.
    """
    opposite = [other_limit for other_limit, other_side in bound.sides if other_side is not side]
    if chance is None:
        needed = admitting_limit(column, side, limit, None)
        for other in opposite:
            needed = np.where(-side.sign * (column.value - other) >= 0, needed, np.nan)
    else:
        for other in opposite:
            below = probability_below(column, other)
            chance = chance + (1 - below if side is Side.MIN else below)
        needed = admitting_limit(column, side, limit, chance)
    return needed


def _widened(limit: float, side: Side, factor: float) -> float:
    """A limit, moved outwards by the share `factor` of itself. No share moves a limit of zero."""
    return min(max(0.0, limit * (1 - side.sign * factor)), float_info.max)


def _with_limits(bound: Bound, limits: Mapping[Side, float]) -> Bound:
    return Bound(bound.metric, limits.get(Side.MIN), limits.get(Side.MAX))
