"""Counting a graph: the parameters, and the multiply-accumulates of each operator.

MACs follow fvcore's conventions, as `profiler.networks.complexity` does: a fused multiply-add counts once.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from math import prod

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, numpy_helper
from onnx.reference import ReferenceEvaluator

from profiler.skeletons.graphs import is_weight

# How many values an error names.
_NAMED = 3
# What computes shapes, and is computed beforehand, since ONNX infers no shape that follows from them.
_SHAPE_OPERATORS = {
    "Add",
    "Cast",
    "Concat",
    "Div",
    "Equal",
    "Expand",
    "Floor",
    "Gather",
    "Max",
    "Min",
    "Mod",
    "Mul",
    "Neg",
    "Range",
    "ReduceProd",
    "Reshape",
    "Size",
    "Slice",
    "Squeeze",
    "Sub",
    "Unsqueeze",
    "Where",
}

Shape = tuple[int, ...]


def macs(model: ModelProto) -> dict[str, int]:
    """The MACs of each operator on one image, by the names that the catalog gives operators."""
    shapes = shapes_of(model)
    weights = {tensor.name for tensor in model.graph.initializer}
    constant = set(weights)
    found: Counter[str] = Counter()
    for node in model.graph.node:
        if all(name in constant for name in node.input if name):
            constant.update(node.output)  # a runtime computes it once
        formula = _FORMULAS.get(node.op_type)
        if formula is not None:
            operator, count = formula(node, shapes, constant)
            found[operator] += count
    return {name: count for name, count in sorted(found.items()) if count}


def macs_of(node: NodeProto, shapes: "Mapping[str, Shape]", constant: set[str]) -> int:
    """The MACs of one node. `shapes` has the shape of every value, and `constant` the values that no image
    changes."""
    formula = _FORMULAS.get(node.op_type)
    return 0 if formula is None else formula(node, shapes, constant)[1]


def shapes_of(model: ModelProto) -> dict[str, Shape]:
    """The shape of every value for one image.

    Raises:
        ValueError: ONNX cannot infer the shape of a value.
    """
    single = ModelProto()
    single.CopyFrom(model)
    single.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    for value in single.graph.output:
        value.type.tensor_type.ClearField("shape")
    shapes = _inferred(single)
    while _fold_integers(single, shapes):
        shapes = _inferred(single)
    unknown = [name for node in model.graph.node for name in node.output if name and name not in shapes]
    if unknown:
        raise ValueError(f"no shape for {', '.join(unknown[:_NAMED])}")
    return shapes


def _inferred(model: ModelProto) -> dict[str, Shape]:
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes: dict[str, Shape] = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        if value.type.tensor_type.HasField("shape"):
            axes = value.type.tensor_type.shape.dim
            if all(axis.HasField("dim_value") for axis in axes):
                shapes[value.name] = tuple(axis.dim_value for axis in axes)
    return shapes


def _fold_integers(model: ModelProto, shapes: Mapping[str, Shape]) -> bool:
    """Compute the nodes that handle shapes, and keep their results as constants. Whether there were any."""
    known = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in model.graph.initializer
        if not is_weight(tensor)
    }
    left: list[NodeProto] = []
    for node in model.graph.node:
        if node.op_type == "Shape" and node.input[0] in shapes:
            inputs = {node.input[0]: np.broadcast_to(np.float32(0), shapes[node.input[0]])}
        elif node.op_type in _SHAPE_OPERATORS and all(name in known for name in node.input if name):
            inputs = {name: known[name] for name in node.input if name}
        else:
            left.append(node)
            continue
        for name, value in zip(node.output, ReferenceEvaluator(node).run(None, inputs), strict=True):
            known[name] = np.asarray(value)
            model.graph.initializer.append(numpy_helper.from_array(known[name], name))
    folded = len(left) < len(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(left)
    return folded


Formula = Callable[[NodeProto, Mapping[str, Shape], set[str]], tuple[str, int]]


def _conv(node: NodeProto, shapes: Mapping[str, Shape], _constant: set[str]) -> tuple[str, int]:
    batch, _channels, *positions = shapes[
        node.input[0] if node.op_type == "ConvTranspose" else node.output[0]
    ]
    return "conv", prod(shapes[node.input[1]]) * batch * prod(positions)


def _gemm(node: NodeProto, shapes: Mapping[str, Shape], constant: set[str]) -> tuple[str, int]:
    transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
    inner = shapes[node.input[0]][0 if transposed else -1]
    return _product(node, constant), prod(shapes[node.output[0]]) * inner


def _matmul(node: NodeProto, shapes: Mapping[str, Shape], constant: set[str]) -> tuple[str, int]:
    return _product(node, constant), prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]


def _einsum(node: NodeProto, shapes: Mapping[str, Shape], constant: set[str]) -> tuple[str, int]:
    """The product of two tensors: a multiply-accumulate for each combination of the letters' positions."""
    equation = next(attribute.s.decode() for attribute in node.attribute if attribute.name == "equation")
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    if len(terms) < 2 or constant.issuperset(node.input):  # noqa: PLR2004 - a transposition multiplies nothing
        return "matmul", 0
    sizes = {
        letter: size
        for term, name in zip(terms, node.input, strict=True)
        for letter, size in zip(term, shapes[name], strict=True)
    }
    return _product(node, constant), prod(sizes.values())


def _lstm(node: NodeProto, shapes: Mapping[str, Shape], _constant: set[str]) -> tuple[str, int]:
    """The products of the inputs and of the hidden states with their weights, in every step and direction."""
    steps, batch, _features = shapes[node.input[0]]
    return "linear", steps * batch * (prod(shapes[node.input[1]]) + prod(shapes[node.input[2]]))


def _product(node: NodeProto, constant: set[str]) -> str:
    return "linear" if constant.intersection(node.input[:2]) else "matmul"


def _normalisation(name: str, factor: int) -> Formula:
    def formula(node: NodeProto, shapes: Mapping[str, Shape], _constant: set[str]) -> tuple[str, int]:
        return name, factor * prod(shapes[node.input[0]])

    return formula


_FORMULAS: Mapping[str, Formula] = {
    "Conv": _conv,
    "ConvTranspose": _conv,
    "Einsum": _einsum,
    "Gemm": _gemm,
    "LSTM": _lstm,
    "MatMul": _matmul,
    "BatchNormalization": _normalisation("batch_norm", 2),
    "LayerNormalization": _normalisation("layer_norm", 5),
}
