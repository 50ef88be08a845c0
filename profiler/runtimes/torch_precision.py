"""How PyTorch computes in each precision, on the CPU and on a GPU."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Precision
from profiler.failures import CaseFailed, first_line
from profiler.faults import raise_unless_of_network

_WEIGHTS = {Precision.FP32: torch.float32, Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}
_AUTOCAST = {Precision.AMP_BF16: torch.bfloat16, Precision.AMP_FP16: torch.float16}
# On the CPU, PyTorch documents autocast to bf16 alone.
_MEASURED = {
    Device.CPU: frozenset({*_WEIGHTS, Precision.AMP_BF16}),
    Device.CUDA: frozenset({*_WEIGHTS, *_AUTOCAST}),
}


@dataclass(frozen=True)
class Arithmetic:
    """The type of a network's weights and input, and the type that its products are cast to, if any."""

    dtype: torch.dtype
    cast_to: torch.dtype | None

    @property
    def needs_bf16(self) -> bool:
        return torch.bfloat16 in {self.dtype, self.cast_to}

    def apply(self, network: nn.Module) -> nn.Module:
        """The network with its weights in this type."""
        return network.to(self.dtype)

    def casting(self, device_type: str) -> AbstractContextManager[object]:
        """What the network is called under: autocast on torch's device type (`cpu` or `cuda`), or nothing."""
        if self.cast_to is None:
            return nullcontext()
        return torch.autocast(device_type, dtype=self.cast_to)

    def first_call(self, call: Callable[[], None]) -> None:
        """Make the first call, which fails where an operator has no kernel for these types.

        Raises:
            CaseFailed: an operator has none. In fp32 every error is raised as it is, because the network was
                called in fp32 when its artefact was made.
        """
        try:
            call()
        except RuntimeError as error:
            if self == _FP32:
                raise
            raise_unless_of_network(error)
            raise CaseFailed(
                FailureReason.UNSUPPORTED_PRECISION, f"torch: {type(error).__name__}: {first_line(error)}"
            ) from error


_FP32 = Arithmetic(torch.float32, None)


def arithmetic(precision: Precision, device: Device) -> Arithmetic:
    """How `precision` is computed on `device`.

    Raises:
        CaseFailed: PyTorch is not measured in this precision there.
    """
    if precision not in _MEASURED[device]:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION, f"PyTorch is not measured in {precision} on {device}."
        )
    return Arithmetic(_WEIGHTS.get(precision, torch.float32), _AUTOCAST.get(precision))
