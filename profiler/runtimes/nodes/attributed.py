"""From the nodes of a runtime to the operators of the network's graph: which of them each node computes."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import onnx

from catalog.entities.node_profiles import AttributedOperators, NodeProfile, ProfiledNode
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts.cache import shipped_skeletons
from profiler.runtimes.base import LoadRequest
from profiler.runtimes.nodes import timing
from profiler.skeletons import graphs
from profiler.skeletons.aligning import Call, aligned
from profiler.skeletons.attribution import RuntimeNode, attribute
from profiler.skeletons.operators import GraphOperators, operators_of


def with_operators(profile: NodeProfile, request: LoadRequest) -> NodeProfile:
    """The profile with the times of the operators of the network that was loaded.

    The graph is that of the ONNX file, or for PyTorch the one that ships. The operators are left out where
    there is none, and where its shapes cannot be inferred.
    """
    is_pytorch = request.configuration.runtime is RuntimeName.PYTORCH
    try:
        graph = operators_of(_shipped(request) if is_pytorch else _of_file(request))
    except (KeyError, ValueError):
        return profile
    if is_pytorch:
        profile = replace(
            profile, nodes=_with_sources(graph, profile.nodes, request.configuration.batch_size)
        )
    found = attribute(graph, [_runtime_node(node) for node in profile.nodes])
    whole = float(found.group_ns.sum()) + found.unmatched_ns
    operators = AttributedOperators(
        kind=tuple(graph.operators.kind),
        before=tuple(graph.operators.before),
        after=tuple(graph.operators.after),
        numbers=tuple(map(tuple, graph.operators.numbers.tolist())),
        group=tuple(found.group.tolist()),
        group_ns=tuple(found.group_ns.tolist()),
        matched=float(found.group_ns.sum()) / whole if whole else 0.0,
    )
    return replace(profile, operators=operators)


def _of_file(request: LoadRequest) -> onnx.ModelProto:
    model = onnx.load(request.artefact, load_external_data=False)
    graphs.drop_weights(model)
    return model


def _shipped(request: LoadRequest) -> onnx.ModelProto:
    return shipped_skeletons().graph(request.workload)


def _with_sources(
    graph: GraphOperators, nodes: Sequence[ProfiledNode], batch_size: int
) -> tuple[ProfiledNode, ...]:
    """The functions of PyTorch, each with the nodes of the graph that it computes."""
    calls = [
        Call(node.operator, prod(node.outputs[0]) // batch_size if node.outputs else 0) for node in nodes
    ]
    return tuple(
        replace(node, made_of=names) for node, names in zip(nodes, aligned(graph, calls), strict=True)
    )


def _runtime_node(node: ProfiledNode) -> RuntimeNode:
    return RuntimeNode(
        names=(node.name, *node.made_of),
        time_ns=timing.undisturbed(node.times_us) * 1e3,
        inputs=node.reads,
        outputs=node.writes,
    )
