"""Optimiser, learning rate, schedule and warm-up: the custom of the family."""

import math
from collections.abc import Mapping
from dataclasses import replace

from app.training.advice import Advice, Topic, without_noise
from app.training.sources import ADAM, BENGIO, GIRSHICK, GOYAL, KESKAR, KORNBLITH
from app.training.task import TrainingTask
from catalog.reference.recipes import Course, Custom, Decay, Nearness, Optimizer, Schedule, Source

_FINE_TUNING_SHARE = 0.1
# Kornblith et al.: the epochs that fine-tuning took on average where training from scratch took 444.
_FINE_TUNING_EPOCHS = 26
_WARM_UP_EPOCHS = 1
# Prechelt's strip, in epochs: the least that stopping should wait.
STRIP = 5
_PATIENCE_SHARE = 0.2


# Optimiser, learning rate, schedule, warm-up: the custom of the family


def _whose(custom: Custom) -> str:
    return {
        Nearness.FAMILY: f"customary for {custom.of}",
        Nearness.PREDECESSOR: f"customary for {custom.of}, on which this family builds",
        Nearness.KIND: f"customary for its kind of network ({custom.of.replace('_', '-')}), because no "
        "recipe of its family is known",
        Nearness.UNKNOWN: "a default, because its family is unknown",
    }[custom.nearness]


def optimizer_advice(custom: Custom, course: Course) -> Advice:
    constants: dict[str, float | str] = dict(course.constants)
    if course.weight_decay is not None:
        constants["weight_decay"] = course.weight_decay
    named = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in constants.items())
    text = f"{course.optimizer.label}{f' with {named}' if named else ''}: {_whose(custom)}."
    sources: tuple[Source, ...] = (course.source,)
    if course.optimizer is Optimizer.SGD:
        text += " Tuned SGD generalises as well as Adam or better. Without time to tune, take Adam."
        sources = (*sources, KESKAR, ADAM)
    return Advice(Topic.OPTIMIZER, course.optimizer, text, sources, "", constants)


def learning_rate_advice(custom: Custom, total: int | None) -> Advice:
    training, fine_tuning = custom.recipe.training, custom.recipe.fine_tuning
    course = fine_tuning or training
    base = course.learning_rate * (1.0 if fine_tuning else _FINE_TUNING_SHARE)
    # A source that scales an adaptive optimiser's rate does so for the training that it describes.
    linear = course.linear and (fine_tuning is not None or not course.optimizer.adaptive)
    rate = _scaled(base, course, total) if linear else base
    parameters: dict[str, float | str] = {"base_learning_rate": without_noise(base)}
    if course.batch is not None:
        parameters["base_batch_size"] = course.batch
    if total is not None:
        parameters["total_batch_size"] = total
    parameters["training_learning_rate"] = without_noise(
        _scaled(training.learning_rate, training, total) if training.linear else training.learning_rate
    )
    batch = f" at a total batch of {course.batch:,}" if course.batch else ""
    sources = [course.source]
    if fine_tuning:
        text = f"{rate:.3g} for fine-tuning. The source uses {base:g}{batch}"
    else:
        text = (
            f"{rate:.3g} for fine-tuning. A tenth of the {training.learning_rate:g} of training on "
            f"ImageNet{batch} keeps what the network learned"
        )
        sources.append(GIRSHICK)
    if linear:
        text += (
            f", scaled linearly to a total of {total:,}"
            if total
            else ". Scale the rate linearly with the total batch"
        )
        sources.append(GOYAL)
    elif course.optimizer.adaptive:
        text += f". The rate is not scaled with the batch: {course.optimizer.label} needs that less than SGD"
    else:
        text += ". The source states no batch to scale the rate from"
    sources.append(BENGIO)
    return Advice(
        Topic.LEARNING_RATE,
        without_noise(rate),
        f"{text}. The learning rate deserves tuning most: try also a third and three times of it.",
        tuple(sources),
        "",
        parameters,
    )


def _scaled(rate: float, course: Course, total: int | None) -> float:
    return rate if total is None or course.batch is None else rate * total / course.batch


def epochs_of_fine_tuning(custom: Custom) -> int:
    fine_tuning = custom.recipe.fine_tuning
    return (fine_tuning.epochs if fine_tuning else None) or _FINE_TUNING_EPOCHS


