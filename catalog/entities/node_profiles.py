"""What a runtime itself says of each node of a network that it ran."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.entities.identity import Entity


@dataclass(frozen=True)
class ProfiledNode(Entity):
    """A node of the graph that a runtime executes.

    `operator` is what it computes, by the runtime's own name. `variant` is how, where the runtime says: its
    kernel, or the activation that it computes along. `inputs` and `outputs` are shapes. Weights are among the
    inputs where the runtime counts them so. `attributes` are the operator's whole numbers, as the strides
    (2, 2). `times_us` has the time of the node in each call (microseconds).

    A runtime makes one node of several of the file. `made_of` names these where the runtime says so
    (OpenVINO). `reads` and `writes` name the values that the node reads and writes, which lie around them
    (ONNX Runtime).
    """

    name: str
    operator: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    times_us: tuple[float, ...]
    variant: str | None = None
    attributes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    made_of: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttributedOperators(Entity):
    """The operators of the file, and how the time of the network divides among them.

    A row of `kind`, `before`, `after` and `numbers` is an operator, as the inventory of operators describes
    it. The runtime computes a group of operators together. `group` has the position of each operator's group
    in `group_ns`, -1 for an operator that the runtime left out. `group_ns` has the time of each group
    (nanoseconds). `matched` is the share of all nodes' time that a group has.
    """

    kind: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    numbers: tuple[tuple[int, ...], ...]
    group: tuple[int, ...]
    group_ns: tuple[float, ...]
    matched: float


@dataclass(frozen=True)
class NodeProfile(Entity):
    """The nodes of one case, in the order in which the runtime names them.

    They come from a process of their own. `calls_us` has the time of each whole call while it was profiled
    (microseconds). `operators` is None where the nodes could not be attributed to those of the file. Without
    nodes, `absent_reason` says why.
    """

    calls_us: tuple[float, ...] = ()
    nodes: tuple[ProfiledNode, ...] = ()
    operators: AttributedOperators | None = None
    absent_reason: str | None = None
