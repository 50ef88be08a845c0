"""A Gaussian process over the logarithms of times. Pure: arrays in, arrays out.

The prior mean is given: another source's estimate. The kernel is a weighted sum of fixed parts
(`app.estimating.kernels`). The weights and the noise are the most probable ones, under a log-normal prior for
each (Rasmussen and Williams 2006, chapter 5). scikit-learn's process has no prior over weights, and no part
that sees some columns alone. The linear algebra and the search are SciPy's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from app.estimating.kernels import Part, between
from catalog.candidates.category import Floats, Ints

NOISE = 0.04
"""Measurements differ from what any kernel explains by this much, before anything is measured: of
logarithms."""
_NOISE_SPREAD = 0.7
# A network that lies further from what the others say of it, in standard deviations, is followed less.
_SURPRISING = 2.0
_TINY = 1e-10
# The search ends well before it. A longer one would find nothing that ten measurements can tell apart.
_MAX_STEPS = 60
# No weight is sought further from its prior, in standard deviations. Beyond, the covariance has no factor.
_FARTHEST = 4.0


@dataclass(frozen=True, eq=False)
class Prior:
    """What another source estimates of n networks: the logarithm of the time, and the standard deviation of
    its error that is each network's own. The process cannot learn such an error from other networks."""

    mean: Floats
    doubt: Floats


@dataclass(frozen=True, eq=False)
class Process:
    """A process that was fitted to the networks `rows`.

    `deviations` are those of the parts, and `noise` is that of a measurement. The covariance with `rows`
    times `weights` is the posterior mean above the prior's. `factor` is the lower Cholesky factor of the
    covariance of the measurements.
    """

    prior: Prior
    parts: Sequence[Part]
    rows: Ints
    deviations: Floats
    noise: float
    weights: Floats
    factor: Floats

    def posterior(self, rows: Ints) -> tuple[Floats, Floats]:
        """The mean and the standard deviation of the logarithm of each network's time, as it would be
        measured."""
        cross = between(self.parts, self.deviations, rows, self.rows)
        own = self.noise**2 + self.prior.doubt[rows] ** 2
        variances = own.copy()
        for part, deviation in zip(self.parts, self.deviations, strict=True):
            variances += deviation**2 * part.variances(rows)
        explained = solve_triangular(self.factor, cross.T, lower=True)
        left = np.maximum(variances - (explained**2).sum(axis=0), own)
        return self.prior.mean[rows] + cross @ self.weights, np.sqrt(left)


def fit(parts: Sequence[Part], prior: Prior, rows: Ints, log_times: Floats) -> Process:
    """The process of the networks `rows`, which took the times whose logarithms are `log_times`.

    It is fitted twice. After the first time, the noise of a network that the others find surprising is raised
    until it no longer is: one wrong measurement, or one strange network, must not bend the rest.
    """
    grams = [part.between(rows, rows) for part in parts]
    above = log_times - prior.mean[rows]
    extra = prior.doubt[rows] ** 2
    logarithms = _most_probable(parts, grams, above, extra)
    surprise = _surprise(_covariance(grams, logarithms, extra), above)
    if surprise.any():
        extra = extra + surprise
        logarithms = _most_probable(parts, grams, above, extra)
    factor = cholesky(_covariance(grams, logarithms, extra), lower=True)
    scales = np.exp(logarithms)
    return Process(
        prior, parts, rows, scales[:-1], float(scales[-1]), cho_solve((factor, True), above), factor
    )


def _covariance(grams: Sequence[Floats], logarithms: Floats, extra: Floats) -> Floats:
    """The covariance of the measurements, at these logarithms of the deviations and the noise."""
    scales = np.exp(2 * logarithms)
    total = np.diag(scales[-1] + extra + _TINY)
    for gram, scale in zip(grams, scales[:-1], strict=True):
        total = total + scale * gram
    return np.asarray(total)


def _most_probable(parts: Sequence[Part], grams: Sequence[Floats], above: Floats, extra: Floats) -> Floats:
    """The logarithms of the deviations of the parts, and of the noise."""
    centre = np.log([*(part.deviation for part in parts), NOISE])
    spread = np.array([*(part.spread for part in parts), _NOISE_SPREAD])
    free = np.flatnonzero(spread)

    def cost(moved: Floats) -> tuple[float, Floats]:
        """The negative logarithm of the posterior, and its gradient (Rasmussen and Williams 2006, 5.9)."""
        logarithms = centre.copy()
        logarithms[free] += moved * spread[free]
        factor = cho_factor(_covariance(grams, logarithms, extra), lower=True)
        weights = cho_solve(factor, above)
        slope = cho_solve(factor, np.eye(len(above))) - np.outer(weights, weights)
        scales = np.exp(2 * logarithms)
        by_part = np.array([*((slope * gram).sum() for gram in grams), np.trace(slope)]) * scales
        misfit = above @ weights / 2 + np.log(np.diag(factor[0])).sum()
        return float(misfit + moved @ moved / 2), by_part[free] * spread[free] + moved

    start = np.zeros(len(free))
    bounds = [(-_FARTHEST, _FARTHEST)] * len(free)
    best = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _MAX_STEPS})
    centre[free] += best.x * spread[free]
    return np.asarray(centre)


def _surprise(covariance: Floats, above: Floats) -> Floats:
    """The variance to add to each measurement, so that none lies further than `_SURPRISING` standard
    deviations from what the others say of it (Rasmussen and Williams 2006, 5.12)."""
    inverse = cho_solve(cho_factor(covariance, lower=True), np.eye(len(above)))
    variances = 1 / np.diag(inverse)
    residuals = (inverse @ above) * variances
    return np.asarray(np.maximum(0.0, (residuals / _SURPRISING) ** 2 - variances))
