"""After calibration, activations stay near one in every layer, where plain draws overflow or vanish."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import ModelProto, helper

from profiler.skeletons import calibration, drawing
from profiler.skeletons.drawing import Spread
from tests.profiler.skeletons.models import CLASSES, SIZE, make_model, make_network

NEAR_ONE = 64.0


def run(model: ModelProto, path: Path) -> np.ndarray:
    drawing.write(model, path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(1).standard_normal((1, 3, SIZE, SIZE), dtype=np.float32)
    logits: np.ndarray = session.run(None, {"image": image})[0]
    return logits


def wild_spreads(model: ModelProto, exponent: int) -> None:
    for tensor in model.graph.initializer:
        if not tensor.raw_data:
            tensor.doc_string = str(Spread(0, exponent))


@pytest.mark.parametrize("exponent", [8, -8], ids=["overflows", "vanishes"])
def test_a_deep_network_that_leaves_the_range_of_floats_is_brought_back(
    exponent: int, tmp_path: Path
) -> None:
    wild = make_network(depth=30, bias=False)
    wild_spreads(wild, exponent)
    logits = run(wild, tmp_path / "wild.onnx")
    assert not np.isfinite(logits).all() or np.ptp(logits) < 1e-2
    model = make_network(depth=30, bias=False)
    found = calibration.calibrate(model)
    assert (found.denormal, found.not_finite) == (0, 0)
    assert 0.5 < found.largest < NEAR_ONE
    logits = run(model, tmp_path / "calibrated.onnx")
    assert 0.05 < np.sqrt(np.mean(np.square(logits))) < 8


def test_every_weight_is_told_how_far_it_spreads() -> None:
    model = make_network()
    calibration.calibrate(model)
    spreads = {one.name: one.doc_string for one in model.graph.initializer if not one.raw_data}
    assert len(spreads) == 6
    assert all(Spread.parse(text) for text in spreads.values())


def test_the_largest_activation_is_named() -> None:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("Mul", ["flat", "thousand"], ["large"]),
        helper.make_node("Div", ["large", "thousand"], ["small"]),
        helper.make_node("Gemm", ["small", "head"], ["logits"]),
    ]
    model = make_model(nodes, {"head": (3 * SIZE * SIZE, CLASSES)}, {"thousand": np.float32(1000)})
    found = calibration.calibrate(model)
    assert found.largest_at == "large"
    assert 1000 < found.largest < 10_000


def test_numbers_that_are_denormal_or_not_finite_are_counted() -> None:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("Mul", ["flat", "tiny"], ["denormal"]),
        helper.make_node("Log", ["flat"], ["nan"]),
        helper.make_node("Gemm", ["flat", "head"], ["logits"]),
    ]
    model = make_model(nodes, {"head": (3 * SIZE * SIZE, CLASSES)}, {"tiny": np.float32(1e-39)})
    found = calibration.calibrate(model)
    assert found.denormal > 0.9 * 3 * SIZE * SIZE
    assert 0.4 < found.not_finite / (3 * SIZE * SIZE) < 0.6


def test_padding_with_minus_infinity_is_the_networks_own() -> None:
    nodes = [
        helper.make_node("Pad", ["image", "pads", "infinity"], ["padded"]),
        helper.make_node("MaxPool", ["padded"], ["pooled"], kernel_shape=[3, 3], strides=[2, 2]),
        helper.make_node("ReduceMean", ["pooled", "axes"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "head"], ["logits"]),
    ]
    constants = {
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
        "infinity": np.float32(-np.inf),
        "axes": np.array([2, 3]),
    }
    found = calibration.calibrate(make_model(nodes, {"head": (3, CLASSES)}, constants))
    assert found.not_finite == 0


def test_weights_that_the_graph_standardises_are_scaled_by_their_gain(tmp_path: Path) -> None:
    """As in NFNets and BiT: the weight itself does not change the product."""
    nodes = [
        helper.make_node("Reshape", ["weight", "flat"], ["flattened"]),
        helper.make_node(
            "BatchNormalization", ["flattened", "gain", "zeros", "mean", "variance"], ["standardised"]
        ),
        helper.make_node("Reshape", ["standardised", "shape"], ["kernel"]),
        helper.make_node("Conv", ["image", "kernel"], ["conv"]),
        helper.make_node("ReduceMean", ["conv", "axes"], ["pooled"], keepdims=0),
        helper.make_node("Gemm", ["pooled", "head"], ["logits"]),
    ]
    constants = {
        "flat": np.array([1, 16, -1]),
        "shape": np.array([16, 3, 3, 3]),
        "zeros": np.zeros(16, np.float32),
        "mean": np.zeros(16, np.float32),
        "variance": np.full(16, 1e-12, np.float32),  # the standardised weights are huge
        "axes": np.array([2, 3]),
    }
    weights = {"weight": (16, 3, 3, 3), "gain": (16,), "head": (16, CLASSES)}
    model = make_model(nodes, weights, constants)
    found = calibration.calibrate(model)
    spreads = {one.name: Spread.parse(one.doc_string) for one in model.graph.initializer if not one.raw_data}
    assert spreads["gain"].scale < -5
    assert spreads["weight"].scale == 0
    assert found.largest < NEAR_ONE
    assert np.abs(run(model, tmp_path / "model.onnx")).max() < NEAR_ONE


def test_two_vectors_that_are_multiplied_lie_around_zero() -> None:
    """As in differential attention, whose factor is the exponential of their product's sum."""
    nodes = [
        helper.make_node("Mul", ["one", "other"], ["products"]),
        helper.make_node("ReduceSum", ["products"], ["sum"], keepdims=0),
        helper.make_node("Exp", ["sum"], ["factor"]),
        helper.make_node("Mul", ["image", "factor"], ["scaled"]),
        helper.make_node("ReduceMean", ["scaled", "axes"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "head"], ["logits"]),
    ]
    weights = {"one": (64,), "other": (64,), "head": (3, CLASSES)}
    found = calibration.calibrate(make_model(nodes, weights, {"axes": np.array([2, 3])}))
    assert found.largest < NEAR_ONE


def test_the_products_before_a_softmax_are_made_smaller_until_nothing_is_denormal() -> None:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "query"], ["queries"]),
        helper.make_node("Mul", ["queries", "hundred"], ["sharp"]),
        helper.make_node("Softmax", ["sharp"], ["attention"], axis=-1),
        helper.make_node("Gemm", ["attention", "head"], ["logits"]),
    ]
    weights = {"query": (3 * SIZE * SIZE, 256), "head": (256, CLASSES)}
    model = make_model(nodes, weights, {"hundred": np.float32(100)})
    found = calibration.calibrate(model)
    assert found.denormal == 0
    assert 10 < found.largest < 200


def test_denormal_numbers_of_a_mask_are_the_networks_own() -> None:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "query"], ["queries"]),
        helper.make_node("Add", ["queries", "mask"], ["masked"]),
        helper.make_node("Softmax", ["masked"], ["attention"], axis=-1),
        helper.make_node("Gemm", ["attention", "head"], ["logits"]),
    ]
    weights = {"query": (3 * SIZE * SIZE, 256), "head": (256, CLASSES)}
    plain, masked = (
        make_model(nodes, weights, {"mask": np.where(np.arange(256) % 2, 0, low).astype(np.float32)})
        for low in (-0.0, -100.0)
    )
    assert calibration.calibrate(masked).denormal == 0
    calibration.calibrate(plain)
    told = [[one.doc_string for one in model.graph.initializer] for model in (plain, masked)]
    assert told[0] == told[1]
