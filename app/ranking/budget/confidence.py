"""Probabilities of numbers with an interval, and the limits that they allow. Pure: arrays in, arrays out.

scipy is imported by what needs it: it takes 0.15 s, and numbers without intervals do not need it.
"""

from collections.abc import Iterable

import numpy as np

from app.ranking.budget.sides import Side
from catalog.candidates.category import Floats
from catalog.candidates.metric_columns import MetricColumn

# Rounding must not undo what a computed limit admits. Each step of the computation rounds by about 1e-16, and
# a distribution's tail enlarges that. Nobody notices a limit that is wider by 1e-9 of itself.
ROUNDING = 1e-9


def admitting_limit(
    column: MetricColumn, side: Side, limit: float, probability: float | Floats | None
) -> Floats:
    """The limit of one side that each candidate needs to fit.

    With a `probability`, it is the limit inside which the number lies with that probability, NaN where no
    finite limit is wide enough. Otherwise it is the value itself. A candidate that fits already needs no
    other limit than `limit`.
    """
    needed = column.value
    if probability is not None:
        chances = np.broadcast_to(np.asarray(probability, dtype=np.float64), needed.shape)
        needed = np.where(chances <= 1, column.value, np.nan)
        spread = np.flatnonzero(column.half_width > 0)
        chances = chances[spread]
        chances = np.where((chances > ROUNDING) & (chances < 1 - ROUNDING), chances, np.nan)
        uncertain = column.take(spread)
        reach = _quantiles(uncertain.degrees_of_freedom, chances) * uncertain.scale
        with np.errstate(over="ignore"):
            limits = uncertain.centre * np.exp(-side.sign * (reach + ROUNDING))
        needed[spread] = np.where(np.isfinite(limits), limits, np.nan)
    return np.minimum(needed, limit) if side is Side.MIN else np.maximum(needed, limit)


def probability_within(column: MetricColumn, sides: Iterable[tuple[float | Floats, Side]]) -> Floats:
    """The probability that each number keeps the limits of all `sides`. NaN where it is unknown.

    A limit may be one for all numbers, or one for each. A number without an interval is exact.
    """
    sides = list(sides)
    exact = np.where(np.isnan(column.value), np.nan, 1.0)
    for limit, side in sides:
        exact = np.where(side.sign * (column.value - limit) < 0, 0.0, exact)
    spread = column.half_width > 0
    if not spread.any():
        return exact
    inside = np.ones(len(column.value))
    for limit, side in sides:
        below = probability_below(column, limit)
        inside = inside - (below if side is Side.MIN else 1 - below)
    return np.where(spread, np.clip(inside, 0.0, 1.0), exact)


def probability_below(column: MetricColumn, limit: float | Floats) -> Floats:
    """The probability that each number is below `limit`. 0 or 1 where the number is exact."""
    below = np.where(np.isnan(column.value), np.nan, (column.value < limit).astype(np.float64))
    spread = column.half_width > 0
    if spread.any():
        from scipy.special import ndtr, stdtr  # noqa: PLC0415

        with np.errstate(divide="ignore", invalid="ignore"):
            reach = (np.log(limit) - column.log_centre) / column.scale
        t = spread & np.isfinite(column.degrees_of_freedom)
        # stdtr takes twenty times as long as ndtr.
        below = np.where(spread, ndtr(reach), below)
        below[t] = stdtr(column.degrees_of_freedom[t], reach[t])
    return below


def _quantiles(degrees_of_freedom: Floats, chances: Floats) -> Floats:
    """The quantiles of t distributions. Many numbers share few pairs of degrees of freedom and chances."""
    from scipy.special import stdtrit  # noqa: PLC0415

    pairs = degrees_of_freedom + 1j * chances
    different, positions = np.unique(pairs, return_inverse=True)
    return np.asarray(stdtrit(different.real, different.imag)[positions])
