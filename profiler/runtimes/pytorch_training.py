"""Training steps in eager PyTorch on the CPU, as timm's benchmark.py takes them."""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Precision
from profiler.failures import CaseFailed
from profiler.protocol import training_steps
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest
from profiler.runtimes.torch_loading import load_network
from profiler.runtimes.torch_precision import Arithmetic, arithmetic

_TOO_FEW_VALUES = "Expected more than 1 value per channel"


class TrainingNetwork:
    """A module in training mode. One call clears the gradients, runs forward, cross-entropy and backward,
    and lets SGD with Nesterov momentum step.

    Such an SGD keeps one number for each weight beside its gradient. AdamW keeps two, so it needs the memory
    measured here and the size of the weights once more.
    """

    def __init__(self, network: nn.Module, classes: int, computes: Arithmetic) -> None:
        self._network = network.train()
        self._optimiser = torch.optim.SGD(
            network.parameters(),
            lr=training_steps.LEARNING_RATE,
            momentum=training_steps.MOMENTUM,
            nesterov=True,
        )
        self._classes = classes
        self._arithmetic = computes
        self._images, self._labels = torch.empty(0), torch.empty(0)
        self._loss = torch.empty(())
        # Biases and scales: few numbers, and every network has some.
        parameters = list(network.parameters())
        self._watched = [weights for weights in parameters if weights.dim() == 1] or parameters
        self._loaded = [weights.detach().clone() for weights in self._watched]

    def prepare(self, images: Images) -> None:
        self._images = torch.from_numpy(images)
        generator = torch.Generator().manual_seed(training_steps.SEED)
        self._labels = torch.randint(self._classes, (len(images),), generator=generator)

    def infer(self) -> None:
        self._optimiser.zero_grad(set_to_none=True)
        try:
            with self._arithmetic.casting("cpu"):
                output = self._network(self._images)
                # Auxiliary classifiers have logits of their own. timm's benchmark takes the first.
                logits = output[0] if isinstance(output, tuple) else output
                loss = cross_entropy(logits, self._labels)
        except ValueError as error:
            if _TOO_FEW_VALUES not in str(error):
                raise
            raise CaseFailed(
                FailureReason.RUNTIME_ERROR,
                f"Batch normalisation cannot learn from a batch of {len(self._images)}: a channel with a "
                "single value has no variance. Train with a larger batch.",
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


def load(request: LoadRequest) -> TrainingNetwork:
    """The network in its training form, with fp32 weights.

    In bf16, a step of this learning rate would be rounded away, so that precision is refused.

    Raises:
        CaseFailed: training is not measured in this precision, on this device or compiled.
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
    computes = arithmetic(configuration.precision, configuration.device)
    return TrainingNetwork(load_network(request), request.workload.num_classes, computes)
