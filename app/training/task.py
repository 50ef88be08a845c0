"""What is to be trained, and on which images and devices."""

import math
from dataclasses import dataclass

from catalog.entities.measurements import TrainingRun

# Of the images, held out where nobody said how many.
_VALIDATION_SHARE = 0.2


@dataclass(frozen=True)
class TrainingTask:
    """What is to be trained on: labelled `images` for training, `validation_images` beside them (None: a
    fifth of `images` is to be held out), and `memory_mb` (MB) of each of `devices`. None is not known."""

    images: int | None = None
    validation_images: int | None = None
    memory_mb: float | None = None
    devices: int = 1

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
        return max(1, self.images - math.floor(self.images * _VALIDATION_SHARE))


@dataclass(frozen=True)
class Network:
    """What is to be trained: an architecture of timm's module `family` at `input_size` pixels, with its
    counts in the form that is trained (millions) and what was observed of training it. None is unknown."""

    architecture: str
    family: str | None
    input_size: int
    params_m: float | None = None
    activations_m: float | None = None
    weight_layers: int | None = None
    runs: tuple[TrainingRun, ...] = ()
