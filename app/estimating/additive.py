"""A time or a memory as a sum over kinds of work, where no other machine has it. Pure.

A GPU works on one operator while the CPU starts the next ones. Then it is no sum: whichever of the two takes
longer decides.
"""

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


# The work of a device and its starts overlap. Where both take equally long, the network takes 1.2 times as
# long: the larger this power, the less.
_OVERLAP = 4.0


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
    amounts, typical = _in_typical(summands.work)
    mine = amounts[measured]
    start = np.log(summands.shares)
    start = start + np.median(values - np.log(mine @ np.exp(start)))

    def misses(logarithms: Floats) -> Floats:
        missed = (np.log(mine @ np.exp(logarithms)) - values) / _MISS
        return np.concatenate([missed, (logarithms - start) / _PRIOR_SPREAD])

    best = least_squares(misses, start, loss="soft_l1")
    return Additive(np.exp(best.x) / typical)


def fit_launched(summands: Summands, launches: Floats, measured: Ints, values: Floats) -> Floats:
    """The logarithm of each network's number, where a device does the work, and something else starts it in
    so many `launches`. Whether a device waits for its starts is unknown, so both cases are tried."""
    amounts, _ = _in_typical(summands.work)
    starts, _ = _in_typical(launches[:, None])
    shares = np.log(summands.shares / summands.shares.sum())

    def logarithms(parameters: Floats, rows: Ints | slice = slice(None)) -> Floats:
        of_work = np.log(amounts[rows] @ np.exp(parameters[:-1]))
        of_starts = np.log(starts[rows, 0]) + parameters[-1]
        return np.asarray(np.logaddexp(_OVERLAP * of_work, _OVERLAP * of_starts) / _OVERLAP)

    def misses(parameters: Floats) -> Floats:
        missed = (logarithms(parameters, measured) - values) / _MISS
        costs = parameters[:-1] - shares
        return np.concatenate([missed, (costs - costs.mean()) / _PRIOR_SPREAD])

    level = np.median(values)
    guesses = [np.append(shares + level, level - apart) for apart in (2.0, -2.0)]
    guesses[1][:-1] -= 2.0
    fits = [least_squares(misses, guess, loss="soft_l1") for guess in guesses]
    return logarithms(min(fits, key=lambda fit: float(fit.cost)).x)


def _in_typical(work: Floats) -> tuple[Floats, Floats]:
    """The amounts of each kind of work in typical ones, and those."""
    typical = np.exp(np.log(np.maximum(work, 1e-12)).mean(axis=0))
    return work / typical, typical
