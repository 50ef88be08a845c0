"""PyTorch on the CPU, eager or compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from catalog.entities.configurations import Configuration
from profiler.protocol.network import Images
from profiler.runtimes import torch_precision
from profiler.runtimes.base import LoadRequest
from profiler.runtimes.torch_loading import load_network


class TorchNetwork:
    """A module in evaluation mode, called under inference mode."""

    def __init__(self, network: nn.Module, configuration: Configuration) -> None:
        self._arithmetic = torch_precision.arithmetic(configuration.precision, configuration.device)
        self._network = self._arithmetic.apply(network)
        self._call: Callable[[torch.Tensor], Any] = self._network
        self._configuration = configuration
        self._images = torch.empty(0)
        self._result = torch.empty(0)

    def prepare(self, images: Images) -> None:
        self._images = torch.from_numpy(images).to(self._arithmetic.dtype)
        if self._configuration.compiled:
            from profiler.runtimes import torch_compilation  # noqa: PLC0415 - Dynamo takes memory

            self._call = torch_compilation.compiled(self._network)
            torch_compilation.first_call(self.infer)
        else:
            self._arithmetic.first_call(self.infer)

    def infer(self) -> None:
        with torch.inference_mode(), self._arithmetic.casting("cpu"):
            self._result = self._call(self._images)

    def output(self) -> npt.NDArray[np.float32]:
        return self._result.float().numpy()

    def client(self) -> "TorchNetwork":
        """The clients share the module. Each calls it from a thread with intra-op threads of its own."""
        return TorchNetwork(self._network, self._configuration)


def load(request: LoadRequest) -> TorchNetwork:
    """The network with its weights in the configuration's precision.

    Raises:
        CaseFailed: PyTorch is not measured in this precision on the CPU.
    """
    return TorchNetwork(load_network(request), request.configuration)
