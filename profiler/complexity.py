"""Parameters, multiply-accumulates, activations and operator make-up of a network.

MACs are fvcore's (a fused multiply-add counts once; normalisation and pooling count, other element-wise
arithmetic does not). This is the only importer of fvcore.
"""

import logging
import warnings
from collections import Counter

import torch
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from catalog.entities import Counts
from profiler.errors import ProfilerError

# fvcore has no handle for these; each carries matrix products, so a count without them is no count.
_MATRIX_OPERATORS = (
    "attention",
    "matmul",
    "mm",
    "linear",
    "conv",
    "einsum",
    "fft",
    "bilinear",
    "deform",
)
# The cross-check leaves out normalisation and pooling, hence may be lower than fvcore, never much higher.
_CROSS_CHECK_EXCESS = 1.01


class Uncountable(ProfilerError):
    """MACs cannot be counted without leaving something out."""


def count(network: nn.Module, input_size: int) -> Counts:
    """Count `network` on one image of shape (1, 3, input_size, input_size).

    Raises:
        Uncountable: an operator that holds matrix products is unknown to fvcore, or torch's own
            counter (FlopCounterMode) finds more MACs than fvcore did: the number would be too low.
    """
    network.requires_grad_(requires_grad=False)  # torch's counter hooks gradients otherwise
    image = torch.zeros(1, 3, input_size, input_size)
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        macs = FlopCountAnalysis(network, image).unsupported_ops_warnings(False)
        macs = macs.uncalled_modules_warnings(False).tracer_warnings("none")
        activations = ActivationCountAnalysis(network, image).unsupported_ops_warnings(False)
        activations = activations.uncalled_modules_warnings(False).tracer_warnings("none")
        total = float(macs.total())
        unsupported = [name for name in macs.unsupported_ops() if _holds_matrix_products(name)]
        if unsupported:
            raise Uncountable(f"fvcore cannot count {', '.join(sorted(unsupported))}")
        with FlopCounterMode(display=False) as cross_check:
            network(image)
        expected = cross_check.get_total_flops() / 2
        if expected > total * _CROSS_CHECK_EXCESS:
            raise Uncountable(f"fvcore counts {total / 1e9:.4g} GMACs, torch's counter {expected / 1e9:.4g}")
        by_operator = Counter({name: float(value) for name, value in macs.by_operator().items()})
        return Counts(
            params_m=sum(parameter.numel() for parameter in network.parameters()) / 1e6,
            gmacs=total / 1e9,
            activations_m=float(activations.total()) / 1e6,
            operators={name: value / 1e9 for name, value in sorted(by_operator.items())},
        )


def _holds_matrix_products(operator: str) -> bool:
    return any(word in operator for word in _MATRIX_OPERATORS)
