"""How long to fine-tune: epochs by the authors of the family, or by those who state a number."""

import math
from dataclasses import dataclass, replace
from functools import cache
from statistics import median_low

from app.training.sources import BIT, GOYAL
from app.training.task import TrainingTask
from catalog.reference.texts.recipes import Custom, Source, recipes

# BiT's shortest schedule, which it uses for its smallest data sets: so many steps of so many images.
_LEAST_STEPS = 500
_IMAGES_OF_A_STEP = 512


@dataclass(frozen=True)
class Length:
    """The `epochs` of fine-tuning, why so many, and the `steps` that they take. None is unknown."""

    epochs: int
    steps: int | None
    why: str
    sources: tuple[Source, ...]


def length_of(custom: Custom, task: TrainingTask, total: int | None, scaled: bool) -> Length:
    """How long to fine-tune where each step learns from `total` images, or from an unknown number.

    `scaled` says that the rate was scaled linearly with the batch. That rule keeps the images that a training
    sees (Goyal et al.), so the shortest schedule is then a number of images. Else it is a number of steps.
    """
    images = task.trained_on
    length = _stated(custom)
    if images and total:
        # Those who state epochs trained on ImageNet. On few images as many epochs are too few steps.
        shortest = _shortest(images, total, scaled)
        length = max(length, shortest, key=lambda one: one.epochs)
        length = replace(length, steps=math.ceil(length.epochs * images / total))
    return length


def _stated(custom: Custom) -> Length:
    """The epochs that the source of the custom states, or else what most sources do."""
    fine_tuning = custom.recipe.fine_tuning
    if fine_tuning and fine_tuning.epochs:
        epochs = fine_tuning.epochs
        return Length(epochs, None, f"Its source fine-tunes for {epochs} epochs.", (fine_tuning.source,))
    return _usual()


@cache
def _usual() -> Length:
    """The epochs that most authors state."""
    stated = [course for recipe in recipes() if (course := recipe.fine_tuning) is not None and course.epochs]
    epochs = median_low(course.epochs or 0 for course in stated)
    return Length(
        epochs,
        None,
        f"Fine-tune for {epochs} epochs, as most authors do who state a number.",
        tuple(course.source for course in stated if course.epochs == epochs),
    )


def _shortest(images: int, total: int, scaled: bool) -> Length:
    """BiT's shortest schedule over `images`, in steps of `total` images."""
    step = _IMAGES_OF_A_STEP if scaled else total
    epochs = math.ceil(_LEAST_STEPS * step / images)
    why = f"{epochs:,} epochs of {images:,} images make "
    if not scaled:
        why += f"{_LEAST_STEPS} steps, which is the length of BiT's shortest schedule."
        return Length(epochs, None, why, (BIT,))
    why += (
        f"{_LEAST_STEPS * step:,} images, as many as the {_LEAST_STEPS} steps of {step} images in BiT's "
        "shortest schedule. Where the rate is scaled with the batch, the number of images is kept."
    )
    return Length(epochs, None, why, (BIT, GOYAL))
