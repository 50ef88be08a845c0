"""What other targets say of a network. Pure: arrays in, arrays out.

A reference is a column of times on another target, or in another configuration. Those that were measured with
the same software and in the same way are worth most. So the prior mean of a network is the mean over the
references of the target's own class, each weighted by how well it agrees with what was measured here.
"""

from dataclasses import dataclass

import numpy as np

from app.estimating.kernels import standardised
from app.estimating.process import Prior
from catalog.candidates import Bools, Floats, Ints

# A reference differs from a target of its class by this much, beyond a factor. It counts as so many
# measurements.
_TYPICAL_MISS, _WORTH = 0.1, 4
# Errors of references of one class resemble each other, so the best of them is worth more than their mean.
_SHARPNESS = 4
# What a completed cell lies from what would have been measured.
_COMPLETED = 0.15
# How many directions of the differences between references are looked at.
_DIRECTIONS = 4
_RIDGE = 3.0


@dataclass(frozen=True, eq=False)
class References:
    """The logarithms of the times of n networks on r other targets: n x r, where NaN is unknown. `alike` says
    which of the targets are of the class of the one that is estimated."""

    log_times: Floats
    alike: Bools

    def take(self, columns: Ints) -> "References":
        """These columns alone."""
        return References(self.log_times[:, columns], self.alike[columns])


@dataclass(frozen=True, eq=False)
class Completed:
    """References without gaps. `doubt` is n x r: how far a completed cell may lie, 0 where it was measured.
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


def completed(references: References, described: Floats) -> Completed:
    """Fill the gaps: by the other references of the network, or by its features `described`, n x d."""
    given = references.log_times
    known = ~np.isnan(given)
    offsets = np.array([given[known[:, column], column].mean() for column in range(given.shape[1])])
    centred = np.where(known, given - offsets, 0.0)
    counts = known.sum(axis=1)
    means = centred.sum(axis=1) / np.maximum(counts, 1)
    seen = counts > 0
    means[~seen] = _ridge(described, means, seen)[~seen]
    # A network is seldom in all tables, and tables that lack the newest networks lack the largest.
    for _ in range(5):
        residual = np.where(known, given - offsets - means[:, None], 0.0)
        offsets = offsets + residual.sum(axis=0) / known.sum(axis=0)
        residual = np.where(known, given - offsets - means[:, None], 0.0)
        means = np.where(seen, means + residual.sum(axis=1) / np.maximum(counts, 1), means)
    filled = np.where(known, given, offsets + means[:, None])
    doubt = np.where(known, 0.0, np.where(seen, _COMPLETED, 2 * _COMPLETED)[:, None])
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


def _ridge(described: Floats, values: Floats, seen: Bools) -> Floats:
    """What features say of `values`, learnt from the networks `seen`."""
    features = np.column_stack([described, np.ones(len(described))])
    mine = features[seen]
    penalty = _RIDGE / described.shape[1] * np.eye(features.shape[1])
    penalty[-1, -1] = 0.0
    return np.asarray(features @ np.linalg.solve(mine.T @ mine + penalty, mine.T @ values[seen]))
