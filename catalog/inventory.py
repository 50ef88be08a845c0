"""The operators of networks as numpy arrays, one row an operator. Imports no database and no ML runtime.

An operator is a node of a network's graph that computes something: a node that only gives a tensor another
shape is none. The graph is the one without weights that ships (docs/decisions/0012), before any runtime
optimises it, so the same operators describe a network on every machine and in every runtime.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from catalog.candidates.category import Category, Floats, Ints
from catalog.entities.networks import Workload
from catalog.words.vocabulary import RuntimeName

NUMBERS = (
    "macs",
    "read",
    "weights",
    "written",
    "rows",
    "inner",
    "outer",
    "batch",
    "groups",
    "kernel_height",
    "kernel_width",
    "stride",
    "dilation",
    "uses",
    "variant",
)
"""What is known of an operator on one image, besides its kind and its neighbours.

`macs` are multiply-accumulates. `read`, `weights` and `written` count the elements of its computed inputs,
its constant inputs and its outputs. A convolution makes `outer` channels from `inner` at `rows` positions. A
product makes a matrix of `rows` x `outer` over `inner`, `batch` times. Of other operators, `inner` and
`outer` are the last dimensions of the first input and the output, and `rows` is the product of the output's
other dimensions. `uses` is how many operators read the output. `variant` is 1 where the operator works along
the last dimension or moves it, or broadcasts a computed input, and 2 where it combines a computed with a
constant input.
"""

IMAGE = "image"
"""The neighbour before an operator that reads the image."""
RESULT = "result"
"""The neighbour after an operator whose output is the network's."""


@dataclass(frozen=True, eq=False)
class Operators:
    """m operators. `kind` is ONNX's name of each, `before` the kind of the operator whose output it reads,
    and `after` the kind of the operator that reads its own. `numbers` is m x len(NUMBERS)."""

    kind: Category[str]
    before: Category[str]
    after: Category[str]
    numbers: Ints

    def __len__(self) -> int:
        return len(self.numbers)

    def number(self, name: str) -> Floats:
        """A column of `numbers`, by its name."""
        return self.numbers[:, NUMBERS.index(name)].astype(np.float64)

    def take(self, rows: Ints) -> "Operators":
        """The operators of `rows` alone."""
        return Operators(
            self.kind.take(rows), self.before.take(rows), self.after.take(rows), self.numbers[rows]
        )

    def keys(self) -> list[tuple[object, ...]]:
        """What makes two operators the same: all that is known of them."""
        return list(zip(self.kind, self.before, self.after, *self.numbers.T.tolist(), strict=True))


def joined(parts: Sequence[Operators]) -> Operators:
    """The operators of all `parts`, one after the other."""
    return Operators(
        Category.of(word for part in parts for word in part.kind),
        Category.of(word for part in parts for word in part.before),
        Category.of(word for part in parts for word in part.after),
        np.concatenate([part.numbers for part in parts]) if parts else np.empty((0, len(NUMBERS)), np.int64),
    )


@dataclass(frozen=True, eq=False)
class Inventory:
    """The operators of n networks. Equal operators are one row of `operators`.

    `network`, `operator` and `count` have a row for each operator of each network: its position in
    `workloads`, its position in `operators`, and how often the network has it.

    `efficiency` has, by runtime, the logarithm of each operator's time over its roofline, as reference
    machines found at fp32 on CPUs. `memory` has, by runtime, the peak memory (MB) of a process that runs each
    network, as a reference machine found at fp32 and batch 1 on a CPU. NaN is unknown (docs/decisions/0018).
    """

    workloads: tuple[Workload, ...]
    operators: Operators
    network: Ints
    operator: Ints
    count: Ints
    efficiency: Mapping[RuntimeName, Floats] = field(default_factory=dict)
    memory: Mapping[RuntimeName, Floats] = field(default_factory=dict)

    def of(self, position: int) -> tuple[Ints, Ints]:
        """The rows of `operators` that a network has, and how often."""
        rows = self.network == position
        return self.operator[rows], self.count[rows]


def collected(networks: Sequence[tuple[Workload, Operators]]) -> Inventory:
    """The inventory of these networks."""
    everything = joined([operators for _, operators in networks])
    seen: dict[tuple[object, ...], int] = {}
    keys = everything.keys()
    codes = np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)
    first = np.unique(codes, return_index=True)[1]
    position = np.repeat(np.arange(len(networks)), [len(operators) for _, operators in networks])
    pairs, count = np.unique(np.stack([position, codes], axis=1), axis=0, return_counts=True)
    return Inventory(
        tuple(workload for workload, _ in networks),
        everything.take(first),
        pairs[:, 0],
        pairs[:, 1],
        count.astype(np.int64),
    )
