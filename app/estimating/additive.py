"""A time or a memory as a sum over kinds of work, where no other machine has it. Pure.

A GPU works on one operator while the CPU starts the next ones. Then it is no sum: whichever of the two takes
longer decides.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from catalog.candidates.category import Floats, Ints

# What measurements lie from such a sum, in logarithms.
_MISS = 0.2
# The work of a device and its starts overlap. Where both take equally long, the network takes 1.2 times as
# long: the larger this power, the less.
_OVERLAP = 4.0


@dataclass(frozen=True, eq=False)
class Summands:
    """What a number of n networks is a sum of.

    `amounts` are n x kinds: what each kind is expected to add, up to a factor that all share. `spreads` say
    how far the factor of each kind may lie from that of the others, in logarithms: with few measurements, a
    kind adds about what was expected.
    """

    amounts: Floats
    spreads: Floats


def fit(summands: Summands, measured: Ints, values: Floats) -> Floats:
    """The logarithm of each network's number, by the factors that explain the numbers of the networks
    `measured`, whose logarithms are `values`."""
    amounts = summands.amounts
    mine = amounts[measured]
    start = np.full(amounts.shape[1], np.median(values - np.log(mine.sum(axis=1))))

    def misses(logarithms: Floats) -> Floats:
        missed = (np.log(mine @ np.exp(logarithms)) - values) / _MISS
        return np.concatenate([missed, (logarithms - start) / summands.spreads])

    best = least_squares(misses, start, loss="soft_l1")
    return np.asarray(np.log(amounts @ np.exp(best.x)))


def fit_launched(summands: Summands, launches: Floats, measured: Ints, values: Floats) -> Floats:
    """The logarithm of each network's number, where a device does the work, and something else starts it in
    so many `launches`. Whether a device waits for its starts is unknown, so both cases are tried."""
    amounts = summands.amounts / np.exp(np.log(summands.amounts.sum(axis=1)).mean())
    starts = launches / np.exp(np.log(launches).mean())

    def logarithms(parameters: Floats, rows: Ints | slice = slice(None)) -> Floats:
        of_work = np.log(amounts[rows] @ np.exp(parameters[:-1]))
        of_starts = np.log(starts[rows]) + parameters[-1]
        return np.asarray(np.logaddexp(_OVERLAP * of_work, _OVERLAP * of_starts) / _OVERLAP)

    def misses(parameters: Floats) -> Floats:
        missed = (logarithms(parameters, measured) - values) / _MISS
        factors = parameters[:-1]
        return np.concatenate([missed, (factors - factors.mean()) / summands.spreads])

    kinds, level = amounts.shape[1], np.median(values)
    guesses = [
        np.append(np.full(kinds, of_work), of_starts)
        for of_work, of_starts in ((level, level - 2.0), (level - 2.0, level + 2.0))
    ]
    fits = [least_squares(misses, guess, loss="soft_l1") for guess in guesses]
    return logarithms(min(fits, key=lambda fit: float(fit.cost)).x)