def schedule_advice(custom: Custom) -> Advice:
    training, fine_tuning = custom.recipe.training, custom.recipe.fine_tuning
    course, epochs = fine_tuning or training, epochs_of_fine_tuning(custom)
    decay = course.decay and (
        course.decay if fine_tuning else _shortened(course.decay, course.epochs, epochs)
    )
    parameters: dict[str, float | str] = {"epochs": epochs}
    if course.schedule is Schedule.PLATEAU:
        parameters["patience_epochs"] = _plateau_patience(custom)
    if decay is not None:
        parameters["factor"] = without_noise(decay.factor)
        if decay.every_epochs is not None:
            parameters["every_epochs"] = without_noise(decay.every_epochs)
        moments = decay.at_epochs or tuple(round(share * epochs) for share in decay.at_shares)
        if moments:
            parameters["at_epochs"] = ", ".join(map(str, moments))
    text = f"{_falls(course.schedule, parameters)}: {_whose(custom)}."
    sources = [course.source]
    if fine_tuning is not None and fine_tuning.epochs is not None:
        text += f" Its source fine-tunes for {epochs} epochs."
    else:
        text += f" Fine-tuning took {epochs} epochs on average, and training from scratch 444"
        if decay is not None and decay != course.decay:
            text += f". The schedule of {training.epochs} epochs on ImageNet is shortened to {epochs}"
        text += "."
        sources.append(KORNBLITH)
    return Advice(Topic.SCHEDULE, course.schedule, text, tuple(sources), "", parameters)


def _shortened(decay: Decay, epochs: int | None, wanted: int) -> Decay:
    """The decay of a training over `epochs` in as many as `wanted`: it ends at the same rate."""
    if epochs is None:
        return decay
    shrink = wanted / epochs
    moments = tuple(max(1, round(moment * shrink)) for moment in decay.at_epochs)
    if decay.every_epochs is None:
        return replace(decay, at_epochs=moments)
    every = decay.every_epochs * shrink
    if every < 1:  # schedulers step once an epoch
        return replace(decay, factor=round(decay.factor ** (1 / every), 3), every_epochs=1)
    return replace(decay, every_epochs=round(every))


def _falls(schedule: Schedule, parameters: Mapping[str, float | str]) -> str:
    if schedule is Schedule.COSINE:
        return "Let the rate fall along half a cosine to zero"
    if schedule is Schedule.CONSTANT:
        return "Keep the rate constant"
    multiply = f"Multiply the rate by {parameters['factor']:g}"
    if schedule is Schedule.PLATEAU:
        return f"{multiply} when {parameters['patience_epochs']} epochs brought no gain"
    if "every_epochs" in parameters:
        every = parameters["every_epochs"]
        return f"{multiply} after every {'epoch' if every == 1 else f'{every:g} epochs'}"
    if "at_epochs" in parameters:
        return f"{multiply} after epochs {parameters['at_epochs']}"
    return f"{multiply} a few times"


def warm_up_advice(custom: Custom, task: TrainingTask, total: int | None) -> Advice:
    training, fine_tuning = custom.recipe.training, custom.recipe.fine_tuning
    stated = fine_tuning.warm_up_epochs if fine_tuning else None
    epochs = _WARM_UP_EPOCHS if stated is None else stated
    parameters: dict[str, float | str] = {}
    if task.trained_on is not None and total is not None:
        parameters["steps"] = math.ceil(epochs * task.trained_on / total)
    text = f"Raise the rate linearly over the first {_epochs(epochs)}" if epochs else "No warm-up"
    if fine_tuning and stated is not None:
        text, sources = f"{text}, as its source does in fine-tuning.", [fine_tuning.source]
    else:
        text, sources = f"{text}, in which the weights change fastest.", [GOYAL]
    if training.warm_up_epochs is not None:
        parameters["training_warm_up_epochs"] = training.warm_up_epochs
        text += f" Training on ImageNet warmed up over {_epochs(training.warm_up_epochs)}."
        sources.append(training.source)
    return Advice(Topic.WARM_UP, epochs, text, tuple(sources), "epochs", parameters)


def stopping_patience(custom: Custom) -> int:
    return max(STRIP, round(epochs_of_fine_tuning(custom) * _PATIENCE_SHARE))


def _plateau_patience(custom: Custom) -> int:
    """Half of the patience before stopping, so that the rate falls first."""
    return stopping_patience(custom) // 2


def _epochs(number: float) -> str:
    return "epoch" if number == 1 else f"{number:g} epochs"
