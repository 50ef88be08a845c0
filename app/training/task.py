"""The images and devices that a network is trained on."""

import math
from dataclasses import dataclass

from catalog.words.optimizers import Optimizer

# The share of the images that is held out where nobody said how many (Goodfellow et al., section 5.3).
_VALIDATION_SHARE = 0.2


@dataclass(frozen=True)
class TrainingTask:
    """Labelled `images` for training, and `devices` with `memory_mb` (MB) of memory each. None is unknown.

    `validation_images` are not among `images`. Where they are None, a fifth of `images` is held out.
    `memory_of` names the device whose own memory it is, where nobody gave another. `target` is the id of the
    hardware that trains, which is a GPU if `on_gpu`. `optimizers` are those that the plan describes beside
    the one that it advises.
    """

    images: int | None = None
    validation_images: int | None = None
    memory_mb: float | None = None
    devices: int = 1
    memory_of: str = ""
    target: str | None = None
    on_gpu: bool = False
    optimizers: tuple[Optimizer, ...] = ()

    @property
    def held_out(self) -> int | None:
        """The images that accuracy is validated on."""
        if self.validation_images is not None or self.images is None:
            return self.validation_images
        return math.floor(self.images * _VALIDATION_SHARE)

    @property
    def trained_on(self) -> int | None:
        """The images that are left to train on, at least one."""
        if self.images is None or self.validation_images is not None:
            return self.images
        return max(1, self.images - (self.held_out or 0))
