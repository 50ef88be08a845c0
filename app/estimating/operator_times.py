"""Estimating networks operator by operator, from the node profiles of networks that were measured. Pure.

What is learnt is the logarithm of time over roofline: a regression then explains how efficient an operator
is, and not how large. Trees do it, because kinds, shapes and vector widths make steps. Where reference
machines say how efficient operators usually are, what is learnt is how this machine differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from app.estimating import roofline
from app.estimating.efficiency import Efficiency
from app.estimating.operator_features import features, vocabulary
from app.estimating.roofline import Roofline
from catalog.candidates.category import Floats, Ints
from catalog.inventory import Inventory, Operators, joined

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesRegressor

# More trees change no estimate by more than a tenth of its error.
_TREES = 40
_SEED = 14
# Of an operator that took no time at all. A mean needs a weight.
_LEAST_WEIGHT = 1e-12
# What is left at least of a group's time without what profiling adds to it.
_LEAST_OWN = 0.1
# Through two profiles any line passes.
_LEAST_FOR_A_SLOPE = 3
Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Profile:
    """A network that was measured, and how its time divides among its operators.

    A runtime computes some operators together. Such a group has one time. `group` is the position of each
    operator in `group_ns`, -1 for an operator that the runtime left out. `latency_ns` is the network's own
    time: groups are scaled to it, without what profiling adds to each.
    """

    operators: Operators
    group: Ints
    group_ns: Floats
    latency_ns: float


@dataclass(frozen=True, eq=False)
class OperatorTimes:
    """What was learnt of operators on a target. `usual` is what was known of them before."""

    roofline: Roofline
    codes: dict[str, int]
    trees: "ExtraTreesRegressor"
    usual: Efficiency | None = None

    def log_times(self, operators: Operators) -> Floats:
        """The logarithm of each operator's time in ns, by each tree: trees x m."""
        return self.efficiency(operators) + self.roofline.log_time(operators)

    def efficiency(self, operators: Operators) -> Floats:
        """The logarithm of each operator's time over its roofline, by each tree: trees x m."""
        usual = _usual_of(operators, self.usual)
        seen = _seen(operators, self.codes, usual)
        found = np.stack([tree.predict(seen) for tree in self.trees.estimators_])
        return found if usual is None else found + usual


@dataclass(frozen=True, eq=False)
class Sums:
    """The logarithms of the times of n networks, in ns, as sums over their operators. `deviation` is the
    standard deviation over the trees."""

    mean: Floats
    deviation: Floats


def learn(profiles: Sequence[Profile], trees: int = _TREES, usual: Efficiency | None = None) -> OperatorTimes:
    """What the profiles say of operators.

    The operators of a group share its efficiency. So a group is divided by what the roofline and the `usual`
    efficiency say of each, and an activation that a convolution computes at once adds little.
    """
    from sklearn.ensemble import ExtraTreesRegressor  # noqa: PLC0415 - it takes a second, which no answer waits for

    operators = joined([one.operators for one in profiles])
    group, log_group_ns, share = _groups(profiles)
    kept = np.flatnonzero(group >= 0)
    operators, group = operators.take(kept), group[kept]
    work = _summed(roofline.work_of(operators), group, len(log_group_ns))
    seen = np.flatnonzero(work.sum(axis=1) > 0)
    roof = roofline.fit(work[seen], log_group_ns[seen], share[seen])
    known = _usual_of(operators, usual)
    own = np.exp(roof.log_time(operators) + (0.0 if known is None else known))
    together = np.bincount(group, weights=own, minlength=len(log_group_ns))
    efficiency = log_group_ns - np.log(np.maximum(together, 1e-9))
    codes = vocabulary(operators)
    forest = ExtraTreesRegressor(n_estimators=trees, max_features=1.0, random_state=_SEED, n_jobs=1)
    # The root lets cheap operators have a say: other networks may spend their time in them.
    weights = np.sqrt(share[group] * own / together[group])
    forest.fit(*_merged(_seen(operators, codes, known), efficiency[group], weights))
    return OperatorTimes(roof, codes, forest, usual)


