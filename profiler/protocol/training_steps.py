"""Training steps: what a call is where a network is trained, and whether it learns."""

from math import isfinite
from typing import TYPE_CHECKING

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed

if TYPE_CHECKING:
    from profiler.protocol.network import Images, LoadedNetwork

# timm's benchmark.py trains with torch's SGD with Nesterov momentum, without weight decay. The rate is so
# small that no loss diverges within the steps of a process. The time of a step does not depend on it.
LEARNING_RATE = 1e-4
MOMENTUM = 0.9
# Measurements of training add it to their protocol, because another optimiser takes other steps.
PROTOCOL = f"a call is a training step with SGD, Nesterov momentum {MOMENTUM:g}"
# Of the images and labels.
SEED = 2026
# The first step has no momentum, the second is the first with it, and the third is like all that follow.
_CHECKED_STEPS = 3


def first_steps(network: "LoadedNetwork") -> None:
    """Take the first steps, and check each.

    Raises:
        CaseFailed: a loss is not finite, or a step moved no weight.
    """
    distances = [0.0]
    for step in range(1, _CHECKED_STEPS + 1):
        network.infer()
        distances.append(check(network))
        if distances[-1] == distances[-2]:
            raise CaseFailed(FailureReason.WRONG_OUTPUT, f"Training step {step} changed no weight.")


def check(network: "LoadedNetwork") -> float:
    """The distance of the weight that moved farthest since loading.

    Raises:
        CaseFailed: the loss of the last step is not finite.
    """
    loss, moved = network.output().tolist()
    if not isfinite(loss):
        raise CaseFailed(FailureReason.NON_FINITE_OUTPUT, f"The loss of training is {loss:g}.")
    return float(moved)


def random_batch(image: "Images", batch_size: int) -> "Images":
    """A batch of seeded noise in the shape of `image` (1, 3, height, width). Where an image is repeated,
    batch normalisation has no variance to divide by in the deepest layers."""
    import numpy as np  # noqa: PLC0415 - the worker sets its CPUs first, then imports numpy

    return np.random.default_rng(SEED).standard_normal((batch_size, *image.shape[1:]), dtype=np.float32)
