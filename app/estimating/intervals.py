"""Intervals that hold: how many standard deviations an interval must reach. Pure: numbers in, numbers out.

A process that was fitted to a few networks is too sure of the others. So it is fitted again without some
networks, and asked for them. How far it missed them, in its own standard deviations, is a normalised
conformal score (Lei et al. 2018, doi:10.1080/01621459.2017.1307116). The reach is that of the scores or of a
normal distribution, whichever is larger.
"""

from collections.abc import Callable, Iterator
from math import ceil

import numpy as np
from scipy.special import ndtri

from catalog.candidates.category import Floats, Ints

# Each network is left out once. More parts would change little, and each costs a fit.
_FOLDS = 10
# The networks are dealt to the parts by it. Any number would do, but the same networks must give the same
# answer.
_SEED = 14

Refit = Callable[[Ints, Ints], tuple[Floats, Floats]]
"""From positions to learn from and positions to predict, to the mean and the standard deviation of each
logarithm that is predicted."""


def folds(count: int, parts: int = _FOLDS) -> Iterator[tuple[Ints, Ints]]:
    """Positions to learn from and positions left out, for each of at most `parts` parts of `count`
    positions."""
    order = np.random.default_rng(_SEED).permutation(count)
    for part in np.array_split(order, min(parts, count)):
        yield np.setdiff1d(order, part), np.sort(part)


def left_out(log_times: Floats, refit: Refit) -> tuple[Floats, Floats]:
    """The mean and the standard deviation that `refit` gives each measurement from the others alone."""
    means, deviations = np.empty(len(log_times)), np.empty(len(log_times))
    for learnt, asked in folds(len(log_times)):
        means[asked], deviations[asked] = refit(learnt, asked)
    return means, deviations


def reach(scores: Floats, level: float) -> float:
    """How many standard deviations an interval at `level` reaches, given how far those left out were missed.

    Of n scores, the one at rank (n + 1) x level is exceeded by a new network with probability 1 - level at
    most. Where n is too small for that, it is the largest.
    """
    nominal = float(ndtri((1 + level) / 2))
    if not len(scores):
        return nominal
    rank = min(len(scores), ceil((len(scores) + 1) * level))
    return max(nominal, float(np.sort(np.abs(scores))[rank - 1]))


def coverage(scores: Floats, level: float) -> float:
    """The share of the networks left out that lie within the reach of the other networks' scores.

    A network's own score is no part of the reach that it is held against. Otherwise the share would be at
    least the level, however the estimator errs.
    """
    sizes = np.abs(scores)
    within = [size <= reach(np.delete(sizes, place), level) for place, size in enumerate(sizes)]
    return float(np.mean(within))
