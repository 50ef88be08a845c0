"""A time or a memory as a sum over kinds of work, where no other machine has it. Pure."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from catalog.candidates.category import Floats, Ints

# How far the cost of a kind of work may lie from what all kinds cost together, in logarithms. With few
# measurements, a kind costs about as much as the others.
_PRIOR_SPREAD = 1.5
# What measurements lie from such a sum, in logarithms.
_MISS = 0.2


@dataclass(frozen=True, eq=False)
class Summands:
    """What a number of n networks is a sum of. `work` is n x kinds. `shares` are the shares that the kinds
    have in a typical network, before anything is measured."""

    work: Floats
    shares: Floats


@dataclass(frozen=True, eq=False)
class Additive:
    """What each kind of work costs, in the unit of the number."""

    costs: Floats

    def logarithms(self, work: Floats) -> Floats:
        """The logarithm of each network's number."""
        return np.asarray(np.log(work @ self.costs))


def fit(summands: Summands, measured: Ints, values: Floats) -> Additive:
    """The costs that explain the numbers of the networks `measured`, whose logarithms are `values`. How much
    a kind of work is by itself says nothing, so its typical amount is taken for one."""
    work = summands.work
    typical = np.exp(np.log(np.maximum(work, 1e-12)).mean(axis=0))
    amounts = work / typical
    mine = amounts[measured]
    start = np.log(summands.shares)
    start = start + np.median(values - np.log(mine @ np.exp(start)))

    def misses(logarithms: Floats) -> Floats:
        missed = (np.log(mine @ np.exp(logarithms)) - values) / _MISS
        return np.concatenate([missed, (logarithms - start) / _PRIOR_SPREAD])

    best = least_squares(misses, start, loss="soft_l1")
    return Additive(np.exp(best.x) / typical)
