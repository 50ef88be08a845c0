"""What ONNX Runtime says of each node on the CPU: its own profile, and the graph that it executes.

The profile holds times and shapes. The attributes are in the graph, which the session writes when it is made.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import onnxruntime

from catalog.entities.node_profiles import NodeProfile, ProfiledNode
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest, ProfileNodes
from profiler.runtimes.nodes import timing
from profiler.runtimes.onnx import OnnxNetwork, session_options

_TIMED = "_kernel_time"
# Below this size (bytes), a tensor stays in the graph. The graph is read without the others.
_SMALL_TENSOR = "1024"


def load_for_nodes(request: LoadRequest, images: Images) -> ProfileNodes:
    """What profiles the nodes of the graph that the session executes."""
    folder = TemporaryDirectory(prefix="archrank-nodes-")
    graph = Path(folder.name, "graph.onnx")
    options = session_options(request.configuration)
    options.enable_profiling = True
    options.profile_file_prefix = str(Path(folder.name, "profile"))
    options.optimized_model_filepath = str(graph)
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", "weights.bin")
    options.add_session_config_entry(
        "session.optimized_model_external_initializers_min_size_in_bytes", _SMALL_TENSOR
    )
    options.log_severity_level = 3  # it would warn that the graph is for this machine alone
    session = onnxruntime.InferenceSession(str(request.artefact), options, providers=["CPUExecutionProvider"])
    network = OnnxNetwork(session)
    network.prepare(images)
    executed = {node.name: node for node in onnx.load(graph, load_external_data=False).graph.node}

    def profile() -> NodeProfile:
        with folder:
            calls = timing.repeat(network.infer)
            events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
        return NodeProfile(
            calls_us=tuple(calls),
            nodes=tuple(_nodes(events, len(calls), executed)),
        )

    return profile


def _nodes(
    events: Iterable[Mapping[str, Any]], runs: int, executed: Mapping[str, onnx.NodeProto]
) -> Iterable[ProfiledNode]:
    """The profiled nodes, with their last `runs` times. `executed` are the graph's nodes by name."""
    timed: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith(_TIMED):
            timed.setdefault(event["name"].removesuffix(_TIMED), []).append(event)
    for name, of_node in timed.items():
        what, node = of_node[0]["args"], executed.get(name, onnx.NodeProto())
        values = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        activation = values.get("activation")
        yield ProfiledNode(
            name=name,
            operator=what["op_name"],
            inputs=_shapes(what["input_type_shape"]),
            outputs=_shapes(what["output_type_shape"]),
            times_us=tuple(float(event["dur"]) for event in of_node[-runs:]),
            variant=activation.decode() if isinstance(activation, bytes) else None,
            attributes={key: whole for key, value in values.items() if (whole := _whole(value)) is not None},
            reads=tuple(filter(None, node.input)),
            writes=tuple(filter(None, node.output)),
        )


def _shapes(described: Iterable[Mapping[str, list[int]]]) -> tuple[tuple[int, ...], ...]:
    """The shapes of a node's inputs or outputs. Each is described by its type and its shape."""
    return tuple(tuple(shape) for one in described for shape in one.values())


def _whole(value: Any) -> tuple[int, ...] | None:
    """An attribute of whole numbers. None where it is another."""
    if isinstance(value, int):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(part, int) for part in value):
        return tuple(value)
    return None
