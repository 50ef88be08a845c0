"""The operators of a graph, as the inventory holds them (`catalog.inventory`)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from onnx import ModelProto, NodeProto, helper

from catalog.candidates.category import Category
from catalog.inventory import IMAGE, NUMBERS, RESULT, Operators
from profiler.skeletons.counting import Shape, macs_of, shapes_of

# Nodes that only give a tensor another shape or name. No runtime computes anything for them.
_VIEWS = {"Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"}
_PRODUCTS = {"Einsum", "Gemm", "MatMul"}
# They work along the last dimension, unless they name another.
_ALONG_LAST, _LAST = {"LayerNormalization", "LogSoftmax", "Softmax"}, -1


@dataclass(frozen=True)
class Located:
    """An operator in its graph: the name of its node, and the names of its outputs."""

    node: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class GraphOperators:
    """The operators of a graph in its order, and where each of them is.

    `views` leads from the output of a node that only reshapes to the value that it reshapes.
    """

    operators: Operators
    located: tuple[Located, ...]
    views: Mapping[str, str]


def operators_of(model: ModelProto) -> GraphOperators:
    """The operators of `model` on one image.

    Raises:
        ValueError: ONNX cannot infer the shape of a value.
    """
    shapes = shapes_of(model)
    constant = {tensor.name for tensor in model.graph.initializer}
    views: dict[str, str] = {}
    nodes: list[tuple[NodeProto, list[str], int]] = []
    for node in model.graph.node:
        computed = [name for name in node.input if name and name not in constant]
        if not computed or node.op_type == "Shape":
            constant.update(node.output)  # a runtime computes it once
        elif node.op_type in _VIEWS:
            views[node.output[0]] = views.get(computed[0], computed[0])
        else:
            sources = [views.get(name, name) for name in computed]
            nodes.append((node, sources, macs_of(node, shapes, constant)))
    return GraphOperators(
        _table(nodes, shapes, constant),
        tuple(Located(node.name, tuple(filter(None, node.output)), tuple(read)) for node, read, _ in nodes),
        views,
    )


def _table(
    nodes: Sequence[tuple[NodeProto, list[str], int]], shapes: Mapping[str, Shape], constant: set[str]
) -> Operators:
    makers = {name: (macs, node.op_type) for node, _, macs in nodes for name in node.output}
    readers: defaultdict[str, list[str]] = defaultdict(list)
    for node, sources, _ in nodes:
        for name in sources:
            readers[name].append(node.op_type)
    # The neighbour with the most MACs: a runtime may let it do this operator's work at once.
    before = [
        max((makers[name] for name in read if name in makers), key=lambda maker: maker[0], default=(0, IMAGE))
        for _, read, _ in nodes
    ]
    after = [readers[node.output[0]] for node, _, _ in nodes]
    rows = [
        _numbers(node, macs, len(users), shapes, constant)
        for (node, _, macs), users in zip(nodes, after, strict=True)
    ]
    return Operators(
        Category.of(node.op_type for node, _, _ in nodes),
        Category.of(kind for _, kind in before),
        Category.of(users[0] if users else RESULT for users in after),
        np.array(rows, dtype=np.int64).reshape(len(rows), len(NUMBERS)),
    )


def _numbers(
    node: NodeProto,
    macs: int,
    uses: int,
    shapes: Mapping[str, Shape],
    constant: set[str],
) -> tuple[int, ...]:
    """The row of NUMBERS."""
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    reads = [shapes[name] for name in node.input if name and name not in constant]
    held = [shapes[name] for name in node.input if name in constant and name in shapes]
    made = shapes[node.output[0]]
    elements = (
        _elements(reads),
        _elements(held),
        _elements(shapes[name] for name in node.output if name in shapes),
    )
    sides = _sides(node.op_type, reads, made)
    kernel = _kernel(attributes, node.op_type, reads, held)
    window = (
        int(attributes.get("group", 1)),
        *kernel,
        int(max(attributes.get("strides", [1]))),
        int(max(attributes.get("dilations", [1]))),
    )
    return (macs, *elements, *sides, *window, uses, _variant(node.op_type, attributes, reads, held, made))


def _elements(shapes: Iterable[Shape]) -> int:
    return sum(map(prod, shapes))


def _sides(kind: str, reads: Sequence[Shape], made: Shape) -> tuple[int, int, int, int]:
    """Rows, inner, outer and batch."""
    first = reads[0]
    if kind in {"Conv", "ConvTranspose"}:
        return made[0] * prod(made[2:]), first[1], made[1], 1
    if kind in _PRODUCTS and first and made:
        stacked = prod(made[:-2]) if len(reads) > 1 else 1
        return prod(made[:-1]) // max(1, stacked), first[-1], made[-1], stacked
    return prod(made[:-1]), (first or (1,))[-1], (made or (1,))[-1], 1


def _kernel(
    attributes: Mapping[str, object], kind: str, reads: Sequence[Shape], held: Sequence[Shape]
) -> tuple[int, int]:
    """Height and width of the window that a convolution or a pooling sees at once."""
    stated = attributes.get("kernel_shape")
    if isinstance(stated, list) and len(stated) == 2:  # noqa: PLR2004 - height and width
        return int(stated[0]), int(stated[1])
    if kind in {"Conv", "ConvTranspose"} and held:
        sides = held[0][2:]
        return (sides[0], sides[-1]) if sides else (1, 1)
    if kind.startswith("Global") and len(reads[0]) == 4:  # noqa: PLR2004 - images, channels, height, width
        return reads[0][2], reads[0][3]
    return 1, 1


def _variant(
    kind: str,
    attributes: Mapping[str, object],
    reads: Sequence[Shape],
    held: Sequence[Shape],
    made: Shape,
) -> int:
    first = reads[0]
    rank = len(first)
    order = attributes.get("perm")
    if isinstance(order, list):
        return int(order[-1] != rank - 1)
    axis = attributes.get("axis", _LAST if kind in _ALONG_LAST else None)
    if isinstance(axis, int):
        return int(axis % max(1, rank) == rank - 1)
    if kind.startswith("Reduce"):
        return int(bool(first) and (not made or made[-1] != first[-1]))
    if len(reads) > 1:
        return int(any(shape != made for shape in reads))
    return 2 if held else 0
