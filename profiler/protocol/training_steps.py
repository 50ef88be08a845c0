"""What one call is where a network is trained, and whether its steps learn. Imports no runtime."""

from math import isfinite
from typing import TYPE_CHECKING

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed

if TYPE_CHECKING:
    from profiler.protocol.network import Images, LoadedNetwork

# As timm's benchmark.py trains: torch's SGD with Nesterov momentum, no weight decay. The rate is small
# enough that no loss runs away within the steps of a process; the time of a step does not depend on it.
LEARNING_RATE = 1e-4
MOMENTUM = 0.9
# What measurements of training add to their protocol: with another optimiser they would not compare.
PROTOCOL = f"a call is a training step with SGD, Nesterov momentum {MOMENTUM:g}"
# Of the images and labels.
SEED = 2026
# The first step has no momentum yet.
_CHECKED_STEPS = 3


def first_steps(network: "LoadedNetwork") -> None:
    """Take some steps and look at what they did.

    Raises:
        CaseFailed: a loss is not finite, or a step moved no weight.
    """
    travelled = [0.0]
    for step in range(1, _CHECKED_STEPS + 1):
        network.infer()
        travelled.append(check(network))
        if travelled[-1] == travelled[-2]:
            raise CaseFailed(FailureReason.WRONG_OUTPUT, f"Training step {step} changed no weight.")


def check(network: "LoadedNetwork") -> float:
    """How far the weight has moved that moved farthest.

    Raises:
        CaseFailed: the loss of the last step is not finite.
    """
    loss, moved = network.output().tolist()
    if not isfinite(loss):
        raise CaseFailed(FailureReason.NON_FINITE_OUTPUT, f"The loss of training is {loss:g}.")
    return float(moved)


def random_batch(image: "Images", batch_size: int) -> "Images":
    """A batch of seeded noise in the shape of `image` (1, 3, height, width). The image repeated would leave
    batch normalisation without a variance to divide by in the deepest layers."""
    import numpy as np  # noqa: PLC0415 - the worker sets its CPUs first, then imports numpy

    return np.random.default_rng(SEED).standard_normal((batch_size, *image.shape[1:]), dtype=np.float32)
