"""Which operators of a network a runtime's nodes compute, and so how long groups of operators take.

A runtime computes some operators together, adds nodes of its own, and renames what it keeps. Still each of
its nodes makes a value of the graph, bears the name of a node, or lists the nodes that it stands for. These
are its anchors. What lies between a node's anchors and those of the nodes before it is computed by it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.candidates.category import Floats, Ints
from profiler.skeletons.operators import GraphOperators


@dataclass(frozen=True)
class RuntimeNode:
    """A node as the runtime executed it, in its order. `names` are the nodes of the graph that it says it
    stands for, its own name among them. `inputs` and `outputs` are values, where the runtime names them."""

    names: tuple[str, ...]
    time_ns: float
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Attributed:
    """`group` is the position of each operator in `group_ns`, -1 where no node computes it. `unmatched_ns` is
    the time of nodes that belong to no operator."""

    group: Ints
    group_ns: Floats
    unmatched_ns: float


def attribute(graph: GraphOperators, nodes: Sequence[RuntimeNode]) -> Attributed:
    """Which operators each of the nodes computes. Nodes that compute the same operators share their group."""
    groups = _Groups(graph)
    for node in nodes:
        groups.add(node)
    return groups.finished()


class _Groups:
    def __init__(self, graph: GraphOperators) -> None:
        self._graph = graph
        self._maker = {name: position for position, one in enumerate(graph.located) for name in one.outputs}
        self._maker.update(
            {view: self._maker[source] for view, source in graph.views.items() if source in self._maker}
        )
        self._named = {one.node: position for position, one in enumerate(graph.located) if one.node}
        self._group: dict[int, int] = {}
        self._times: list[float] = []
        # The time of nodes without an anchor, by the values that they make. Who reads them takes it.
        self._pending: defaultdict[str, float] = defaultdict(float)
        # The time of nodes without an anchor and without named values. Who comes next takes it.
        self._waiting = 0.0

    def add(self, node: RuntimeNode) -> None:
        time = node.time_ns + sum(self._pending.pop(name, 0.0) for name in node.inputs)
        anchors = list(dict.fromkeys(self._anchors(node)))
        if not anchors:
            if node.outputs:
                self._pending[node.outputs[0]] += time
            else:
                self._waiting += time
            return
        time += self._waiting
        self._waiting = 0.0
        known = [self._group[anchor] for anchor in anchors if anchor in self._group]
        if known:
            group = known[0]
        else:
            group = len(self._times)
            self._times.append(0.0)
        self._times[group] += time
        for anchor in anchors:
            self._claim(anchor, group)

    def finished(self) -> Attributed:
        count = len(self._graph.located)
        group = np.array([self._group.get(position, -1) for position in range(count)], dtype=np.int64)
        unmatched = self._waiting + sum(self._pending.values())
        return Attributed(group, np.array(self._times), unmatched)

    def _anchors(self, node: RuntimeNode) -> Iterator[int]:
        for name in node.outputs:
            if name in self._maker:
                yield self._maker[name]
        for name in node.names:
            for spelling in _spellings(name):
                position = self._named.get(spelling, self._maker.get(spelling))
                if position is not None:
                    yield position
                    break

    def _claim(self, anchor: int, group: int) -> None:
        """Put the operator and all before it that no group has into the group."""
        left = [anchor]
        while left:
            position = left.pop()
            if position in self._group:
                continue
            self._group[position] = group
            left += [
                self._maker[name] for name in self._graph.located[position].inputs if name in self._maker
            ]


def _spellings(name: str) -> Iterator[str]:
    """The name, and what it may have been before the runtime changed it."""
    yield name
    # Runtimes append what they did, and a number where the name is taken.
    base = name.partition("_token_")[0].partition("/")[0].removesuffix("_nchwc")
    if base != name:
        yield base
