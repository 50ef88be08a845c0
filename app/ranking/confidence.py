"""Probabilities of numbers with an interval, and the limits that they allow. Pure: arrays in, arrays out."""

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from catalog.candidates import Floats, MetricColumn

# Rounding must not undo what a computed limit admits.
ROUNDING = 1e-9


def admitting_limit(
    column: MetricColumn, sign: int, limit: float, probability: float | Floats | None
) -> Floats:
    """The limit of one side (sign 1: minimum, -1: maximum) that each candidate needs to fit.

    With a `probability`, the limit inside which the number lies with that probability, NaN where none
    does; otherwise the value itself. A candidate that fits already needs no other limit than `limit`.
    """
    needed = column.value
    if probability is not None:
        chances = np.broadcast_to(np.asarray(probability, dtype=np.float64), needed.shape)
        needed = np.where(chances <= 1, column.value, np.nan)
        spread = np.flatnonzero(column.deviation > 0)
        chances = chances[spread]
        # NaN where no limit is wide enough
        chances = np.where((chances > ROUNDING) & (chances < 1 - ROUNDING), chances, np.nan)
        centre, error, freedom = log_distribution(column.take(spread))
        reach = stdtrit(freedom, chances) * error
        needed[spread] = centre * np.exp(-sign * (reach + ROUNDING))
    return np.minimum(needed, limit) if sign > 0 else np.maximum(needed, limit)


def probability_below(column: MetricColumn, limit: float) -> Floats:
    """P(number < limit) of each candidate; 0 or 1 where the number is exact."""
    below = np.where(np.isnan(column.value), np.nan, (column.value < limit).astype(np.float64))
    spread = np.flatnonzero(column.deviation > 0)
    if len(spread):
        centre, error, freedom = log_distribution(column.take(spread))
        standardised = _standardised(limit, centre, error)
        normal = np.isinf(freedom)
        chances = np.empty(len(spread))
        chances[normal] = ndtr(standardised[normal])  # in a twentieth of the time
        chances[~normal] = stdtr(freedom[~normal], standardised[~normal])
        below[spread] = chances
    return below


def log_distribution(column: MetricColumn) -> tuple[Floats, Floats, Floats]:
    """What an interval tells of a number: the centre, and the standard error and degrees of freedom of its
    logarithm.

    The t interval of k processes is read with its own distribution, centred as it is; any other as a
    log-normal around the value.
    """
    known = np.isfinite(column.freedom)
    centre = np.where(known, np.sqrt(column.low * column.high), column.value)
    tails = (1 + column.level) / 2
    error = column.deviation * np.where(known, ndtri(tails) / stdtrit(column.freedom, tails), 1.0)
    return centre, error, column.freedom


def _standardised(limit: float, value: Floats, deviation: Floats) -> Floats:
    if limit <= 0:
        return np.full(len(value), -np.inf)
    return np.asarray((np.log(limit) - np.log(value)) / deviation, dtype=np.float64)
