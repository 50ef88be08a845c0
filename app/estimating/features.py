"""What is known of networks before any is measured, as features. Pure: entities in, arrays out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.estimating.additive import Summands
from app.estimating.kernels import codes_of, standardised
from app.estimating.roofline import is_convolution
from app.estimating.work import COSTS, SPREADS, Network, work_of
from catalog.candidates.category import Floats
from catalog.entities.networks import Counts
from catalog.inventory import Inventory

# An operator that fewer of the networks have says more of a family than of a time.
_COMMON = 0.05
_SMALL = 1e-9
# A process with a runtime takes about as much memory as the weights of a typical network, each of which is
# held more than once.
_SHARES_OF_MEMORY = np.array([0.45, 0.3, 0.15, 0.1])
# How far each may lie from its share, in logarithms.
_SPREAD_OF_MEMORY = 1.5
# The typical amount of a kind of weights is a geometric mean, which a network without any would make zero.
_LEAST_SHARE = 0.01
# They tell a tensor how to be read, and start nothing on a device.
_VIEWS = frozenset(
    {
        *("alias", "expand", "permute", "select", "slice", "split", "split_with_sizes", "squeeze"),
        *("transpose", "unbind", "unfold", "unsqueeze", "view", "_unsafe_view"),
    }
)
# Of the weights of a network without operators in the inventory.
_TYPICALLY_CONVOLVED = 0.5


@dataclass(frozen=True, eq=False)
class Features:
    """Features of n networks, in their order.

    `sizes` are the logarithms of MACs, activations, parameters, input size and operator calls. `make_up` is
    the share of each operator in the MACs and in the calls. Both are standardised. `family` has a code for
    each family. `work` is what a network does, by the kind of work (`app.estimating.work`). `activations` and
    `params` are in millions. `convolved` is the share of each network's weights that convolutions have.
    `launches` is how many of its operators compute something: PyTorch starts each of them on a GPU. `nodes`
    is how many its ONNX graph has, of which ONNX Runtime starts most.
    """

    sizes: Floats
    make_up: Floats
    family: Floats
    work: Floats
    activations: Floats
    params: Floats
    convolved: Floats
    launches: Floats
    nodes: Floats

    @property
    def shares(self) -> Floats:
        """The share of each kind of work in the time that a network is expected to take, above the mean of
        all networks. Where a kind costs a percent more, the time is longer by a percent of its share."""
        shares = self._shares
        return np.asarray(shares - shares.mean(axis=0))

    @property
    def described(self) -> Floats:
        """Sizes and shares side by side, standardised. The square root keeps small shares in sight."""
        shares = standardised(np.sqrt(self._shares))
        return np.asarray(np.column_stack([self.sizes, shares]) / np.sqrt(2))

    @property
    def time(self) -> Summands:
        """What the time of a network is a sum of."""
        return Summands(self.work * COSTS, SPREADS)

    @property
    def _shares(self) -> Floats:
        times = self.work * COSTS
        return np.asarray(times / times.sum(axis=1, keepdims=True))

    @property
    def memory(self) -> Summands:
        """What the memory of a process that runs a network is a sum of: what every process takes, the
        weights of convolutions, which runtimes hold in several layouts, other weights, and activations."""
        convolved = np.clip(self.convolved, _LEAST_SHARE, 1 - _LEAST_SHARE)
        columns = np.column_stack(
            [
                np.ones(len(self.params)),
                self.params * convolved,
                self.params * (1 - convolved),
                self.activations,
            ]
        )
        typical = np.exp(np.log(np.maximum(columns, _SMALL)).mean(axis=0))
        spreads = np.full(len(typical), _SPREAD_OF_MEMORY)
        return Summands(columns / typical * _SHARES_OF_MEMORY, spreads)


def features(networks: Sequence[Network], inventory: Inventory | None = None) -> Features:
    """The features of these networks. The inventory says what they do, which of their weights convolve, and
    how many nodes their graphs have."""
    counts = [network.counts for network in networks]
    architectures = [network.workload.architecture for network in networks]
    launches = np.array([_launches(one) for one in counts])
    calls = np.array([sum(one.operator_calls.values()) for one in counts], dtype=np.float64)
    basic = np.array(
        [
            (one.gmacs, one.activations_m, one.params_m, network.workload.input_size)
            for one, network in zip(counts, networks, strict=True)
        ]
    )
    return Features(
        sizes=standardised(np.log(np.column_stack([basic, np.maximum(calls, 1)]) + _SMALL)),
        make_up=standardised(np.column_stack([_shares_of_macs(counts), _shares_of_calls(counts)])),
        family=codes_of([network.family for network in networks]),
        work=work_of(networks, inventory),
        activations=basic[:, 1],
        params=basic[:, 2],
        convolved=_convolved(architectures, inventory),
        launches=launches,
        nodes=_nodes(architectures, launches, inventory),
    )


def _convolved(architectures: Sequence[str], inventory: Inventory | None) -> Floats:
    """The share of the weights of each architecture that convolutions have. It is that of any input size."""
    if inventory is None:
        return np.full(len(architectures), _TYPICALLY_CONVOLVED)
    operators, count = inventory.operators, len(inventory.workloads)
    weights = operators.number("weights")[inventory.operator] * inventory.count
    every = np.bincount(inventory.network, weights=weights, minlength=count)
    in_convolutions = weights * is_convolution(operators)[inventory.operator]
    own = np.bincount(inventory.network, weights=in_convolutions, minlength=count)
    share = np.where(every > 0, own / np.maximum(every, 1.0), _TYPICALLY_CONVOLVED).tolist()
    return _by_architecture(inventory, share, architectures, [_TYPICALLY_CONVOLVED] * len(architectures))


def _nodes(architectures: Sequence[str], launches: Floats, inventory: Inventory | None) -> Floats:
    """The nodes of each architecture's graph. It is that of any input size. Where the inventory lacks one, as
    many as PyTorch starts: over 81 networks the ratio of the two is 1.0 at the median."""
    if inventory is None:
        return launches
    nodes = np.bincount(inventory.network, weights=inventory.count, minlength=len(inventory.workloads))
    return _by_architecture(inventory, nodes.tolist(), architectures, launches.tolist())


def _by_architecture(
    inventory: Inventory, values: Sequence[float], architectures: Sequence[str], otherwise: Sequence[float]
) -> Floats:
    """The values that the workloads of the inventory have, for these architectures. `otherwise` has one for
    each that it lacks."""
    known = {one.architecture: each for one, each in zip(inventory.workloads, values, strict=True)}
    return np.array([known.get(name, other) for name, other in zip(architectures, otherwise, strict=True)])


def _launches(counts: Counts) -> float:
    return float(max(1, sum(calls for name, calls in counts.operator_calls.items() if name not in _VIEWS)))


def _shares_of_macs(counts: Sequence[Counts]) -> Floats:
    names = sorted({name for one in counts for name in one.operators})
    macs = np.array([[one.operators.get(name, 0.0) for name in names] for one in counts])
    return np.asarray(macs / np.maximum(macs.sum(axis=1, keepdims=True), _SMALL))


def _shares_of_calls(counts: Sequence[Counts]) -> Floats:
    seen = Counter(name for one in counts for name in one.operator_calls)
    names = sorted(name for name, number in seen.items() if number >= _COMMON * len(counts))
    calls = np.array(
        [[one.operator_calls.get(name, 0) for name in names] for one in counts], dtype=np.float64
    )
    total = np.array([max(1, sum(one.operator_calls.values())) for one in counts], dtype=np.float64)
    # The square root keeps rare operators in sight: three calls of a hundred are three shares in ten of the
    # scale.
    return np.sqrt(calls / total[:, None])
