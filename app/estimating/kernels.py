"""What makes networks alike: kernels over their features. Pure: arrays in, arrays out.

A kernel is a weighted sum of parts. Each part is fixed before anything is measured, so a fit finds the
weights of the parts alone. With ten measurements no more can be found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from catalog.candidates.category import Floats, Ints


class Likeness(StrEnum):
    """How a part compares two networks."""

    LINEAR = "linear"
    """By the product of their features: the logarithm of the time is linear in them."""
    NEAR = "near"
    """By their distance: networks next to each other have the same deviation."""
    SAME = "same"
    """By equality: networks with the same code share a deviation."""


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a kernel over n networks.

    `columns` are n x d numbers, or n x 1 codes for `SAME`. The standard deviation that the part gives the
    logarithm of the time is `deviation` before anything is measured. What is fitted lies around it, within a
    factor of exp(`spread`) in two of three cases. A spread of 0 holds it fixed.
    """

    likeness: Likeness
    columns: Floats
    deviation: float
    spread: float

    def between(self, first: Ints, second: Ints) -> Floats:
        """The covariances of the networks `first` with the networks `second`, at a deviation of 1."""
        left, right = self.columns[first], self.columns[second]
        if self.likeness is Likeness.LINEAR:
            return np.asarray(left @ right.T)
        if self.likeness is Likeness.NEAR:
            return np.asarray(np.exp(-cdist(left, right, "sqeuclidean") / 2))
        return np.asarray(left == right.T, dtype=np.float64)

    def variances(self, rows: Ints) -> Floats:
        """The variance of each network, at a deviation of 1."""
        if self.likeness is Likeness.LINEAR:
            return np.asarray((self.columns[rows] ** 2).sum(axis=1))
        return np.ones(len(rows))


def between(parts: Sequence[Part], deviations: Floats, first: Ints, second: Ints) -> Floats:
    """The covariances of the networks `first` with the networks `second`, under the sum of these parts, each
    at its own of the `deviations`."""
    total = np.zeros((len(first), len(second)))
    for part, deviation in zip(parts, deviations, strict=True):
        total += deviation**2 * part.between(first, second)
    return total


def standardised(columns: npt.ArrayLike) -> Floats:
    """Each column with mean 0 and standard deviation 1 over all networks, then divided by the square root of
    the number of columns: two networks that differ by a standard deviation in all are a distance of 1 apart.
    A column that never varies is left out.
    """
    given = np.asarray(columns, dtype=np.float64)
    deviations = given.std(axis=0)
    varying = deviations > 0
    if not varying.any():
        return np.zeros((len(given), 1))
    kept = given[:, varying]
    return np.asarray((kept - kept.mean(axis=0)) / deviations[varying] / np.sqrt(varying.sum()))


def constant(count: int) -> Floats:
    """The column of a part that shifts all of `count` networks alike."""
    return np.ones((count, 1))


def codes_of(words: Sequence[str | None]) -> Floats:
    """A column in which equal words have the same code. Each None has a code of its own."""
    seen: dict[object, int] = {}
    numbers = [seen.setdefault(object() if word is None else word, len(seen)) for word in words]
    return np.array(numbers, dtype=np.float64).reshape(-1, 1)
