"""What other targets say of a network. Pure: arrays in, arrays out.

A reference is a column of times on another target, or in another configuration. Those that were measured with
the same software and in the same way are worth most. So the prior mean of a network is the mean over the
references of the target's own class, each weighted by how well it agrees with what was measured here.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from app.estimating import additive
from app.estimating.features import Features
from app.estimating.kernels import Likeness, Part, between, constant, standardised
from app.estimating.process import Prior
from catalog.candidates.category import Bools, Floats, Ints

# A reference differs from a target of its class by this much, beyond a factor. It counts as so many
# measurements.
_TYPICAL_MISS, _WORTH = 0.1, 4
# Errors of references of one class resemble each other, so the best of them is worth more than their mean.
_SHARPNESS = 4
# What a completed cell lies from what would have been measured.
_COMPLETED = 0.15
# How many directions of the differences between references are looked at.
_DIRECTIONS = 4
# A network that is in no reference follows networks like it. Networks that are alike in all that is known
# differ by this much. Of networks that were hidden from sums over operators, half were completed to within
# 1.5 %, and to within 2 to 4 % where their whole family was hidden.
_UNEXPLAINED = 0.05


@dataclass(frozen=True, eq=False)
class References:
    """The logarithms of the times of n networks on r other targets: n x r, where NaN is unknown. `alike` says
    which of the targets are of the class of the one that is estimated. `doubt` is n x r: the standard
    deviation of those that are estimates themselves. If None, all were measured."""

    log_times: Floats
    alike: Bools
    doubt: Floats | None = None

    @property
    def doubts(self) -> Floats:
        """The standard deviation of each cell, 0 where it was measured."""
        return np.zeros_like(self.log_times) if self.doubt is None else self.doubt


def beside(first: References, second: References | None) -> References:
    """The first references, and those of the second that are of the target's class. Beside references of the
    class, others add nothing (docs/decisions/0018)."""
    if second is None or not second.alike.any():
        return first
    kept = second.alike
    return References(
        np.column_stack([first.log_times, second.log_times[:, kept]]),
        np.concatenate([first.alike, second.alike[kept]]),
        np.column_stack([first.doubts, second.doubts[:, kept]]),
    )


@dataclass(frozen=True, eq=False)
class Completed:
    """References without gaps. `doubt` is n x r: how far a cell may lie that was completed or estimated, 0
    where it was measured.
    `directions` are n x d: how the references of each network differ, standardised."""

    log_times: Floats
    doubt: Floats
    alike: Bools
    directions: Floats

    @property
    def held(self) -> Bools:
        """Which networks a reference of the target's class holds, or any reference where none is of its
        class."""
        return np.asarray((self.doubt[:, self.among] == 0).any(axis=1))

    @property
    def among(self) -> Bools:
        """The references that the prior mean is made of."""
        return self.alike if self.alike.any() else np.ones_like(self.alike)


def completed(references: References, features: Features) -> Completed:
    """Fill the gaps: by the other references of the network, or by networks with features like its own."""
    given = references.log_times
    known = ~np.isnan(given)
    offsets = np.array([given[known[:, column], column].mean() for column in range(given.shape[1])])
    centred = np.where(known, given - offsets, 0.0)
    counts = known.sum(axis=1)
    means = centred.sum(axis=1) / np.maximum(counts, 1)
    seen = counts > 0
    # A network is seldom in all tables, and tables that lack the newest networks lack the largest.
    for _ in range(5):
        residual = np.where(known, given - offsets - means[:, None], 0.0)
        offsets = offsets + residual.sum(axis=0) / known.sum(axis=0)
        residual = np.where(known, given - offsets - means[:, None], 0.0)
        means = np.where(seen, means + residual.sum(axis=1) / np.maximum(counts, 1), means)
    unseen = np.flatnonzero(~seen)
    likely = np.where(seen, _COMPLETED, 0.0)
    if len(unseen):
        # A reference lies as far from the mean of all as it does for the networks that it holds.
        apart = np.sqrt((residual[known] ** 2).mean())
        means[unseen], deviation = _by_likeness(features, means, np.flatnonzero(seen), unseen)
        likely[unseen] = np.hypot(deviation, apart)
    filled = np.where(known, given, offsets + means[:, None])
    doubt = np.where(known, references.doubts, likely[:, None])
    differences = filled - filled.mean(axis=1, keepdims=True)
    differences = differences - differences.mean(axis=0)
    left, sizes, _ = np.linalg.svd(differences, full_matrices=False)
    count = min(_DIRECTIONS, int((sizes > 0.05 * max(sizes[0], 1e-12)).sum()))
    directions = standardised(left[:, :count]) if count else np.zeros((len(given), 1))
    return Completed(filled, doubt, references.alike, directions)


def prior(references: Completed, rows: Ints, log_times: Floats) -> Prior:
    """The prior of a target on which the networks `rows` took these times."""
    among = references.among
    columns = references.log_times[:, among]
    apart = log_times[:, None] - columns[rows]
    variances = apart.var(axis=0, ddof=1) if len(rows) > 1 else np.full(apart.shape[1], _TYPICAL_MISS**2)
    others = max(0, len(rows) - 1)
    moderated = (_WORTH * _TYPICAL_MISS**2 + others * variances) / (_WORTH + others)
    weights = moderated**-_SHARPNESS
    weights = weights / weights.sum()
    mean = columns @ weights
    mean = mean + np.median(log_times - mean[rows])
    doubt = references.doubt[:, among] @ weights
    return Prior(mean, doubt)


def _by_likeness(features: Features, values: Floats, seen: Ints, unseen: Ints) -> tuple[Floats, Floats]:
    """The mean and the standard deviation of `values` of the networks `unseen`, given those of the networks
    `seen`: a sum over kinds of work, and a Gaussian process whose weights are fixed (Rasmussen and Williams
    2006, 2.23)."""
    sums = additive.fit(features.time, seen, values[seen])
    parts = [
        Part(Likeness.LINEAR, constant(len(values)), 1.0, 0.0),
        Part(Likeness.LINEAR, features.sizes, 0.2, 0.0),
        Part(Likeness.LINEAR, features.shares, 0.5, 0.0),
        Part(Likeness.LINEAR, features.make_up, 0.1, 0.0),
        Part(Likeness.NEAR, features.described / 0.8, 0.15, 0.0),
        Part(Likeness.SAME, features.family, 0.1, 0.0),
    ]
    deviations = np.array([part.deviation for part in parts])
    covariance = between(parts, deviations, seen, seen)
    covariance[np.diag_indices_from(covariance)] += _UNEXPLAINED**2
    factor = cho_factor(covariance, lower=True)
    cross = between(parts, deviations, unseen, seen)
    variance = sum(part.deviation**2 * part.variances(unseen) for part in parts)
    variance = variance - (cross * cho_solve(factor, cross.T).T).sum(axis=1)
    mean = sums[unseen] + cross @ cho_solve(factor, values[seen] - sums[seen])
    return mean, np.sqrt(np.maximum(variance, 0.0) + _UNEXPLAINED**2)
