"""Early stopping: whether it fits the schedule, and how long to wait for a gain."""

import math

from app.training.advice import ADVICE, Advice, Topic
from app.training.duration.length import Length
from app.training.sources import GOODFELLOW, NIST, PRECHELT, SGDR
from app.training.task import TrainingTask
from catalog.reference.texts.recipes import Course, Schedule, Source

# Prechelt's strip, in epochs: the shortest time that stopping should wait.
_STRIP = 5
# The share of the epochs of fine-tuning to wait. It is archrank's own choice, as no source states a share.
_PATIENCE_SHARE = 0.2


def early_stopping_advice(task: TrainingTask, course: Course, length: Length) -> Advice:
    """The epochs without gain to wait. A schedule that falls by plan is trained to its end."""
    epochs = length.epochs
    sources: tuple[Source, ...]
    if course.schedule in (Schedule.PLATEAU, Schedule.CONSTANT):
        patience = stopping_patience(epochs)
        text = (
            f"Stop after {patience:,} epochs without any gain, and keep the best weights. This is a fifth of "
            f"the {epochs:,} epochs that are planned, and at least {_STRIP}."
        )
        sources = (PRECHELT,)
    else:
        patience = epochs
        text = (
            f"Train all {epochs:,} epochs, and keep the best weights. The rate falls by plan, and the gain "
            "of the last epochs, at the lowest rate, is part of the schedule."
        )
        sources = (SGDR, PRECHELT)
    parameters: dict[str, float | str] = {"patience_epochs": patience, "min_delta": 0.0}
    if not task.held_out:
        if task.images is None:
            text += " Give the number of images to learn how exact the validated accuracy is."
        else:
            text += " Of so few images none is held out, so no accuracy is validated."
        return Advice(Topic.EARLY_STOPPING, patience, text, sources, "epochs", parameters)
    error = 0.5 / math.sqrt(task.held_out)
    parameters |= {"standard_error": error, "validation_images": task.held_out}
    sources = (*sources, NIST)
    held_out = f"{task.held_out:,} validation images"
    if task.validation_images is None:
        held_out += f" (a fifth of the {task.images:,}, held out)"
        sources = (*sources, GOODFELLOW)
    return Advice(
        Topic.EARLY_STOPPING,
        patience,
        f"{text} On {held_out} the standard error of an accuracy is up to {100 * error:.2g} points: "
        "sqrt(p (1 - p) / n), largest at p = 0.5. A smaller difference between two trainings may be chance.",
        sources,
        "epochs",
        parameters,
        f"{ADVICE}, computed from the validation images",
    )


def stopping_patience(epochs: int) -> int:
    """The epochs without gain after which to stop a training of `epochs`."""
    return max(_STRIP, round(epochs * _PATIENCE_SHARE))
