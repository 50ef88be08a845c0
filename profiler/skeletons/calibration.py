"""Choosing how far the weights of a skeleton spread, so that drawn activations stay near one in every layer.

Layer by layer, as in Mishkin and Matas, "All you need is a good init" (2016): the graph runs node by node on
one random image, and the weights of each product are scaled by the power of two that brings the product's
root mean square to one. Weights drawn by their fan-in alone overflow in some networks, and denormal numbers,
which processors compute slowly, appear in others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import log2, prod, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import ModelProto, NodeProto, helper, numpy_helper

from catalog.entities.networks import IMAGE_CHANNELS
from profiler.skeletons import drawing, graphs
from profiler.skeletons.drawing import Spread
from profiler.skeletons.skeleton import Activations

_SEED = 2026
_PRODUCTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
# Operators that hand a weight on, in another shape.
_SHAPING = {"Cast", "Flatten", "Identity", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"}
# The inputs, by operator, of which the output is a multiple: networks that standardise their weights do so.
_SCALING = {
    **dict.fromkeys(_SHAPING, (0,)),
    "BatchNormalization": (1,),
    "InstanceNormalization": (1,),
    "Mul": (0, 1),
}
# The inputs, by operator, that multiply: their numbers lie around one.
_FACTORS = {
    "BatchNormalization": (1, 4),
    "Div": (0, 1),
    "GroupNormalization": (1,),
    "InstanceNormalization": (1,),
    "LayerNormalization": (1,),
    "Mul": (0, 1),
    "Pow": (0, 1),
    "RMSNormalization": (1,),
    "Sqrt": (0,),
}
_AROUND_ONE = Spread(1, -4)
_AROUND_ZERO = Spread(0, -3)
# Each halves the numbers before a softmax four times over: enough for any that were seen.
_PASSES = 6
# Beyond it, scaling would only chase a product that is zero.
_LARGEST_CORRECTION = 40
# What shapes have at most, with room to spare.
_CONSTANT_NUMBERS = 16
_IR_VERSION = 10
# Numbers that are looked at together: of one attention there may be 300 million.
_PART = 1 << 20
_TINY, _LEAST = np.finfo(np.float32).tiny, np.finfo(np.float32).smallest_subnormal

Array = npt.NDArray[Any]


def calibrate(skeleton: ModelProto) -> Activations:
    """Write into `doc_string` of each weight of the skeleton what `drawing.write` needs. Returns how the
    activations lie then.

    An attention without a fitting scale hands its softmax numbers of some hundreds, whose exponentials are
    denormal. The products before it are then halved, until none is.
    """
    halvings: Counter[str] = Counter()
    for _ in range(_PASSES):
        run = _Run(skeleton, halvings)
        activations = run.run()
        if not run.sharp:
            break
        halvings.update(run.sharp)
    return activations


class _Run:
    """One pass over the nodes of a graph, in their order. `halvings` are how often the product of a weight is
    halved. Afterwards, `sharp` are the weights before a softmax whose output has denormal numbers on some
    processor."""

    def __init__(self, skeleton: ModelProto, halvings: Counter[str]) -> None:
        self.sharp: set[str] = set()
        self._halvings = halvings
        self._makers = {name: node for node in skeleton.graph.node for name in node.output}
        self._size = graphs.input_shape(skeleton)
        self._opset = skeleton.opset_import
        self._graph = skeleton.graph
        self._weights = {
            tensor.name: tensor for tensor in self._graph.initializer if graphs.is_weight(tensor)
        }
        self._origins = {name: name for name in self._weights}
        self._spreads = _first_spreads(skeleton)
        self._constants = {tensor.name for tensor in self._graph.initializer}
        self._calibrated: set[str] = set()
        self._sessions: dict[bytes, onnxruntime.InferenceSession] = {}
        self._values: dict[str, Array] = {
            tensor.name: _unmasked(numpy_helper.to_array(tensor))
            for tensor in self._graph.initializer
            if tensor.name not in self._weights
        }
        self._uses = Counter(name for node in self._graph.node for name in node.input)
        self._uses.update(value.name for value in self._graph.output)
        self._denormal = self._not_finite = 0
        self._largest, self._worst = 0.0, ""

    def run(self) -> Activations:
        image = np.random.default_rng(_SEED).standard_normal(
            (1, IMAGE_CHANNELS, *self._size), dtype=np.float32
        )
        self._values[self._graph.input[0].name] = image
        for node in self._graph.node:
            self._step(node)
        for name, tensor in self._weights.items():
            tensor.doc_string = str(self._spreads[name])
        return Activations(self._denormal, self._not_finite, self._largest, self._worst)

    def _step(self, node: NodeProto) -> None:
        weight = self._product_weight(node)
        outputs = self._compute(node) if weight is None else [self._product(node, weight)]
        self._trace_origin(node)
        for name, output in zip(node.output, outputs, strict=True):
            if name and name not in self._origins and node.op_type != "Pad":  # which may pad with -inf
                self._look_at(name, output)
                if node.op_type == "Softmax" and _is_sharp(self._value(node.input[0]), _axis(node)):
                    self.sharp.update(self._weights_before(node))
            if name:
                self._values[name] = output
        self._forget(node)

    def _trace_origin(self, node: NodeProto) -> None:
        """Note which weight scales the output of a node, where that is computed from constants alone."""
        if not all(name in self._constants for name in node.input if name):
            return
        self._constants.update(node.output)
        for position in _SCALING.get(node.op_type, ()):
            origin = self._origins.get(node.input[position])
            if origin is not None:
                self._origins[node.output[0]] = origin

    def _product(self, node: NodeProto, weight: str) -> Array:
        """The output of a product, whose weight is scaled so that the root mean square is near one. The bias
        is added afterwards: the product alone is scaled with its weight, exactly."""
        alone = NodeProto()
        alone.CopyFrom(node)
        del alone.input[2:]
        (product,) = self._compute(alone)
        origin = self._origins[weight]
        correction = _correction(product) - self._halvings[origin]
        self._spreads[origin] = self._spreads[origin].scaled(correction)
        self._calibrated.add(origin)
        for name in {weight, origin} & self._values.keys():
            self._values[name] = np.ldexp(self._values[name], correction)
        np.ldexp(product, correction, out=product)
        if len(node.input) > len(alone.input):
            bias = self._value(node.input[2])
            last = node.op_type == "Gemm"
            product += bias if last else bias.reshape(-1, *([1] * (product.ndim - 2)))
        return product

    def _value(self, name: str) -> Array:
        if name not in self._values:
            self._values[name] = drawing.values(self._weights[name], self._spreads[name])
        return self._values[name]

    def _product_weight(self, node: NodeProto) -> str | None:
        """The input of a product that is a weight not yet calibrated."""
        if node.op_type not in _PRODUCTS:
            return None
        candidates: list[str] = list(node.input[:2])
        for name in candidates:
            origin = self._origins.get(name)
            if origin is None or origin in self._calibrated:
                continue
            if name != origin or len(self._weights[origin].dims) > 1:
                return name
        return None

    def _weights_before(self, node: NodeProto) -> Iterator[str]:
        """The weights of the products nearest before a node."""
        names, seen = list(node.input), set[str]()
        while names:
            maker = self._makers.get(name := names.pop())
            if maker is None or name in seen:
                continue
            seen.add(name)
            origins = {self._origins[each] for each in maker.input[:2] if each in self._origins}
            if maker.op_type in _PRODUCTS and origins:
                yield from origins
            else:
                names.extend(maker.input)

    def _look_at(self, name: str, output: Array) -> None:
        """Take an output into account."""
        if output.dtype.kind != "f":
            return
        for part in _parts(output):
            magnitude = np.abs(part)
            finite = np.isfinite(magnitude)
            self._not_finite += int(part.size - np.count_nonzero(finite))
            self._denormal += int(np.count_nonzero((magnitude > 0) & (magnitude < _TINY)))
            largest = float(magnitude.max(initial=0.0, where=finite))
            if largest > self._largest:
                self._largest, self._worst = largest, name

    def _forget(self, node: NodeProto) -> None:
        for name in node.input:
            self._uses[name] -= 1
            if not self._uses[name]:
                self._values.pop(name, None)
        for name in node.output:
            if not self._uses[name]:
                self._values.pop(name, None)

    def _compute(self, node: NodeProto) -> list[Array]:
        """Run one node. Nodes that are alike share a session."""
        alike = NodeProto()
        alike.CopyFrom(node)
        alike.ClearField("name")
        _rename(alike.input, "i")
        _rename(alike.output, "o")
        given = {
            alias: self._value(name) for alias, name in zip(alike.input, node.input, strict=True) if name
        }
        constants = {name: value for name, value in given.items() if _is_constant(value)}
        feed = {name: value for name, value in given.items() if name not in constants}
        key = alike.SerializeToString(deterministic=True) + b"".join(
            value.tobytes() if name in constants else f"{value.dtype}{value.ndim}".encode()
            for name, value in given.items()
        )
        if key not in self._sessions:
            self._sessions[key] = _session(alike, feed, constants, self._opset)
        results = iter(self._sessions[key].run([name for name in alike.output if name], feed))
        return [next(results) if name else np.empty(0) for name in node.output]


def _first_spreads(skeleton: ModelProto) -> dict[str, Spread]:
    """Spreads by the use that the graph makes of each weight, before anything ran."""
    spreads: dict[str, Spread] = {}
    uses: dict[str, tuple[str, int]] = {}
    shapes = {tensor.name: tuple(tensor.dims) for tensor in skeleton.graph.initializer}
    for node in skeleton.graph.node:
        for position, name in enumerate(node.input):
            uses.setdefault(name, (node.op_type, position))
        if node.op_type == "Mul" and shapes.get(node.input[0], 0) == shapes.get(node.input[1], 1):
            # The factors of a product of two vectors, as in differential attention.
            uses.update(dict.fromkeys(node.input, ("", 0)))
    shaped = {node.input[0]: node.output[0] for node in skeleton.graph.node if node.op_type in _SHAPING}
    for tensor in skeleton.graph.initializer:
        name = tensor.name
        while name in shaped and uses[name][0] in _SHAPING:
            name = shaped[name]
        operator, position = uses.get(name, ("", 0))
        if position in _FACTORS.get(operator, ()):
            spreads[tensor.name] = _AROUND_ONE
        elif len(tensor.dims) > 1 and operator in _PRODUCTS:
            fan_in = prod(tensor.dims) / tensor.dims[-1 if operator == "MatMul" else 0]
            spreads[tensor.name] = Spread(0, round(-log2(sqrt(fan_in))))
        else:
            spreads[tensor.name] = _AROUND_ZERO
    return spreads


def _correction(product: Array) -> int:
    """The power of two that brings the root mean square of a product nearest to one."""
    with np.errstate(all="ignore"):
        squares = [float(np.square(part, dtype=np.float64).sum()) for part in _parts(product)]
    mean_square = sum(squares) / max(1, product.size)
    if not mean_square or not np.isfinite(mean_square):
        return 0
    return max(-_LARGEST_CORRECTION, min(_LARGEST_CORRECTION, -round(log2(mean_square) / 2)))


def _axis(softmax: NodeProto) -> int:
    return next((one.i for one in softmax.attribute if one.name == "axis"), -1)


def _is_sharp(numbers: Array, axis: int) -> bool:
    """Whether the softmax of these numbers has shares that are denormal in fp32.

    They are computed in fp64. In fp32, the kernels of some processors round most of them to zero, and the
    weights are drawn for all processors.
    """
    rows = np.moveaxis(numbers, axis, -1).reshape(-1, numbers.shape[axis])
    several = max(1, _PART // rows.shape[1])
    for start in range(0, len(rows), several):
        part = rows[start : start + several].astype(np.float64)
        with np.errstate(all="ignore"):  # a row may be masked as a whole
            shares = np.exp(part - part.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
        if ((shares >= _LEAST) & (shares < _TINY)).any():
            return True
    return False


def _parts(values: Array) -> Iterator[Array]:
    """The numbers of an array, in parts that are small beside an attention of some gigabytes."""
    numbers = values.reshape(-1)
    return (numbers[start : start + _PART] for start in range(0, numbers.size, _PART))


def _rename(names: Any, prefix: str) -> None:
    """Give each distinct name a number."""
    numbers: dict[str, str] = {"": ""}
    for position, name in enumerate(names):
        names[position] = numbers.setdefault(name, f"{prefix}{len(numbers)}")


def _unmasked(values: Array) -> Array:
    """The values without the mask that they are. What a mask makes denormal is the network's own, and no
    scale of weights mends it."""
    return np.zeros_like(values) if graphs.is_mask(values) else values


def _is_constant(value: Array) -> bool:
    """Whether it is a shape, or another short list of integers, which some operators need beforehand."""
    return value.dtype.kind == "i" and value.size <= _CONSTANT_NUMBERS


def _session(
    node: NodeProto, feed: Mapping[str, Array], constants: Mapping[str, Array], opset: Any
) -> onnxruntime.InferenceSession:
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), [None] * value.ndim)
        for name, value in feed.items()
    ]
    outputs = [onnx.ValueInfoProto(name=name) for name in node.output if name]
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph([node], "node", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False  # each session would keep what its largest tensors took
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
