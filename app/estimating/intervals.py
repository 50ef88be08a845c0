"""Intervals that hold: how many standard deviations an interval must reach. Pure: numbers in, numbers out.

A process that was fitted to a few networks is too sure of the others. So it is fitted again without some
networks, and asked for them. How far it missed them, in its own standard deviations, is a score. The scores
are taken to be of Student's distribution, times a scale that they alone say: most networks are missed by
little, and a few by much. The reach is that of the next score, whatever the scale may be (Gelman et al. 2013,
Bayesian Data Analysis, chapters 2 and 17).

A conformal reach, which is one of the largest scores, holds as often and is wider: of thirty scores the
largest but one says little (docs/decisions/0018).
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit

from catalog.candidates.category import Floats, Ints
from catalog.entities.estimates import DEGREES_OF_FREEDOM

# Each network is left out once. More parts would change little, and each costs a fit.
_FOLDS = 10
# The networks are dealt to the parts by it. Any number would do, but the same networks must give the same
# answer.
_SEED = 14
# By what factor (in logarithms) the scale of the scores differs from 1 before they are seen. Chosen on the
# published tables of docs/bench-estimator.md, as the degrees of freedom were. The live ones judge them.
_SCALE_SPREAD = 0.7
# The scales that are considered, within six of these spreads.
_SCALES = np.exp(np.linspace(-4.2, 4.2, 169))

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


def reach(scores: Floats, level: float, least_scale: float = 0.0) -> float:
    """How many standard deviations an interval at `level` reaches, given how far those left out were missed.

    The scale of the scores is uncertain, the more the fewer they are. So the reach is that of the mixture of
    all scales from `least_scale` on, each as probable as the scores and the prior make it.
    """
    scales = _SCALES[least_scale <= _SCALES]
    freedom, logs = DEGREES_OF_FREEDOM, np.log(scales)
    seen = np.log1p((np.abs(scores)[:, None] / scales) ** 2 / freedom).sum(axis=0)
    likely = -(freedom + 1) / 2 * seen - len(scores) * logs - (logs / _SCALE_SPREAD) ** 2 / 2
    probability = np.exp(likely - likely.max())
    probability /= probability.sum()

    def beyond(distance: float) -> float:
        return float(probability @ stdtr(freedom, -distance / scales)) - (1 - level) / 2

    farthest = float(stdtrit(freedom, (1 + level) / 2) * scales[-1])
    return float(brentq(beyond, 0.0, farthest))


def coverage(scores: Floats, level: float, least_scale: float = 0.0) -> float:
    """The share of the networks left out that lie within the reach of the other networks' scores.

    A network's own score is no part of the reach that it is held against. Otherwise the share would be at
    least the level, however the estimator errs. `least_scale` is that of `reach`.
    """
    sizes = np.abs(scores)
    within = [size <= reach(np.delete(sizes, place), level, least_scale) for place, size in enumerate(sizes)]
    return float(np.mean(within))
