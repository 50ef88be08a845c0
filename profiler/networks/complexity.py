"""Parameters, multiply-accumulates, activations, operators and weight file size of a network.

The network runs once under a dispatch mode, which is handed every operator with its shapes. On the meta
device nothing is computed, so that it takes a second for any size. MACs follow fvcore's conventions: a fused
multiply-add counts once. Normalisation, average pooling to a fixed grid and interpolation count. Other
element-wise arithmetic does not. Tests hold the counts equal to fvcore's own.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from catalog.entities.networks import IMAGE_CHANNELS, Counts
from profiler.errors import ProfilerError

# An operator with such a name has matrix products. Where it has no formula here, the network has no count.
_MATRIX_WORDS = (
    "attention",
    "bilinear",
    "cdist",
    "conv",
    "deform",
    "dot",
    "einsum",
    "fft",
    "gru",
    "linear",
    "lstm",
    "matmul",
    "mm",
    "mv",
    "rnn",
)
_NO_MATRIX = ("upsample", "grid_sampler", "linalg_vector_norm")
# torch's counter leaves out normalisation and pooling, so it is at most ours. One percent is for rounding.
_CROSS_CHECK_EXCESS = 1.01
# In the order in which a file holds its tensors.
_SAFETENSORS_NAMES = {
    torch.int64: "I64",
    torch.float64: "F64",
    torch.float32: "F32",
    torch.int32: "I32",
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}

Arguments = tuple[Any, ...]
Formula = Callable[[Arguments, torch.Tensor], float]


class Uncountable(ProfilerError):
    """MACs cannot be counted without leaving something out."""


def count(network: nn.Module, input_size: int, in_chans: int = IMAGE_CHANNELS) -> Counts:
    """Count `network` on one image of shape (1, in_chans, input_size, input_size) on the network's device.

    Raises:
        Uncountable: an operator with matrix products has no formula here, or torch's own counter
            (FlopCounterMode) has more MACs, so that the number would be too low.
    """
    network.requires_grad_(requires_grad=False)  # torch's counter hooks gradients otherwise
    image = torch.zeros(1, in_chans, input_size, input_size, device=next(network.parameters()).device)
    with torch.inference_mode(), FlopCounterMode(display=False) as cross_check, _Counting() as counter:
        network(image)
    uncounted = [name for name in counter.calls if name not in counter.macs and _has_matrix_products(name)]
    if uncounted:
        raise Uncountable(f"no formula for {', '.join(sorted(uncounted))}")
    total, expected = sum(counter.macs.values()), cross_check.get_total_flops() / 2
    if expected > total * _CROSS_CHECK_EXCESS:
        raise Uncountable(f"we count {total / 1e9:.4g} GMACs, torch's counter {expected / 1e9:.4g}")
    return Counts(
        params_m=sum(parameter.numel() for parameter in network.parameters()) / 1e6,
        gmacs=total / 1e9,
        activations_m=counter.activations / 1e6,
        operators={name: value / 1e9 for name, value in sorted(counter.macs.items())},
        operator_calls=dict(sorted(counter.calls.items())),
        weights_bytes=weights_bytes(network),
    )


def weights_bytes(network: nn.Module) -> int:
    """The size of the safetensors file that holds the state dict, from its shapes alone.

    The format: 8 bytes of length, a JSON header padded to a multiple of 8, the tensors without gaps.
    Tensors that share memory are stored once, as `safetensors.torch.save_model` does.
    """
    tensors: dict[Any, tuple[str, torch.Tensor]] = {}
    for name, tensor in sorted(network.state_dict(keep_vars=True).items()):
        tensors.setdefault(id(tensor), (name, tensor))
    metadata = {}
    if len(tensors) < len(network.state_dict()):
        kept = {id(tensor): name for name, tensor in tensors.values()}
        metadata = {
            name: kept[id(tensor)]
            for name, tensor in network.state_dict(keep_vars=True).items()
            if kept[id(tensor)] != name
        }
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    end = 0
    order = list(_SAFETENSORS_NAMES)
    for name, tensor in sorted(tensors.values(), key=lambda entry: (order.index(entry[1].dtype), entry[0])):
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": _SAFETENSORS_NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    length = len(json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode())
    return 8 + length + -length % 8 + end


class _Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the operators that are called. A composite operator without a formula is decomposed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.macs: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.activations = 0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Arguments = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        operator, keywords = func.overloadpacket, kwargs or {}
        formula = _FORMULAS.get(operator)
        if formula is None and func is not torch.ops.prim.device.default:
            with self:
                result = func.decompose(*args, **keywords)
            if result is not NotImplemented:
                return result
        result = func(*args, **keywords)
        name = _NAMES.get(operator, operator.__name__)
        self.calls[name] += 1
        if formula is not None:
            self.macs[name] += int(formula(args, result))
            if operator in _PRODUCTS:
                self.activations += result.numel()
        return result


def _convolution(args: Arguments, output: torch.Tensor) -> float:
    image, weight, transposed = args[0], args[1], args[6]
    positions = (image if transposed else output).shape[2:]
    return int(image.shape[0] * weight.numel() * prod(positions))


def _batch_norm(args: Arguments, _output: torch.Tensor) -> float:
    if args[5]:  # statistics of the batch itself: timm standardises weights by it
        return _normalisation(1)(args, _output)
    return int(args[0].numel()) * (1 if args[1] is None else 2)


def _normalisation(weight_argument: int) -> Formula:
    def formula(args: Arguments, _output: torch.Tensor) -> float:
        affine = len(args) > weight_argument and args[weight_argument] is not None
        return int(args[0].numel()) * (5 if affine else 4)

    return formula


_aten = torch.ops.aten
# Source of the formulas: fvcore.nn.jit_handles. Arguments are those of the operator's schema.
_PRODUCTS: Mapping[Any, Formula] = {
    _aten.convolution: _convolution,
    _aten.linear: lambda args, _: args[0].numel() * args[1].shape[0],
    _aten.matmul: lambda args, output: output.numel() * args[0].shape[-1],
    _aten.mm: lambda args, _: args[0].numel() * args[1].shape[-1],
    _aten.bmm: lambda args, _: args[0].numel() * args[1].shape[-1],
    _aten.addmm: lambda args, _: args[1].numel() * args[2].shape[-1],
    _aten.baddbmm: lambda args, _: args[1].numel() * args[2].shape[-1],
}
_FORMULAS: Mapping[Any, Formula] = {
    **_PRODUCTS,
    _aten.batch_norm: _batch_norm,
    _aten.layer_norm: _normalisation(2),
    _aten.group_norm: _normalisation(2),
    _aten.instance_norm: _normalisation(1),
    _aten.adaptive_avg_pool2d: lambda args, _: args[0].numel(),
    _aten.upsample_nearest2d: lambda _, output: output.numel(),
    _aten.upsample_bilinear2d: lambda _, output: 4 * output.numel(),
    _aten.grid_sampler: lambda _, output: 4 * output.numel(),
}
_NAMES = {_aten.convolution: "conv"}


def _has_matrix_products(operator: str) -> bool:
    harmless = any(word in operator for word in _NO_MATRIX)
    return not harmless and any(word in operator for word in _MATRIX_WORDS)
