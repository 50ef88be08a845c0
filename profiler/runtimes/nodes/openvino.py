"""What OpenVINO says of each node on the CPU: its performance counters, and the model that it executes.

The counters hold mean times. The executed model holds shapes, and says which nodes of the file a node was
made of. The attributes are theirs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.entities.node_profiles import NodeProfile, ProfiledNode
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest, ProfileNodes
from profiler.runtimes.nodes import timing
from profiler.runtimes.openvino import OpenVinoNetwork, compile_network, openvino, read_network

_NUMBERS = ("strides", "dilations", "pads_begin", "pads_end", "kernel")
_WEIGHTED = {"Convolution", "GroupConvolution", "ConvolutionBackpropData", "MatMul"}


def load_for_nodes(request: LoadRequest, images: Images) -> ProfileNodes:
    """What profiles the nodes of the model that is executed. A node that was folded into another takes no
    time, and is left out."""
    core = openvino.Core()
    model = read_network(core, request)
    made_of = {operator.get_friendly_name(): _attributes(operator) for operator in model.get_ops()}
    compiled = compile_network(core, model, request.configuration, {"PERF_COUNT": "YES"})
    network = OpenVinoNetwork(compiled)
    network.prepare(images)
    means: dict[str, list[float]] = {}

    def call() -> None:
        network.infer()
        for counted in network.counters():  # a counter is the mean of all calls so far
            means.setdefault(counted.node_name, []).append(counted.real_time.total_seconds() * 1e6)

    def profile() -> NodeProfile:
        calls = timing.repeat(call)
        taken = {
            name: tuple(max(0.0, time) for time in timing.from_running_means(of_node)[-len(calls) :])
            for name, of_node in means.items()
        }
        return NodeProfile(
            calls_us=tuple(calls),
            nodes=tuple(_nodes(compiled.get_runtime_model().get_ordered_ops(), taken, made_of)),
        )

    return profile


def _nodes(
    executed: Iterable[Any],
    taken: Mapping[str, tuple[float, ...]],
    made_of: Mapping[str, Mapping[str, tuple[int, ...]]],
) -> Iterable[ProfiledNode]:
    for node in executed:
        name = node.get_friendly_name()
        if not any(taken.get(name, ())):
            continue
        layer = node.get_rt_info()
        sources = layer["originalLayersNames"].astype(str).split(",")
        yield ProfiledNode(
            name=name,
            operator=layer["layerType"].astype(str),
            inputs=tuple(_shape(port) for port in node.inputs()),
            outputs=tuple(_shape(port) for port in node.outputs()),
            times_us=taken[name],
            variant=layer["primitiveType"].astype(str),
            made_of=tuple(filter(None, sources)),
            attributes=next((made_of[source] for source in sources if made_of.get(source)), {}),
        )


def _shape(port: Any) -> tuple[int, ...]:
    """The shape of an input or output. The batch and the input size are fixed, so it has no open axis."""
    return tuple(port.get_partial_shape().get_min_shape())


def _attributes(operator: Any) -> dict[str, tuple[int, ...]]:
    """The whole numbers among the attributes of an operator of the file. `weights` is their shape."""
    values = operator.get_attributes()
    numbers = {name: tuple(map(int, values[name])) for name in _NUMBERS if name in values}
    if operator.get_type_name() in _WEIGHTED:
        weights = operator.input_value(1).get_partial_shape()
        if weights.is_static:
            numbers["weights"] = tuple(weights.get_min_shape())
    return numbers
