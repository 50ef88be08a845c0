"""Which operators of a graph the functions of PyTorch compute. PyTorch names neither nodes nor values.

The graph was made by following the same functions. So both have the same order, and what a function makes has
as many elements as what its operator makes. The longest common subsequence of the two is taken, in which a
convolution or a product counts more than any other. What lies between is computed along with it: the
exporter folded a normalisation, or wrote attention as several operators.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.candidates.category import Ints
from profiler.skeletons.operators import GraphOperators

_CONVOLUTION, _LINEAR, _PRODUCT, _MEAN = "convolution", "linear", "product", "mean"
# What is the same by its name in ONNX and by that in PyTorch. The last operator of several counts.
_OF_ONNX = {
    "Conv": _CONVOLUTION,
    "ConvTranspose": _CONVOLUTION,
    "Einsum": _PRODUCT,
    "Gemm": _PRODUCT,
    "MatMul": _PRODUCT,
    "GlobalAveragePool": _MEAN,
    "ReduceMean": _MEAN,
}
_OF_PYTORCH = {
    "conv1d": _CONVOLUTION,
    "conv2d": _CONVOLUTION,
    "conv3d": _CONVOLUTION,
    "conv_transpose2d": _CONVOLUTION,
    "addmm": _LINEAR,
    "linear": _LINEAR,
    "mm": _LINEAR,
    "baddbmm": _PRODUCT,
    "bmm": _PRODUCT,
    "einsum": _PRODUCT,
    "matmul": _PRODUCT,
    "scaled_dot_product_attention": _PRODUCT,
    "adaptive_avg_pool2d": _MEAN,
    "mean": _MEAN,
    "var_mean": _MEAN,
    "add": "Add",
    "avg_pool2d": "AveragePool",
    "batch_norm": "BatchNormalization",
    "cat": "Concat",
    "div": "Div",
    "elu": "Elu",
    "gelu": "Gelu",
    "group_norm": "GroupNormalization",
    "hardsigmoid": "HardSigmoid",
    "hardswish": "HardSwish",
    "hardtanh": "Clip",
    "interpolate": "Resize",
    "layer_norm": "LayerNormalization",
    "leaky_relu": "LeakyRelu",
    "max_pool2d": "MaxPool",
    "mul": "Mul",
    "pad": "Pad",
    "prelu": "PRelu",
    "relu": "Relu",
    "relu6": "Clip",
    "sigmoid": "Sigmoid",
    "silu": "Mul",
    "softmax": "Softmax",
    "sub": "Sub",
    "tanh": "Tanh",
    "upsample_bicubic2d": "Resize",
    "upsample_bilinear2d": "Resize",
    "upsample_nearest2d": "Resize",
    # They copy where an earlier transposition left no other way.
    "clone": "Transpose",
    "contiguous": "Transpose",
    "flatten": "Transpose",
    "reshape": "Transpose",
}
_HEAVY = {_CONVOLUTION, _LINEAR, _PRODUCT}
# One of them counts as much as so many other operators.
_WEIGHT = 8
_BIAS = "Add"


@dataclass(frozen=True)
class Call:
    """A call of a `function`, by PyTorch's name, that makes so many `elements` of one image."""

    function: str
    elements: int


def aligned(graph: GraphOperators, calls: Sequence[Call]) -> list[tuple[str, ...]]:
    """The names of the nodes of the graph that each of the calls computes, in the order of both.

    A call that belongs to no operator goes with the one before it where both make as much, as a normalisation
    after its convolution. Else it goes with the one after it.
    """
    kinds = list(_kinds(graph))
    ours = list(zip(kinds, graph.operators.number("written").astype(int).tolist(), strict=True))
    theirs = [(_kind_of(call.function), call.elements) for call in calls]
    operators = dict(_common(theirs, ours))
    names = [
        _names(graph, kinds, operators[place]) if place in operators else () for place in range(len(calls))
    ]
    for place in range(1, len(calls)):
        if not names[place] and calls[place].elements == calls[place - 1].elements:
            names[place] = names[place - 1]
    for place in reversed(range(len(calls) - 1)):
        names[place] = names[place] or names[place + 1]
    return names


def _kinds(graph: GraphOperators) -> Iterator[str]:
    for name, weights in zip(graph.operators.kind, graph.operators.number("weights"), strict=True):
        kind = _OF_ONNX.get(name, name)
        # A product with weights, and not of two values that are computed.
        yield _LINEAR if kind == _PRODUCT and weights else kind


def _kind_of(function: str) -> str:
    # A trailing underscore says that the function changes its input.
    name = function.rstrip("_")
    return _OF_PYTORCH.get(name, name)


def _names(graph: GraphOperators, kinds: Sequence[str], position: int) -> tuple[str, ...]:
    """The name of the operator, and that of the addition of its bias, which the exporter writes apart."""
    own = graph.located[position]
    if kinds[position] == _LINEAR and kinds[position + 1 : position + 2] == [_BIAS]:
        bias = graph.located[position + 1]
        if set(bias.inputs) == set(own.outputs):
            return own.node, bias.node
    return (own.node,)


def _common(theirs: Sequence[tuple[str, int]], ours: Sequence[tuple[str, int]]) -> Iterable[tuple[int, int]]:
    """The positions of the longest common subsequence (Wagner and Fischer 1974), the last first. Of equal
    ones it is the latest, as the last of several operators ends what one function does."""
    codes = {word: code for code, word in enumerate(dict.fromkeys([*theirs, *ours]))}
    ours_coded: Ints = np.array([codes[word] for word in ours], dtype=np.int64)
    best = np.zeros((len(theirs) + 1, len(ours) + 1), dtype=np.int32)
    weights = [_WEIGHT if kind in _HEAVY else 1 for kind, _ in theirs]
    for row, word in enumerate(theirs):
        taken = best[row].copy()
        same = np.flatnonzero(ours_coded == codes[word])
        taken[same + 1] = np.maximum(taken[same + 1], best[row, same] + weights[row])
        best[row + 1] = np.maximum.accumulate(taken)
    row, column = len(theirs), len(ours)
    while row and column:
        before = best[row - 1, column - 1]
        if theirs[row - 1] == ours[column - 1] and best[row, column] == before + weights[row - 1]:
            row, column = row - 1, column - 1
            yield row, column
        elif best[row, column] == best[row - 1, column]:
            row -= 1
        else:
            column -= 1
