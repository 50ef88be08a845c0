"""Small graphs of ONNX for the tests of skeletons."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from catalog.entities.networks import Workload
from profiler.skeletons import calibration, graphs
from profiler.skeletons.archive import Entry
from profiler.skeletons.skeleton import Skeleton

SIZE, CLASSES = 32, 10


def make_model(
    nodes: Sequence[NodeProto],
    weights: Mapping[str, Sequence[int]],
    constants: Mapping[str, Any] | None = None,
    *,
    size: int = SIZE,
    classes: int = CLASSES,
) -> ModelProto:
    """A graph from `image` to `logits`, whose `weights` have shapes and no values."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, size, size])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])
    graph = helper.make_graph(nodes, "network", [image], [logits])
    for name, shape in weights.items():
        graph.initializer.append(TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT))
    for name, value in (constants or {}).items():
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def make_network(
    channels: int = 16, depth: int = 2, *, classes: int = CLASSES, bias: bool = True
) -> ModelProto:
    """Convolutions, the mean over positions, and a classifier with the weights `head.weight`, `head.bias`."""
    nodes: list[NodeProto] = []
    weights: dict[str, tuple[int, ...]] = {}
    last = "image"
    for layer in range(depth):
        weights[f"conv{layer}.weight"] = (channels, channels if layer else 3, 3, 3)
        inputs = [last, f"conv{layer}.weight"]
        if bias:
            weights[f"conv{layer}.bias"] = (channels,)
            inputs.append(f"conv{layer}.bias")
        nodes += [
            helper.make_node("Conv", inputs, [f"c{layer}"], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", [f"c{layer}"], [f"r{layer}"]),
        ]
        last = f"r{layer}"
    weights |= {"head.weight": (classes, channels), "head.bias": (classes,)}
    nodes += [
        helper.make_node("ReduceMean", [last, "axes"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "head.weight", "head.bias"], ["logits"], transB=1),
    ]
    return make_model(nodes, weights, {"axes": np.array([2, 3])}, classes=classes)


def make_entry(
    name: str = "net", family: str = "nets", *, step: int | None = 1, size: int = SIZE, channels: int = 16
) -> Entry:
    """A calibrated skeleton of `make_network`."""
    model = make_network(channels)
    graphs.resize(model, size, size)
    activations = calibration.calibrate(model)
    skeleton = Skeleton(
        Workload(name, CLASSES, size),
        family,
        "exporter 1.0",
        params=sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer if tensor.data_type == 1),
        deviation=1e-6,
        activations=activations,
        head=("head.weight", "head.bias"),
        size_step=step,
    )
    return Entry(skeleton, model.SerializeToString())


def data(model: ModelProto) -> dict[str, np.ndarray]:
    """The values of every constant of a drawn graph."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
