"""What networks do, by the kind of work. Pure: entities and arrays in, arrays out.

There are eight kinds: the MACs of dense convolutions, of grouped ones and of products, the elements that
convolutions, products with weights, attention and all other operators read and write, and the operators
themselves. The inventory has the operators of most networks. Others are taken to do what their relatives do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from app.estimating.roofline import is_convolution, is_product
from catalog.candidates.category import Floats
from catalog.entities.networks import Counts, Workload
from catalog.inventory import Inventory, Operators

COSTS = np.array([1.0, 2.0, 0.8, 400.0, 330.0, 7.0, 64.0, 550_000.0])
"""What one of each kind takes, before anything is measured: as long as so many MACs of a dense convolution.
Rounded means of what four published tables say, on which docs/decisions/0018 chooses."""
SPREADS = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0])
"""How far each may lie from that, in logarithms. To start an operator costs a GPU little by the image of a
large batch, and a CPU much."""

_OPERATORS = 7
# What a network does of which no relative is known, for each element of its activations: over the networks of
# the inventory, medians of those that convolve and of those that do not.
_MOVED_BY_CONVOLUTIONS, _MOVED_BY_PRODUCTS, _MOVED_BY_ATTENTION, _MOVED_BY_OTHERS = 2.0, 1.1, 1.2, 4.4
# Operators of a graph, for each call that is counted.
_OPERATORS_OF_CALL = 0.84


@dataclass(frozen=True)
class Network:
    """A workload with its counts and its family."""

    workload: Workload
    counts: Counts
    family: str | None


def work_of(networks: Sequence[Network], inventory: Inventory | None) -> Floats:
    """What each network does with an image: n x kinds.

    A network that the inventory lacks does what its nearest relative does, times the ratio of their MACs,
    with as many operators. That is the same architecture at the nearest input size, or else the network of
    its family with the nearest MACs.
    """
    held = {} if inventory is None else _listed(inventory)
    relatives = _Relatives.of(network for network in networks if network.workload in held)
    return np.array([_work(network, held, relatives) for network in networks])


@dataclass(frozen=True)
class _Relatives:
    """The networks whose operators are known, by architecture and by family."""

    of_architecture: Mapping[str, Sequence[Network]]
    of_family: Mapping[str | None, Sequence[Network]]

    @classmethod
    def of(cls, networks: Iterable[Network]) -> "_Relatives":
        architectures: dict[str, list[Network]] = {}
        families: dict[str | None, list[Network]] = {}
        for one in networks:
            architectures.setdefault(one.workload.architecture, []).append(one)
            families.setdefault(one.family, []).append(one)
        families.pop(None, None)
        return cls(architectures, families)

    def nearest(self, network: Network) -> Network | None:
        same = self.of_architecture.get(network.workload.architecture)
        if same:
            size = network.workload.input_size
            return min(same, key=lambda one: abs(log(one.workload.input_size / size)))
        macs = network.counts.gmacs
        alike = [one for one in self.of_family.get(network.family, ()) if one.counts.gmacs and macs]
        return min(alike, key=lambda one: abs(log(one.counts.gmacs / macs)), default=None)


def _work(network: Network, held: Mapping[Workload, Floats], relatives: _Relatives) -> Floats:
    own = held.get(network.workload)
    if own is not None:
        return own
    relative = relatives.nearest(network)
    if relative is None:
        return _by_counts(network.counts)
    theirs = held[relative.workload]
    ratio = network.counts.gmacs / relative.counts.gmacs if relative.counts.gmacs else 1.0
    scaled = theirs * ratio
    scaled[_OPERATORS] = theirs[_OPERATORS]
    return scaled


def _by_counts(counts: Counts) -> Floats:
    convolved = counts.operators.get("conv", 0.0) * 1e9
    multiplied = sum(counts.operators.get(name, 0.0) for name in ("linear", "matmul", "bmm")) * 1e9
    share = convolved / max(1.0, convolved + multiplied)
    elements = counts.activations_m * 1e6
    calls = max(1, sum(counts.operator_calls.values()))
    moved = [
        _MOVED_BY_CONVOLUTIONS * share,
        _MOVED_BY_PRODUCTS * (1 - share),
        _MOVED_BY_ATTENTION * (1 - share),
        _MOVED_BY_OTHERS,
    ]
    return np.array(
        [convolved, 0.0, multiplied, *(elements * each for each in moved), calls * _OPERATORS_OF_CALL]
    )


def _listed(inventory: Inventory) -> dict[Workload, Floats]:
    """What the networks of the inventory do."""
    each = _of_operators(inventory.operators)[inventory.operator] * inventory.count[:, None]
    sums = [
        np.bincount(inventory.network, weights=column, minlength=len(inventory.workloads))
        for column in each.T
    ]
    return dict(zip(inventory.workloads, np.stack(sums, axis=1), strict=True))


def _of_operators(operators: Operators) -> Floats:
    macs = operators.number("macs")
    moved = operators.number("read") + operators.number("written")
    convolves, multiplies = is_convolution(operators), is_product(operators)
    grouped = convolves & (operators.number("groups") > 1)
    with_weights = multiplies & (operators.number("weights") > 0)
    attends = (multiplies & ~with_weights) | operators.kind.mask(lambda kind: kind == "Softmax")
    columns = [
        np.where(convolves & ~grouped, macs, 0.0),
        np.where(grouped, macs, 0.0),
        np.where(multiplies, macs, 0.0),
        np.where(convolves, moved, 0.0),
        np.where(with_weights, moved, 0.0),
        np.where(attends, moved, 0.0),
        np.where(convolves | multiplies | attends, 0.0, moved),
        np.ones(len(operators)),
    ]
    return np.stack(columns, axis=1)
