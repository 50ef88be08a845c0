"""Graphs of ONNX: what is left out of a file that is deployed, and of a skeleton.

A skeleton is the graph of a network without the values of its weights. Speed and memory do not depend on them
(docs/decisions/0004), so drawn weights turn a skeleton into a file that any runtime deploys as it would the
exported one.
"""

from collections.abc import Collection, Iterator
from math import prod
from typing import Any

import numpy.typing as npt
import onnx
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto

# Tensors of so few numbers stay: constants such as epsilons, exponents and the mean of an image.
KEPT_NUMBERS = 4
_FLOATS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
# Beyond it, a tensor of one number throughout would cost bytes in a skeleton.
_LARGEST_UNIFORM = 65_536
# Attention masks, as of Swin, add 0, or a number that leaves e to its power next to nothing.
_MASKING = -50.0


def strip(model: ModelProto) -> None:
    """Drop what no runtime computes with: documentation, metadata, and the shapes of intermediate values.

    The exporter of torch notes a shape for every value, with a symbolic batch. ONNX Runtime 1.31 plans memory
    worse with them: four transformers took 4 to 10 % longer (docs/decisions/0012).
    """
    del model.metadata_props[:]
    model.ClearField("doc_string")
    for graph in _graphs(model.graph):
        del graph.value_info[:]
        del graph.metadata_props[:]
        graph.ClearField("doc_string")
        for value in (*graph.input, *graph.output):
            value.ClearField("doc_string")
            del value.metadata_props[:]
        for tensor in graph.initializer:
            tensor.ClearField("doc_string")
            del tensor.metadata_props[:]
        for node in graph.node:
            node.ClearField("doc_string")
            del node.metadata_props[:]
            for attribute in node.attribute:
                attribute.ClearField("doc_string")


def is_weight(tensor: TensorProto) -> bool:
    """Whether the values of the tensor of a skeleton are drawn: it holds none."""
    return tensor.data_type in _FLOATS and not (tensor.raw_data or tensor.float_data or tensor.double_data)


def drop_weights(model: ModelProto) -> None:
    """Drop the values of all floating-point tensors that a skeleton would not keep for their size. What
    follows from the graph alone, as shapes, is the same without them."""
    for tensor in model.graph.initializer:
        if tensor.data_type in _FLOATS and prod(tensor.dims) > KEPT_NUMBERS:
            for name in ("raw_data", "float_data", "double_data", "external_data", "data_location"):
                tensor.ClearField(name)


def is_kept(values: npt.NDArray[Any]) -> bool:
    """Whether a skeleton keeps these values: integers, few numbers, masks of attention, and one number
    throughout, as the zeros and ones that an exporter makes.

    Where a mask is -100, a softmax computes denormal numbers, which take processors longer. So the values of
    a mask decide about the speed of the network, and are kept.
    """
    if values.dtype.kind in "biu" or values.size <= KEPT_NUMBERS or is_mask(values):
        return True
    return values.size <= _LARGEST_UNIFORM and bool((values == values.flat[0]).all())


def is_mask(values: npt.NDArray[Any]) -> bool:
    """Whether the values mask an attention: they add 0 before a softmax, or one low number."""
    if values.dtype.kind != "f" or values.size <= KEPT_NUMBERS:
        return False
    lowest = values.min()
    masked = values == lowest
    return bool(lowest <= _MASKING) and not masked.all() and bool((masked | (values == 0)).all())


def input_shape(model: ModelProto) -> tuple[int, int]:
    """Height and width of the image that the graph takes, in pixels."""
    height, width = model.graph.input[0].type.tensor_type.shape.dim[2:]
    return height.dim_value, width.dim_value


def resize(model: ModelProto, height: int, width: int) -> None:
    """Let the graph take images of another size. Whether it computes with them depends on the graph."""
    dimensions = model.graph.input[0].type.tensor_type.shape.dim
    dimensions[2].dim_value, dimensions[3].dim_value = height, width


def set_classes(model: ModelProto, head: Collection[str], num_classes: int) -> None:
    """Give the weights named in `head` another number of classes, which is their first dimension."""
    if not head:
        return
    for tensor in model.graph.initializer:
        if tensor.name in head:
            tensor.dims[0] = num_classes
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[-1].dim_value = num_classes


def parse(graph: bytes) -> ModelProto:
    """The graph that `SerializeToString` has written."""
    return onnx.load_model_from_string(graph)


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """The graph and those that its nodes hold."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                yield from _graphs(attribute.g)
