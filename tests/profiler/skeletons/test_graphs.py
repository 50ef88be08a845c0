import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from profiler.skeletons import graphs
from tests.profiler.skeletons.models import make_network


def test_what_no_runtime_computes_with_is_dropped() -> None:
    model = make_network()
    bare = model.SerializeToString()
    model.doc_string = "text"
    model.metadata_props.add(key="k", value="v")
    model.graph.doc_string = "text"
    model.graph.value_info.append(
        helper.make_tensor_value_info("c0", TensorProto.FLOAT, ["batch", 16, 32, 32])
    )
    for node in model.graph.node:
        node.doc_string = "text"
        node.metadata_props.add(key="k", value="v")
    model.graph.initializer[0].doc_string = "text"
    model.graph.input[0].doc_string = "text"
    graphs.strip(model)
    assert model.SerializeToString() == bare


def test_graphs_within_nodes_are_stripped_too() -> None:
    inner = helper.make_graph(
        [helper.make_node("Identity", ["image"], ["inner"], doc_string="text")],
        "inner",
        [],
        [helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)],
    )
    model = make_network()
    model.graph.node.append(
        helper.make_node("If", ["condition"], ["chosen"], then_branch=inner, else_branch=inner)
    )
    graphs.strip(model)
    branches = [attribute.g for attribute in model.graph.node[-1].attribute]
    assert [branch.node[0].doc_string for branch in branches] == ["", ""]


# As of Swin, whose shifted windows mask what is not beside each other. No vector of ones so large is kept.
MASK = np.where(np.arange(70_000) % 3, 0, -100).astype(np.float32)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (np.zeros(4, np.float32), True),
        (np.arange(5, dtype=np.float32), False),
        (np.arange(5), True),
        (np.ones(500, np.float32), True),
        (np.full((3, 2), -100, np.float32), True),
        (np.zeros(100_000, np.float32), False),
        (np.zeros(0, np.float32), True),
        (MASK, True),
        (MASK / 100, False),
        (MASK - 1, False),
    ],
    ids=[
        "few",
        "weights",
        "integers",
        "ones",
        "one number",
        "many zeros",
        "none",
        "mask",
        "weak",
        "two numbers",
    ],
)
def test_a_skeleton_keeps_integers_few_numbers_masks_and_one_number_throughout(
    values: np.ndarray, kept: bool
) -> None:
    assert graphs.is_kept(values) is kept


@pytest.mark.parametrize(
    ("values", "mask"),
    [
        (MASK, True),
        (np.full(100_000, -100, np.float32), False),
        (np.array([-100, 0], np.float32), False),
        (np.zeros(500, np.float32), False),
    ],
    ids=["mask", "one number", "few", "zeros"],
)
def test_a_mask_is_told_from_other_constants(values: np.ndarray, mask: bool) -> None:
    assert graphs.is_mask(values) is mask


def test_a_graph_takes_other_sizes_and_classes() -> None:
    model = make_network()
    graphs.resize(model, 48, 64)
    graphs.set_classes(model, ("head.weight", "head.bias"), 7)
    assert graphs.input_shape(model) == (48, 64)
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    assert shapes["head.weight"] == (7, 16)
    assert shapes["head.bias"] == (7,)
    assert model.graph.output[0].type.tensor_type.shape.dim[1].dim_value == 7
    assert onnx.shape_inference.infer_shapes(model) is not None
