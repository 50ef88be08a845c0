"""What operators say of networks, as the prior of a process. Pure: arrays in, arrays out.

A network that was measured must not be estimated from its own operators, or the process would believe that
sums are exact. So its prior comes from the other networks alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.estimating.efficiency import Efficiency
from app.estimating.intervals import folds
from app.estimating.operator_times import Profile, learn, log_total, sums
from app.estimating.process import Prior
from app.estimating.roofline import is_convolution
from catalog.candidates.category import Floats, Ints
from catalog.inventory import Inventory, Operators, joined

# The networks that were measured are left out in so many parts. Each costs about as much as learning from
# all.
_FOLDS = 5
# A left-out part needs no better trees than these.
_FOLD_TREES = 10
# An operator of a sort that was never measured may take a third of what its roofline says, or three times as
# much.
_STRANGE = float(np.log(3.0))


@dataclass(frozen=True, eq=False)
class Sums:
    """The prior of every network of an inventory, and `strange`: the share of each network's time in
    operators of sorts that no profile has."""

    prior: Prior
    strange: Floats


@dataclass(frozen=True, eq=False)
class _LeftOut:
    """What the others say of each profiled network: the logarithm of its time, with its deviation over the
    trees. `usual` is what was known of operators before."""

    usual: Efficiency | None
    mean: Floats
    deviation: Floats

    def miss(self, profiles: Sequence[Profile]) -> float:
        """The mean error, apart from what is common to all, which a process finds."""
        errors = self.mean - np.log([one.latency_ns for one in profiles])
        return float(np.abs(errors - np.median(errors)).mean())


def estimate(
    profiles: Sequence[Profile], rows: Ints, inventory: Inventory, usual: Efficiency | None = None
) -> Sums:
    """The sums of every network in the inventory. `profiles` are those of the networks `rows`.

    `usual` is what reference machines say of operators. They may be of another kind. So it is heeded where
    the profiled networks are missed less with it, when each is left out.
    """
    ways = [_left_out(profiles, way) for way in dict.fromkeys((usual, None))]
    left_out = min(ways, key=lambda way: way.miss(profiles))
    fitted = learn(profiles, usual=left_out.usual)
    everything = sums(fitted, inventory)
    mean, deviation = everything.mean.copy(), everything.deviation.copy()
    mean[rows], deviation[rows] = left_out.mean, left_out.deviation
    roof_ns = np.exp(fitted.roofline.log_time(inventory.operators))
    strange = _strange_share(joined([one.operators for one in profiles]), inventory, roof_ns)
    doubt = np.hypot(deviation, _STRANGE * strange)
    doubt[rows] = deviation[rows]
    return Sums(Prior(mean, doubt), strange)


def _left_out(profiles: Sequence[Profile], usual: Efficiency | None) -> _LeftOut:
    mean, deviation = np.empty(len(profiles)), np.empty(len(profiles))
    for learnt, asked in folds(len(profiles), _FOLDS):
        apart = learn([profiles[position] for position in learnt], _FOLD_TREES, usual)
        for position in asked:
            mean[position], deviation[position] = log_total(apart, profiles[position].operators)
    return _LeftOut(usual, mean, deviation)


def _strange_share(measured: Operators, inventory: Inventory, operator_ns: Floats) -> Floats:
    known = set(_sorts(measured))
    strange = np.array([sort not in known for sort in _sorts(inventory.operators)], dtype=np.float64)
    times = operator_ns[inventory.operator] * inventory.count
    count = len(inventory.workloads)
    total = np.bincount(inventory.network, weights=times, minlength=count)
    odd = np.bincount(inventory.network, weights=times * strange[inventory.operator], minlength=count)
    return np.asarray(odd / np.maximum(total, 1e-9))


def _sorts(operators: Operators) -> list[tuple[str, bool, bool]]:
    """The kind of each operator, and whether it convolves in groups, and each channel on its own."""
    groups, inner = operators.number("groups"), operators.number("inner")
    grouped = (groups > 1) & is_convolution(operators)
    alone = grouped & (groups == inner)
    return list(zip(operators.kind, grouped.tolist(), alone.tolist(), strict=True))
