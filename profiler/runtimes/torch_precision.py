"""How PyTorch computes in each precision."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Precision
from profiler.failures import CaseFailed, is_allocation_failure

_WEIGHTS = {Precision.FP32: torch.float32, Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}
_AUTOCAST = {Precision.AMP_BF16: torch.bfloat16, Precision.AMP_FP16: torch.float16}
# Autocast to fp16 is a habit of GPUs: on the CPU, PyTorch documents bf16 for it.
_CARRIED = {
    Device.CPU: frozenset({*_WEIGHTS, Precision.AMP_BF16}),
    Device.CUDA: frozenset({*_WEIGHTS, *_AUTOCAST}),
}


@dataclass(frozen=True)
class Arithmetic:
    """How a network computes: the type of its weights and input; what its products are cast to, if any."""

    dtype: torch.dtype
    cast_to: torch.dtype | None

    def apply(self, network: nn.Module) -> nn.Module:
        """The network with its weights in this type."""
        return network.to(self.dtype)

    def casting(self, device: Device) -> AbstractContextManager[object]:
        """What the network is called under: automatic mixed precision, as its users enter it, or nothing."""
        if self.cast_to is None:
            return nullcontext()
        return torch.autocast(str(device), dtype=self.cast_to)

    def first_call(self, call: Callable[[], None]) -> None:
        """Make the call that finds out whether every operator has a kernel for these types.

        Raises:
            CaseFailed: one has not. In fp32 the network was called before, so it is for the precision.
        """
        try:
            call()
        except RuntimeError as error:
            if is_allocation_failure(str(error)) or self == _FP32:
                raise
            cause = str(error).strip().partition("\n")[0]
            raise CaseFailed(
                FailureReason.UNSUPPORTED_PRECISION, f"torch: {type(error).__name__}: {cause}"
            ) from error


_FP32 = Arithmetic(torch.float32, None)


def arithmetic(precision: Precision, device: Device) -> Arithmetic:
    """How `precision` is computed on `device`.

    Raises:
        CaseFailed: PyTorch does not carry it there.
    """
    if precision not in _CARRIED[device]:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION, f"PyTorch is not measured in {precision} on the {device}."
        )
    return Arithmetic(_WEIGHTS.get(precision, torch.float32), _AUTOCAST.get(precision))
