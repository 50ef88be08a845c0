"""Eager PyTorch on an NVIDIA GPU.

TF32 is off, which torch uses for convolutions by default, so that fp32 means fp32. cuDNN chooses its
algorithms by its heuristics (torch's default) and not by timing them, so that every process runs the same
algorithms.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest, no_second_client, refuse_other_scenarios
from profiler.runtimes.torch_loading import load_network
from profiler.runtimes.torch_precision import Arithmetic, arithmetic
from profiler.sensors.gpu_watch import DeviceUse

_NS_PER_MS = 1e6


class CudaNetwork:
    """A module on the GPU in evaluation mode, called under inference mode on images that are there already.

    A call ends when the GPU has done its work. Two CUDA events around it, whose recording costs some
    microseconds, give the time that the GPU itself took. `cuda` is torch.cuda, or a fake.
    """

    def __init__(self, network: nn.Module, computes: Arithmetic, cuda: Any = torch.cuda) -> None:
        self._network = network
        self._arithmetic = computes
        self._cuda = cuda
        self._device = next(network.parameters()).device
        self._images = torch.empty(0)
        self._result = torch.empty(0)
        self._events: list[tuple[Any, Any]] = []

    def prepare(self, images: Images) -> None:
        self._images = torch.from_numpy(images).to(self._device, self._arithmetic.dtype)
        self._cuda.synchronize()

    def infer(self) -> None:
        begin, end = self._cuda.Event(enable_timing=True), self._cuda.Event(enable_timing=True)
        with torch.inference_mode(), self._arithmetic.casting(self._device.type):
            begin.record()
            self._result = self._network(self._images)
            end.record()
        self._cuda.synchronize()
        self._events.append((begin, end))

    def output(self) -> npt.NDArray[np.float32]:
        return self._result.float().cpu().numpy()

    def client(self) -> "CudaNetwork":
        raise no_second_client()

    def device_use(self) -> DeviceUse:
        return DeviceUse(
            allocated_bytes=self._cuda.max_memory_allocated(),
            reserved_bytes=self._cuda.max_memory_reserved(),
            event_ns=[round(begin.elapsed_time(end) * _NS_PER_MS) for begin, end in self._events],
        )


def load(request: LoadRequest, cuda: Any = torch.cuda, device: str = "cuda") -> CudaNetwork:
    """The network on the GPU. Its weights are converted to the precision before they get there.

    Raises:
        CaseFailed: torch finds no GPU, or is not measured in this precision, in this scenario or compiled
            there.
    """
    configuration = request.configuration
    refuse_other_scenarios(configuration)
    if not cuda.is_available():
        raise CaseFailed(FailureReason.UNSUPPORTED_DEVICE, f"torch {torch.__version__} finds no CUDA device.")
    if configuration.compiled:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_DEVICE, "PyTorch is measured eager on a GPU, not compiled."
        )
    computes = arithmetic(configuration.precision, configuration.device)
    if computes.needs_bf16 and not cuda.is_bf16_supported(including_emulation=False):
        raise CaseFailed(FailureReason.UNSUPPORTED_PRECISION, "This GPU does not compute in bf16.")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return CudaNetwork(computes.apply(load_network(request)).to(device), computes, cuda)
