"""Eager PyTorch on an NVIDIA GPU.

fp32 is fp32: TF32, which torch turns on for convolutions by itself, is off. cuDNN chooses its algorithms by
its heuristics (torch's default), not by timing them, so that every process runs the same ones.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_model
from torch import nn

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.failures import CaseFailed
from profiler.networks import timm_networks
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest, refuse_other_scenarios
from profiler.sensors.gpu_watch import DeviceUse

_WEIGHTS = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}
_AUTOCAST = {Precision.AMP_BF16: torch.bfloat16, Precision.AMP_FP16: torch.float16}
_NS_PER_MS = 1e6


class CudaNetwork:
    """A module on the GPU in evaluation mode, called under inference mode; its input is there already.

    A call ends when the GPU has done its work. Two CUDA events around it, whose recording costs some
    microseconds, give the time that the GPU itself took. `cuda` is torch.cuda, or a stand-in.
    """

    def __init__(
        self, network: nn.Module, weights: torch.dtype, autocast: torch.dtype | None, cuda: Any = torch.cuda
    ) -> None:
        self._network = network
        self._weights = weights
        self._autocast = autocast
        self._cuda = cuda
        self._device = next(network.parameters()).device
        self._images = torch.empty(0)
        self._result = torch.empty(0)
        self._events: list[tuple[Any, Any]] = []

    def prepare(self, images: Images) -> None:
        self._images = torch.from_numpy(images).to(self._device, self._weights)
        self._cuda.synchronize()

    def infer(self) -> None:
        begin, end = self._cuda.Event(enable_timing=True), self._cuda.Event(enable_timing=True)
        with torch.inference_mode(), self._casts():
            begin.record()
            self._result = self._network(self._images)
            end.record()
        self._cuda.synchronize()
        self._events.append((begin, end))

    def output(self) -> npt.NDArray[np.float32]:
        return self._result.float().cpu().numpy()

    def client(self) -> "CudaNetwork":
        raise CaseFailed(FailureReason.UNSUPPORTED_DEVICE, "A network on a GPU serves one client only.")

    def device_use(self) -> DeviceUse:
        return DeviceUse(
            allocated_bytes=self._cuda.max_memory_allocated(),
            reserved_bytes=self._cuda.max_memory_reserved(),
            event_ns=[round(begin.elapsed_time(end) * _NS_PER_MS) for begin, end in self._events],
        )

    def _casts(self) -> AbstractContextManager[Any]:
        if self._autocast is None:
            return nullcontext()
        return torch.autocast(self._device.type, self._autocast)


def load(request: LoadRequest, cuda: Any = torch.cuda, device: str = "cuda") -> CudaNetwork:
    """The network as timm's users run it, its weights converted before they reach the GPU.

    Raises:
        CaseFailed: torch finds no GPU, or is not run in this precision or scenario, or compiled, here.
    """
    configuration = request.configuration
    precision = configuration.precision
    refuse_other_scenarios(configuration)
    if not cuda.is_available():
        raise CaseFailed(FailureReason.UNSUPPORTED_DEVICE, f"torch {torch.__version__} finds no CUDA device.")
    if configuration.compiled:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_DEVICE, "PyTorch is measured eager on a GPU, not compiled."
        )
    if precision is not Precision.FP32 and precision not in _WEIGHTS and precision not in _AUTOCAST:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION, f"Eager PyTorch on a GPU is not measured in {precision}."
        )
    if torch.bfloat16 in {_WEIGHTS.get(precision), _AUTOCAST.get(precision)} and not cuda.is_bf16_supported(
        including_emulation=False
    ):
        raise CaseFailed(FailureReason.UNSUPPORTED_PRECISION, "This GPU does not compute in bf16.")
    torch.set_num_threads(configuration.stated_threads)
    torch.set_num_interop_threads(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    network = timm_networks.build(request.workload, fused_attention=True)
    load_model(network, str(request.artefact))
    weights = _WEIGHTS.get(precision, torch.float32)
    return CudaNetwork(network.to(weights).to(device), weights, _AUTOCAST.get(precision), cuda)
