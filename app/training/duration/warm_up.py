"""The warm-up of the learning rate."""

import math

from app.training.advice import Advice, Topic
from app.training.duration.length import Length
from app.training.sources import GOYAL
from app.training.task import TrainingTask
from catalog.reference.texts.recipes import Custom

# Goyal et al. warm up over 5 of 90 epochs.
_SHARE = 5 / 90


def warm_up_advice(custom: Custom, task: TrainingTask, total: int | None, length: Length) -> Advice:
    """The epochs of warm-up, and its steps where it is known from how many images a step learns."""
    training, fine_tuning = custom.recipe.training, custom.recipe.fine_tuning
    stated = fine_tuning.warm_up_epochs if fine_tuning else None
    epochs = max(1, math.floor(length.epochs * _SHARE)) if stated is None else stated
    parameters: dict[str, float | str] = {}
    if task.trained_on is not None and total is not None:
        parameters["steps"] = math.ceil(epochs * task.trained_on / total)
    text = f"Raise the rate linearly over the first {_epochs(epochs)}" if epochs else "No warm-up"
    if fine_tuning and stated is not None:
        text, sources = f"{text}, as its source does in fine-tuning.", [fine_tuning.source]
    else:
        text, sources = f"{text}, in which the weights change fastest.", [GOYAL]
    if training is not None and training.warm_up_epochs is not None:
        parameters["training_warm_up_epochs"] = training.warm_up_epochs
        text += f" Training on ImageNet warmed up over {_epochs(training.warm_up_epochs)}."
        sources.append(training.source)
    return Advice(Topic.WARM_UP, epochs, text, tuple(sources), "epochs", parameters)


def _epochs(number: float) -> str:
    return "epoch" if number == 1 else f"{number:,g} epochs"
