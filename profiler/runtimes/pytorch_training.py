"""Training steps in eager PyTorch on the CPU, as timm's benchmark.py takes them."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_model
from torch import nn
from torch.nn.functional import cross_entropy

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Precision
from profiler.failures import CaseFailed
from profiler.networks import timm_networks
from profiler.protocol import training_steps
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest

_TOO_FEW_VALUES = "Expected more than 1 value per channel"


class TrainingNetwork:
    """A module in training mode. One call clears the gradients, runs forward, cross-entropy and backward,
    and lets SGD with Nesterov momentum step.

    Such an SGD keeps one number for each weight beside its gradient; AdamW keeps one more, so what it needs
    beyond the memory measured here is the size of the weights once more.
    """

    def __init__(self, network: nn.Module, classes: int, *, autocast: bool) -> None:
        self._network = network.train()
        self._optimiser = torch.optim.SGD(
            network.parameters(),
            lr=training_steps.LEARNING_RATE,
            momentum=training_steps.MOMENTUM,
            nesterov=True,
        )
        self._classes = classes
        self._autocast = autocast
        self._images, self._labels = torch.empty(0), torch.empty(0)
        self._loss = torch.empty(())
        # Biases and scales: few numbers, and every network has some.
        parameters = list(network.parameters())
        self._watched = [one for one in parameters if one.dim() == 1] or parameters
        self._loaded = [one.detach().clone() for one in self._watched]

    def prepare(self, images: Images) -> None:
        self._images = torch.from_numpy(images)
        generator = torch.Generator().manual_seed(training_steps.SEED)
        self._labels = torch.randint(self._classes, (len(images),), generator=generator)

    def infer(self) -> None:
        self._optimiser.zero_grad(set_to_none=True)
        try:
            with self._precision():
                output = self._network(self._images)
                # Auxiliary classifiers put out logits too; timm's benchmark takes the first.
                logits = output[0] if isinstance(output, tuple) else output
                loss = cross_entropy(logits, self._labels)
        except ValueError as error:
            if _TOO_FEW_VALUES not in str(error):
                raise
            raise CaseFailed(
                FailureReason.RUNTIME_ERROR,
                f"Batch normalisation cannot learn from a batch of {len(self._images)}: some channel has a "
                "single value, which has no variance. Train with a larger batch.",
            ) from error
        torch.autograd.backward(loss)
        self._optimiser.step()
        self._loss = loss.detach()

    def output(self) -> npt.NDArray[np.float32]:
        moves = [
            float((now.detach() - then).abs().max())
            for now, then in zip(self._watched, self._loaded, strict=True)
        ]
        return np.array([float(self._loss), max(moves)], dtype=np.float32)

    def client(self) -> "TrainingNetwork":
        raise CaseFailed(FailureReason.RUNTIME_ERROR, "A network that is being trained has no second client.")

    def _precision(self) -> AbstractContextManager[object]:
        return torch.autocast("cpu", torch.bfloat16) if self._autocast else nullcontext()


def load(request: LoadRequest) -> TrainingNetwork:
    """The network in its training form: fused attention, explicit threads, fp32 weights.

    In pure bf16, a step of this learning rate would be rounded away, so that precision is refused.
    """
    configuration = request.configuration
    if configuration.precision not in (Precision.FP32, Precision.AMP_BF16):
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION,
            f"Training on the CPU is measured in fp32 and amp_bf16, not in {configuration.precision}.",
        )
    if configuration.device is not Device.CPU or configuration.compiled:
        raise CaseFailed(
            FailureReason.RUNTIME_ERROR, "Training is measured in eager PyTorch on the CPU only."
        )
    torch.set_num_threads(configuration.stated_threads)
    torch.set_num_interop_threads(1)
    network = timm_networks.build(request.workload, fused_attention=True)
    load_model(network, str(request.artefact))
    autocast = configuration.precision is Precision.AMP_BF16
    return TrainingNetwork(network, request.workload.num_classes, autocast=autocast)