def usual_efficiency(machines: Sequence[Sequence[Profile]], operators: Operators) -> Efficiency:
    """How efficient these operators are: the mean over the profiles of all `machines`."""
    logs = np.stack([learn(profiles).efficiency(operators).mean(axis=0) for profiles in machines])
    return Efficiency(operators, np.average(logs, axis=0, weights=[len(profiles) for profiles in machines]))


def _seen(operators: Operators, codes: dict[str, int], usual: Floats | None) -> Floats32:
    """What the trees see of operators: a row each."""
    seen = features(operators, codes)
    return (seen if usual is None else np.column_stack([seen, usual])).astype(np.float32)


def _usual_of(operators: Operators, usual: Efficiency | None) -> Floats | None:
    return None if usual is None else usual.of(operators)


def _merged(seen: Floats32, values: Floats, weights: Floats) -> tuple[Floats32, Floats, Floats]:
    """Each row of features once, with the weighted mean of its values and the sum of its weights. No tree can
    divide equal rows. Blocks repeat, so that two of three operators are equal to another."""
    rows, place = np.unique(seen, axis=0, return_inverse=True)
    place = place.ravel()
    weights = np.maximum(weights, _LEAST_WEIGHT)
    total: Floats = np.bincount(place, weights=weights).astype(np.float64)
    return rows, np.bincount(place, weights=weights * values) / total, total


def sums(times: OperatorTimes, inventory: Inventory) -> Sums:
    """The networks of the inventory."""
    log_times = times.log_times(inventory.operators)
    counts = csr_array(
        (inventory.count, (inventory.network, inventory.operator)),
        shape=(len(inventory.workloads), len(inventory.operators)),
    )
    mean = np.log(counts @ np.exp(log_times.mean(axis=0)))
    by_tree = np.log(counts @ np.exp(log_times).T)
    return Sums(mean, by_tree.std(axis=1))


def log_total(times: OperatorTimes, operators: Operators) -> tuple[float, float]:
    """The logarithm of the time of one network with these operators, in ns, and its standard deviation over
    the trees."""
    log_times = times.log_times(operators)
    by_tree = np.log(np.exp(log_times).sum(axis=1))
    return float(np.log(np.exp(log_times.mean(axis=0)).sum())), float(by_tree.std())


def _groups(profiles: Sequence[Profile]) -> tuple[Ints, Floats, Floats]:
    """The group of each operator of all profiles, and of each group the logarithm of its time and its share
    of its network's time."""
    codes, times, shares, start = [], [], [], 0
    overhead_ns = _overhead_ns(profiles)
    for one in profiles:
        own_ns = np.maximum(one.group_ns - overhead_ns, _LEAST_OWN * one.group_ns)
        share = own_ns / own_ns.sum()
        codes.append(np.where(one.group >= 0, one.group + start, -1))
        times.append(np.log(np.maximum(share * one.latency_ns, 1.0)))
        shares.append(share)
        start += len(share)
    return np.concatenate(codes), np.concatenate(times), np.concatenate(shares)


def _overhead_ns(profiles: Sequence[Profile]) -> float:
    """What the runtime's profiling adds to the time of each group.

    The more groups a network has in a millisecond, the further the sum of their times is above its latency.
    The slope is that of most pairs of profiles (Siegel 1982, doi:10.1093/biomet/69.1.242), since each was
    taken in a moment of its own. A sum below the latency is no overhead: there time passes between groups.
    """
    from scipy.stats import siegelslopes  # noqa: PLC0415 - it takes half a second

    density = np.array([len(one.group_ns) / one.latency_ns for one in profiles])
    if len(np.unique(density)) < _LEAST_FOR_A_SLOPE:
        return 0.0
    excess = np.array([np.log(one.group_ns.sum() / one.latency_ns) for one in profiles])
    return max(0.0, float(siegelslopes(excess, density).slope))


def _summed(work: Floats, group: Ints, count: int) -> Floats:
    return np.stack([np.bincount(group, weights=column, minlength=count) for column in work.T], axis=1)
