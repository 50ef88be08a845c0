"""The functions that PyTorch calls find their operators by order, kind and size."""

from onnx import ModelProto, helper

from profiler.skeletons.aligning import Call, aligned
from profiler.skeletons.operators import GraphOperators, operators_of
from tests.profiler.skeletons.models import CLASSES, SIZE, make_model, make_network

MAP = 16 * SIZE * SIZE  # what a convolution of the network makes of an image
OF_IMAGE = 3 * SIZE * SIZE


def graph_of(model: ModelProto) -> GraphOperators:
    """The operators of the graph, whose nodes have names as the exporter gives them."""
    for node in model.graph.node:
        node.name = f"node_{node.output[0]}"
    return operators_of(model)


def attention() -> GraphOperators:
    """A product with its bias, attention as four operators, and a classifier."""
    nodes = [
        helper.make_node("MatMul", ["image", "w"], ["m"]),
        helper.make_node("Add", ["m", "b"], ["linear"]),
        helper.make_node("Transpose", ["linear"], ["t"], perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["linear", "t"], ["qk"]),
        helper.make_node("Softmax", ["qk"], ["softmax"]),
        helper.make_node("MatMul", ["softmax", "linear"], ["attended"]),
        helper.make_node("Relu", ["attended"], ["relu"]),
    ]
    return graph_of(make_model(nodes, {"w": (SIZE, SIZE), "b": (SIZE,)}))


def test_a_folded_normalisation_goes_with_its_convolution() -> None:
    calls = [
        Call("conv2d", MAP),
        Call("batch_norm", MAP),
        Call("relu_", MAP),
        Call("conv2d", MAP),
        Call("batch_norm", MAP),
        Call("relu_", MAP),
        Call("adaptive_avg_pool2d", 16),
        Call("linear", CLASSES),
    ]
    assert aligned(graph_of(make_network(depth=2)), calls) == [
        ("node_c0",),
        ("node_c0",),
        ("node_r0",),
        ("node_c1",),
        ("node_c1",),
        ("node_r1",),
        ("node_mean",),
        ("node_logits",),
    ]


def test_attention_is_found_by_the_product_that_ends_it() -> None:
    calls = [
        Call("linear", OF_IMAGE),
        Call("permute", OF_IMAGE),
        Call("scaled_dot_product_attention", OF_IMAGE),
        Call("relu", OF_IMAGE),
    ]
    names = aligned(attention(), calls)
    assert names[0] == ("node_m", "node_linear")
    assert names[2:] == [("node_attended",), ("node_relu",)]


def test_a_call_without_an_operator_goes_with_the_next_that_makes_another_size() -> None:
    calls = [Call("mystery", 7), Call("linear", OF_IMAGE)]
    assert aligned(attention(), calls) == [("node_m", "node_linear")] * 2


def test_heavy_operators_are_kept_where_order_lets_either_be() -> None:
    """The two light calls come before the product here and behind it there."""
    calls = [Call("softmax", OF_IMAGE), Call("relu", OF_IMAGE), Call("linear", OF_IMAGE)]
    assert aligned(attention(), calls)[-1] in {("node_m", "node_linear"), ("node_attended",)}


def test_nothing_is_computed_by_no_calls() -> None:
    assert aligned(attention(), []) == []


def test_a_graph_without_what_is_called_has_no_names() -> None:
    assert aligned(attention(), [Call("fft", 5), Call("mystery", 7)]) == [(), ()]
