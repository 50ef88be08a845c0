"""Early stopping: how long to wait for a gain, and which gain is more than chance."""

import math

from app.training.advice import ADVICE, Advice, Topic
from app.training.customs import epochs_of_fine_tuning
from app.training.sources import GOODFELLOW, NIST, PRECHELT
from app.training.task import TrainingTask
from catalog.reference.recipes import Custom, Source

# Prechelt's strip, in epochs: the shortest time that stopping should wait.
_STRIP = 5
# The share of the epochs of fine-tuning to wait. It is archrank's own choice, as no source states a share.
_PATIENCE_SHARE = 0.2


def early_stopping_advice(task: TrainingTask, custom: Custom) -> Advice:
    """The epochs without gain to wait, and with validation images the least gain that counts."""
    patience = stopping_patience(custom)
    parameters: dict[str, float | str] = {"patience_epochs": patience}
    text = (
        f"Stop after {patience} epochs without gain, and keep the best weights. This is a fifth of the "
        f"{epochs_of_fine_tuning(custom)} epochs that fine-tuning is expected to take, and at least {_STRIP}."
    )
    if not task.held_out:
        return Advice(
            Topic.EARLY_STOPPING,
            patience,
            f"{text} Give the number of images to learn which gain is more than chance.",
            (PRECHELT,),
            "epochs",
            parameters,
        )
    delta = 0.5 / math.sqrt(task.held_out)
    parameters |= {"min_delta": delta, "validation_images": task.held_out}
    sources: tuple[Source, ...] = (PRECHELT, NIST)
    held_out = f"{task.held_out:,} validation images"
    if task.validation_images is None:
        held_out += f" (a fifth of the {task.images:,}, held out)"
        sources = (*sources, GOODFELLOW)
    return Advice(
        Topic.EARLY_STOPPING,
        patience,
        f"{text} Count only a gain of more than {100 * delta:.2g} points of accuracy. This is the standard "
        f"error on {held_out}: sqrt(p (1 - p) / n), largest at p = 0.5.",
        sources,
        "epochs",
        parameters,
        f"{ADVICE}, computed from the validation images",
    )


def stopping_patience(custom: Custom) -> int:
    """The epochs without gain after which to stop."""
    return max(_STRIP, round(epochs_of_fine_tuning(custom) * _PATIENCE_SHARE))
