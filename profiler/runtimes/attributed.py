"""From the nodes of a runtime to the operators of the file: which of them each node computes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from catalog.entities.node_profiles import AttributedOperators, NodeProfile, ProfiledNode
from profiler.skeletons import graphs
from profiler.skeletons.attribution import RuntimeNode, attribute
from profiler.skeletons.operators import operators_of

# A node is disturbed in some calls and never hurried, so its own time is below the median.
_QUANTILE = 0.3


def with_operators(profile: NodeProfile, artefact: Path) -> NodeProfile:
    """The profile with the times of the operators of the ONNX file `artefact`. They are left out where the
    shapes of the file cannot be inferred."""
    model = onnx.load(artefact, load_external_data=False)
    graphs.drop_weights(model)
    try:
        graph = operators_of(model)
    except ValueError:
        return profile
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


def _runtime_node(node: ProfiledNode) -> RuntimeNode:
    return RuntimeNode(
        names=(node.name, *node.made_of),
        time_ns=float(np.quantile(node.times_us, _QUANTILE)) * 1e3,
        inputs=node.reads,
        outputs=node.writes,
    )
