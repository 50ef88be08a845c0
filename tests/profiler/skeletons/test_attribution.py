import numpy as np
import pytest
from onnx import helper

from profiler.skeletons.attribution import RuntimeNode, attribute
from profiler.skeletons.operators import GraphOperators, operators_of
from tests.profiler.skeletons.models import make_model, make_network


def _graph() -> GraphOperators:
    """Conv c0, Relu r0, Conv c1, Relu r1, ReduceMean mean, Gemm logits."""
    return operators_of(make_network(depth=2))


def test_a_node_computes_what_lies_between_its_output_and_those_before() -> None:
    attributed = attribute(
        _graph(),
        [
            RuntimeNode(("fused",), 10.0, ("image",), ("r0",)),
            RuntimeNode(("fused too",), 20.0, ("r0",), ("r1",)),
            RuntimeNode(("mean",), 3.0, ("r1",), ("mean",)),
            RuntimeNode(("head",), 4.0, ("mean",), ("logits",)),
        ],
    )

    assert attributed.group.tolist() == [0, 0, 1, 1, 2, 3]
    assert attributed.group_ns == pytest.approx([10.0, 20.0, 3.0, 4.0])
    assert attributed.unmatched_ns == 0.0


def test_a_node_whose_values_were_renamed_is_recognised_by_its_name() -> None:
    attributed = attribute(
        _graph(),
        [
            RuntimeNode(("r0_nchwc",), 10.0, ("image",), ("reorder",)),
            RuntimeNode(("r1_nchwc",), 20.0, ("reorder",), ("reorder_token_0",)),
            RuntimeNode(("ReorderOutput",), 5.0, ("reorder_token_0",), ("r1",)),
            RuntimeNode(("mean",), 3.0, ("r1",), ("mean",)),
            RuntimeNode(("head",), 4.0, ("mean",), ("logits",)),
        ],
    )

    assert attributed.group.tolist() == [0, 0, 1, 1, 2, 3]
    assert attributed.group_ns == pytest.approx([10.0, 25.0, 3.0, 4.0])


def test_a_node_that_the_runtime_added_belongs_to_who_reads_it() -> None:
    attributed = attribute(
        _graph(),
        [
            RuntimeNode(("ReorderInput",), 2.0, ("image",), ("reorder",)),
            RuntimeNode(("r0_nchwc",), 10.0, ("reorder",), ("r0",)),
            RuntimeNode(("unread",), 1.0, ("r0",), ("nobody",)),
        ],
    )

    assert attributed.group.tolist() == [0, 0, -1, -1, -1, -1]
    assert attributed.group_ns == pytest.approx([12.0])
    assert attributed.unmatched_ns == pytest.approx(1.0)


def test_a_node_computes_the_nodes_that_it_lists() -> None:
    nodes = [
        helper.make_node("Sigmoid", ["image"], ["gate"], name="first"),
        helper.make_node("Mul", ["image", "gate"], ["swish"], name="second"),
        helper.make_node("ReduceMean", ["swish", "axes"], ["logits"], name="third", keepdims=0),
    ]
    graph = operators_of(make_model(nodes, {}, {"axes": np.array([2, 3])}))
    attributed = attribute(graph, [RuntimeNode(("first", "second"), 7.0), RuntimeNode(("third",), 2.0)])

    assert attributed.group.tolist() == [0, 0, 1]
    assert attributed.group_ns == pytest.approx([7.0, 2.0])
