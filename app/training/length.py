"""How long to fine-tune: epochs by the authors of the family, or by those who state a number."""

import math
from dataclasses import dataclass
from statistics import median_low

from app.training.sources import BIT
from app.training.task import TrainingTask
from catalog.reference.recipes import Custom, Source, recipes

# The steps of BiT's shortest schedule, which it uses for its smallest data sets.
_LEAST_STEPS = 500


@dataclass(frozen=True)
class Length:
    """The `epochs` of fine-tuning, why so many, and the `steps` that they take. None is unknown."""

    epochs: int
    steps: int | None
    why: str
    sources: tuple[Source, ...]


def length_of(custom: Custom, task: TrainingTask, total: int | None) -> Length:
    """How long to fine-tune where each step learns from `total` images, or from an unknown number."""
    fine_tuning, images = custom.recipe.fine_tuning, task.trained_on
    epochs = fine_tuning.epochs if fine_tuning else None
    sources: tuple[Source, ...]
    if fine_tuning and epochs:
        why, sources = f"Its source fine-tunes for {epochs} epochs.", (fine_tuning.source,)
    else:
        stated = [
            course for recipe in recipes() if (course := recipe.fine_tuning) is not None and course.epochs
        ]
        epochs = median_low(course.epochs or 0 for course in stated)
        why = f"Fine-tune for {epochs} epochs, as most authors do who state a number."
        sources = tuple(course.source for course in stated if course.epochs == epochs)
        least = math.ceil(_LEAST_STEPS * total / images) if images and total else 0
        if least > epochs:
            epochs, sources = least, (BIT,)
            why = (
                f"{epochs} epochs of {images:,} images make {_LEAST_STEPS} steps, which is the length of "
                "BiT's shortest schedule."
            )
    steps = math.ceil(epochs * images / total) if images and total else None
    return Length(epochs, steps, why, sources)
