"""How long operators would take if nothing but arithmetic and memory took time. Pure: arrays in, arrays out.

time = MACs / rate + bytes / bandwidth + overhead (Williams, Waterman and Patterson 2009,
doi:10.1145/1498765.1498785). The rate depends on the work: a dense convolution, a grouped one, a product, or
anything else, which is counted by the elements that it writes. The constants are fitted to what was measured.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from catalog.candidates.category import Bools, Floats
from catalog.inventory import Operators

CONVOLUTIONS = ("Conv", "ConvTranspose")
PRODUCTS = ("MatMul", "Gemm", "Einsum", "LSTM")
_BYTES = 4.0
"""Of a number of fp32."""
# Where the search starts, in ns: a dense convolution makes 30 GMAC/s on a core, a grouped one 5, a product
# 30, anything else computes 2e9 elements/s, memory gives 10 GB/s, and each operator takes 2 us. It ends
# elsewhere.
_START = np.log([1 / 30, 1 / 5, 1 / 30, 1 / 2, 1 / 10, 2000.0])
# How far each may lie from the start, in logarithms. It holds those that no measured operator says anything
# of.
_PRIOR_SPREAD = 1.5
# Beyond this distance, in logarithms, an operator counts less: some are an order slower than any roofline.
_TYPICAL_MISS = 0.5


@dataclass(frozen=True, eq=False)
class Roofline:
    """The constants, in ns: each of the four kinds of work, a byte, and an operator."""

    constants: Floats

    def log_time(self, operators: Operators) -> Floats:
        """The logarithm of each operator's time in ns."""
        return np.asarray(np.log(work_of(operators) @ self.constants))


TYPICAL = Roofline(np.exp(_START))
"""A roofline for machines of which nothing was measured: good enough to compare networks with one another."""


def work_of(operators: Operators) -> Floats:
    """What each operator does, by the constants of a roofline: m x 6."""
    macs = operators.number("macs")
    convolves, multiplies = is_convolution(operators), is_product(operators)
    grouped = convolves & (operators.number("groups") > 1)
    other = ~convolves & ~multiplies
    moved = operators.number("read") + operators.number("weights") + operators.number("written")
    return np.stack(
        [
            np.where(convolves & ~grouped, macs, 0.0),
            np.where(grouped, macs, 0.0),
            np.where(multiplies, macs, 0.0),
            np.where(other, operators.number("written") + operators.number("read"), 0.0),
            moved * _BYTES,
            np.ones(len(operators)),
        ],
        axis=1,
    )


def fit(work: Floats, log_times: Floats, weights: Floats) -> Roofline:
    """The roofline whose logarithms lie next to those of the measured times (ns). `work` is that of
    operators, or of groups of them, as `work_of` counts it. Each counts by its weight, and by less where it
    lies far from any roofline."""
    scale = np.sqrt(weights / weights.mean())

    def misses(logarithms: Floats) -> Floats:
        missed = (np.log(work @ np.exp(logarithms)) - log_times) * scale
        return np.concatenate([missed, (logarithms - _START) / _PRIOR_SPREAD])

    best = least_squares(misses, _START, loss="soft_l1", f_scale=_TYPICAL_MISS)
    return Roofline(np.exp(best.x))


def is_convolution(operators: Operators) -> Bools:
    """Which operators convolve."""
    return operators.kind.mask(lambda kind: kind in CONVOLUTIONS)


def is_product(operators: Operators) -> Bools:
    """Which operators multiply matrices."""
    return operators.kind.mask(lambda kind: kind in PRODUCTS)
