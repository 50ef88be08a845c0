"""A time as a sum over kinds of work, where no other machine says how long a network takes. Pure."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from catalog.candidates import Floats, Ints

# How far the cost of a kind of work may lie from what all kinds cost together, in logarithms. With few
# measurements, a kind costs about as much as the others.
_PRIOR_SPREAD = 1.5
# A share of the time that a typical network spends on each kind of work, before anything is measured: most on
# the products, a third on moving activations, the rest on weights and calls.
_SHARES = np.array([0.3, 0.15, 0.05, 0.05, 0.25, 0.05, 0.15])
# What measurements lie from such a sum, in logarithms.
_MISS = 0.2


@dataclass(frozen=True, eq=False)
class Additive:
    """What each kind of work costs, in the unit of the time."""

    costs: Floats

    def log_times(self, work: Floats) -> Floats:
        """The logarithm of each network's time."""
        return np.asarray(np.log(work @ self.costs))


def fit(work: Floats, measured: Ints, log_times: Floats) -> Additive:
    """The costs that explain the times of the networks `measured`. `work` is that of all networks, n x kinds:
    how much a kind of work is by itself says nothing, so its typical amount is taken for one."""
    typical = np.exp(np.log(np.maximum(work, 1e-12)).mean(axis=0))
    amounts = work / typical
    mine = amounts[measured]
    start = np.log(_SHARES)
    start = start + np.median(log_times - np.log(mine @ np.exp(start)))

    def misses(logarithms: Floats) -> Floats:
        missed = (np.log(mine @ np.exp(logarithms)) - log_times) / _MISS
        return np.concatenate([missed, (logarithms - start) / _PRIOR_SPREAD])

    best = least_squares(misses, start, loss="soft_l1")
    return Additive(np.exp(best.x) / typical)
