"""Eager PyTorch on the CPU: the network is built by timm and its weights come from the artefact."""

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_model
from torch import nn

from catalog.vocabulary import FailureReason, Precision
from profiler import backbones
from profiler.errors import CaseFailed
from profiler.runtimes.base import Images, LoadRequest


class TorchNetwork:
    """A module in evaluation mode, called under inference mode."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._images = torch.empty(0)
        self._result = torch.empty(0)

    def prepare(self, images: Images) -> None:
        self._images = torch.from_numpy(images)

    def infer(self) -> None:
        with torch.inference_mode():
            self._result = self._network(self._images)

    def output(self) -> npt.NDArray[np.float32]:
        return self._result.numpy()

    def client(self) -> "TorchNetwork":
        """The module is shared: each thread that calls it has a team of intra-op threads of its own."""
        return TorchNetwork(self._network)


def load(request: LoadRequest) -> TorchNetwork:
    """The network as timm's users run it: fused attention, explicit threads."""
    configuration = request.configuration
    if configuration.precision is not Precision.FP32:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION,
            f"eager PyTorch on the CPU is measured in fp32, not {configuration.precision}",
        )
    torch.set_num_threads(configuration.threads)
    torch.set_num_interop_threads(1)
    network = backbones.build(request.workload, fused_attention=True)
    load_model(network, str(request.artefact))
    return TorchNetwork(network)
