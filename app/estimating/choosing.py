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
NEW_SORT = 6.0
"""Where nothing else tells of operators, the first measured one of a sort is worth so many times its share of
the field's time. Of a network that needs a sort of which none was measured, nothing can be said. With 6,
eight networks hold every sort that another needs for most of its time. With 3 it takes twelve."""
# A network is worth its gain over its cost to this power: twice the cost must bring 1.4 times the gain.
_THRIFT = 0.5


@dataclass(frozen=True, eq=False)
class Coverage:
    """Which cells each of n networks covers, n x cells, and how important each cell is, in shares of the
    field's time. `left` is the part of a cell's importance that is left once it is covered."""

    covers: csr_array
    importance: Floats
    left: Floats


def coverage(inventory: Inventory, roof: Roofline, new_sort: float = 0.0) -> Coverage:
    """The coverage of the networks of an inventory. A cell holds operators of one kind and of like sizes, or
    all operators of a sort, whose importance is `new_sort` times their share. Each network counts as much as
    any other."""
    alike, sorts = _cells(inventory.operators)
    sizes = int(alike.max()) + 1
    cells = np.concatenate([alike[inventory.operator], sizes + sorts[inventory.operator]])
    times = np.exp(roof.log_time(inventory.operators))[inventory.operator] * inventory.count
    networks = len(inventory.workloads)
    total = np.bincount(inventory.network, weights=times, minlength=networks)
    shares = np.tile(times / total[inventory.network], 2)
    shape = networks, int(cells.max()) + 1
    by_cell = csr_array((shares, (np.tile(inventory.network, 2), cells)), shape=shape)
    by_cell.sum_duplicates()
    covers = by_cell.copy()
    covers.data[:] = 1.0
    is_sort = np.arange(shape[1]) >= sizes
    importance = np.asarray(by_cell.sum(axis=0)).ravel() / networks * np.where(is_sort, new_sort, 1.0)
    return Coverage(covers, importance, np.where(is_sort, 0.0, _REPEATED))


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
        covered = coverage.covers[[best]].indices
        left[covered] *= coverage.left[covered]
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


def _cells(operators: Operators) -> tuple[Ints, Ints]:
    """The cell of like operators, and the sort, of each operator."""

    def octaves(name: str) -> Floats:
        return np.round(np.log2(1 + operators.number(name)) / _OCTAVES)

    grouped = operators.number("groups") > 1
    grouping = grouped + (operators.number("groups") == operators.number("inner"))
    convolves = roofline.is_convolution(operators)
    heavy = convolves | roofline.is_product(operators)
    keys = np.column_stack(
        [
            operators.kind.codes,
            np.where(heavy, operators.after.codes, operators.before.codes),
            grouping,
            np.where(heavy, octaves("inner"), operators.number("variant")),
            np.where(heavy, octaves("outer"), octaves("written")),
            np.where(heavy, octaves("rows"), 0),
            np.minimum(operators.number("kernel_height"), 7),
            np.minimum(operators.number("stride"), 2),
        ]
    )
    of_sort = np.column_stack([operators.kind.codes, np.where(convolves, grouping, 0)])
    alike, sorts = (np.unique(one, axis=0, return_inverse=True)[1].ravel() for one in (keys, of_sort))
    return alike, sorts
