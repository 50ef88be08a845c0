"""Which networks to measure, so that the rest can be estimated. Pure: arrays in, arrays out.

Where operators are timed, they are estimated from operators like them. So the set covers the operators in
which the whole field spends its time. Elsewhere, networks are estimated as wholes from networks like them. So
the set is the one that would narrow the estimates of all others the most. Both lean to the cheap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from app.estimating import roofline
from app.estimating.kernels import Part, between
from app.estimating.process import NOISE
from app.estimating.roofline import Roofline
from catalog.candidates.category import Floats, Ints
from catalog.inventory import Inventory, Operators

# Operators whose sizes are within a factor of four are alike.
_OCTAVES = 2.0
# The second measured operator of a kind teaches half of what the first did.
_REPEATED = 0.5
# A network is worth its gain over its cost to this power: twice the cost must bring 1.4 times the gain.
_THRIFT = 0.5


@dataclass(frozen=True, eq=False)
class Coverage:
    """Which cells each of n networks covers, n x cells, and in which share of the field's time each cell
    lies."""

    covers: csr_array
    importance: Floats


def coverage(inventory: Inventory, roof: Roofline) -> Coverage:
    """The coverage of the networks of an inventory. A cell holds operators of one kind and of like sizes.
    Each network counts as much as any other."""
    cells = _cells(inventory.operators)
    times = np.exp(roof.log_time(inventory.operators))[inventory.operator] * inventory.count
    networks = len(inventory.workloads)
    total = np.bincount(inventory.network, weights=times, minlength=networks)
    shares = times / total[inventory.network]
    shape = networks, int(cells.max()) + 1
    by_cell = csr_array((shares, (inventory.network, cells[inventory.operator])), shape=shape)
    by_cell.sum_duplicates()
    covers = by_cell.copy()
    covers.data[:] = 1.0
    return Coverage(covers, np.asarray(by_cell.sum(axis=0)).ravel() / networks)


def covering(coverage: Coverage, costs: Floats, count: int, budget: float = np.inf) -> Ints:
    """At most `count` networks, whose `costs` sum to at most `budget`, in the order of what they add.

    The network that adds the most importance for its cost is taken next. Such a set has at least 1 - 1/e of
    what the best set would cover (Nemhauser, Wolsey and Fisher 1978).
    """
    left = coverage.importance.copy()
    chosen: list[int] = []
    spent = 0.0
    for _ in range(count):
        gains = (coverage.covers @ left) / costs**_THRIFT
        gains[chosen] = -1.0
        gains[costs + spent > budget] = -1.0
        best = int(np.argmax(gains))
        if gains[best] < 0:
            break
        chosen.append(best)
        spent += float(costs[best])
        left[coverage.covers[[best]].indices] *= _REPEATED
    return np.array(chosen, dtype=np.int64)


def narrowing(parts: Sequence[Part], costs: Floats, count: int, budget: float = np.inf) -> Ints:
    """At most `count` networks, whose `costs` sum to at most `budget`, in the order of what they narrow.

    The network is taken next whose measurement narrows the standard deviations of all networks the most for
    its cost. How far a measurement narrows them follows from the kernel alone, whatever it will say (Seo,
    Wallat, Graepel and Obermayer 2000). `parts` are the kernel, with the deviations that they have before
    anything is measured. A network of infinite cost is never taken.
    """
    everything = np.arange(len(costs))
    covariance = between(parts, np.array([part.deviation for part in parts]), everything, everything)
    able = np.isfinite(costs)
    chosen: list[int] = []
    spent = 0.0
    for _ in range(count):
        able = able & (costs + spent <= budget)
        if not able.any():
            break
        variances = np.diag(covariance)
        explained = covariance**2 / (variances + NOISE**2)
        left = np.sqrt(np.maximum(variances[:, None] - explained, 0.0) + NOISE**2)
        gains = np.sqrt(variances + NOISE**2).sum() - left.sum(axis=0)
        best = int(np.argmax(np.where(able, gains / costs**_THRIFT, -np.inf)))
        chosen.append(best)
        able[best] = False
        spent += float(costs[best])
        column = covariance[:, best]
        covariance = covariance - np.outer(column, column) / (column[best] + NOISE**2)
    return np.array(chosen, dtype=np.int64)


def _cells(operators: Operators) -> Ints:
    """The cell of each operator."""

    def octaves(name: str) -> Floats:
        return np.round(np.log2(1 + operators.number(name)) / _OCTAVES)

    grouped = operators.number("groups") > 1
    heavy = roofline.is_convolution(operators) | roofline.is_product(operators)
    keys = np.column_stack(
        [
            operators.kind.codes,
            np.where(heavy, operators.after.codes, operators.before.codes),
            grouped + (operators.number("groups") == operators.number("inner")),
            np.where(heavy, octaves("inner"), operators.number("variant")),
            np.where(heavy, octaves("outer"), octaves("written")),
            np.where(heavy, octaves("rows"), 0),
            np.minimum(operators.number("kernel_height"), 7),
            np.minimum(operators.number("stride"), 2),
        ]
    )
    return np.unique(keys, axis=0, return_inverse=True)[1].ravel()
