"""What PyTorch computes in eager mode on the CPU: each function that the network calls, with its time.

The dispatcher hands every call to a mode in Python, which calls on and looks at the clock before and after.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from catalog.entities.node_profiles import NodeProfile, ProfiledNode
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest, ProfileNodes
from profiler.runtimes.nodes import timing
from profiler.runtimes.pytorch import load


@dataclass(frozen=True)
class _Call:
    function: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    taken_us: float


class _Recorded(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The functions that are called within the context."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[_Call] = []

    def __torch_dispatch__(
        self,
        function: Any,
        types: Iterable[type],
        arguments: Sequence[Any] = (),
        named: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the function, and note it."""
        before_ns = time.perf_counter_ns()
        result = function(*arguments, **(named or {}))
        taken_us = (time.perf_counter_ns() - before_ns) / 1e3
        inputs, outputs = tuple(_shapes(arguments)), tuple(_shapes([result]))
        self.calls.append(_Call(function.overloadpacket.__name__, inputs, outputs, taken_us))
        return result


def load_for_nodes(request: LoadRequest, images: Images) -> ProfileNodes:
    """What profiles the functions that the network calls.

    Between two functions, Python runs. Each function has an equal share of that: of what a whole call takes
    beyond all functions together.
    """
    network = load(request)
    network.prepare(images)
    made: list[list[_Call]] = []

    def record() -> None:
        with _Recorded() as recorded:
            network.infer()
        made.append(recorded.calls)

    def profile() -> NodeProfile:
        calls = timing.repeat(network.infer)
        counted = made[-len(timing.repeat(record)) :]
        if any(len(one) != len(counted[0]) for one in counted):
            return NodeProfile(absent_reason="The network does not call the same functions every time.")
        times = np.array([[one.taken_us for one in functions] for functions in counted])
        together = sum(map(timing.undisturbed, times.T))
        times += (timing.undisturbed(calls) - together) / times.shape[1]
        return NodeProfile(
            calls_us=tuple(calls),
            nodes=tuple(
                ProfiledNode(
                    name=f"{number} {one.function}",  # no name of the graph
                    operator=one.function,
                    inputs=one.inputs,
                    outputs=one.outputs,
                    times_us=tuple(np.maximum(0.0, taken).tolist()),
                )
                for number, (one, taken) in enumerate(zip(counted[0], times.T, strict=True))
            ),
        )

    return profile


def _shapes(values: Iterable[Any]) -> Iterator[tuple[int, ...]]:
    """The shapes of the tensors among the values and in their lists."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield tuple(value.shape)
        elif isinstance(value, list | tuple):
            yield from _shapes(value)
