import numpy as np
import pytest
from onnx import helper

from profiler.skeletons import counting
from tests.profiler.skeletons.models import CLASSES, SIZE, make_model, make_network


def test_convolutions_and_linear_layers_are_counted_by_their_shapes() -> None:
    pixels = SIZE * SIZE
    assert counting.macs(make_network(channels=16, depth=2, classes=10)) == {
        "conv": 3 * 9 * 16 * pixels + 16 * 9 * 16 * pixels,
        "linear": 16 * 10,
    }


def test_products_of_two_computed_values_are_told_apart_from_linear_layers() -> None:
    nodes = [
        helper.make_node("ReduceMean", ["image", "channels"], ["rows"], keepdims=0),
        helper.make_node("MatMul", ["rows", "rows"], ["attention"]),
        helper.make_node("MatMul", ["attention", "weight"], ["linear"]),
        helper.make_node("ReduceMean", ["linear", "channels"], ["logits"], keepdims=0),
    ]
    model = make_model(nodes, {"weight": (SIZE, CLASSES)}, {"channels": np.array([1])})
    assert counting.macs(model) == {"matmul": SIZE**3, "linear": SIZE * SIZE * CLASSES}


def test_an_einsum_is_counted_by_its_letters() -> None:
    nodes = [
        helper.make_node("Einsum", ["image", "table"], ["biases"], equation="bchw,hkw -> bchk"),
        helper.make_node("Einsum", ["table", "table"], ["fixed"], equation="hkw,hkw->hkw"),
        helper.make_node("Einsum", ["biases"], ["turned"], equation="bchk->bhck"),
        helper.make_node("ReduceMean", ["turned", "axes"], ["logits"], keepdims=0),
    ]
    model = make_model(nodes, {"table": (SIZE, 5, SIZE)}, {"axes": np.array([1, 2])})
    # A runtime computes what constants give only once, and a transposition multiplies nothing.
    assert counting.macs(model) == {"linear": 3 * SIZE * 5 * SIZE}


def test_the_batch_within_the_graph_counts_as_in_windows() -> None:
    nodes = [
        helper.make_node("Reshape", ["image", "windows"], ["windowed"]),
        helper.make_node("Conv", ["windowed", "weight"], ["conv"]),
        helper.make_node("ReduceMean", ["conv", "axes"], ["pooled"], keepdims=0),
        helper.make_node("Gemm", ["pooled", "head"], ["logits"]),
    ]
    constants = {"windows": np.array([-1, 3, SIZE // 2, SIZE // 2]), "axes": np.array([2, 3])}
    model = make_model(nodes, {"weight": (8, 3, 1, 1), "head": (8, CLASSES)}, constants)
    assert counting.macs(model)["conv"] == 8 * 3 * SIZE * SIZE


def test_shapes_that_follow_from_computed_integers_are_found() -> None:
    nodes = [
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Gather", ["shape", "first"], ["batch"]),
        helper.make_node("Concat", ["batch", "rest"], ["target"], axis=0),
        helper.make_node("Reshape", ["image", "target"], ["flat"]),
        helper.make_node("Gemm", ["flat", "head"], ["logits"]),
    ]
    constants = {"first": np.array([0]), "rest": np.array([-1])}
    model = make_model(nodes, {"head": (3 * SIZE * SIZE, CLASSES)}, constants)
    assert counting.shapes_of(model)["flat"] == (1, 3 * SIZE * SIZE)
    assert counting.macs(model) == {"linear": 3 * SIZE * SIZE * CLASSES}


def test_a_shape_that_is_not_known_is_an_error_and_no_count() -> None:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("NonZero", ["flat"], ["positions"]),
        helper.make_node("Cast", ["positions"], ["logits"], to=1),
    ]
    with pytest.raises(ValueError, match="positions"):
        counting.macs(make_model(nodes, {}))


def test_recurrent_layers_are_counted_in_every_step_and_direction() -> None:
    hidden = 8
    nodes = [
        helper.make_node("ReduceMean", ["image", "channels"], ["rows"], keepdims=0),
        helper.make_node(
            "LSTM", ["rows", "w", "r"], ["steps"], hidden_size=hidden, direction="bidirectional"
        ),
        helper.make_node("ReduceMean", ["steps", "channels"], ["logits"], keepdims=0),
    ]
    weights = {"w": (2, 4 * hidden, SIZE), "r": (2, 4 * hidden, hidden)}
    model = make_model(nodes, weights, {"channels": np.array([1])})
    assert counting.macs(model) == {"linear": SIZE * 2 * 4 * hidden * (SIZE + hidden)}
