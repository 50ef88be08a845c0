"""The schedule of the learning rate: the custom of the family, shortened to fine-tuning."""

from collections.abc import Mapping
from dataclasses import replace

from app.training.advice import Advice, Topic, without_noise
from app.training.customs import whose_custom
from app.training.duration.length import Length
from app.training.duration.stopping import stopping_patience
from catalog.reference.texts.recipes import Custom, Decay, Schedule


def schedule_advice(custom: Custom, length: Length) -> Advice:
    """How the rate falls over the epochs of fine-tuning."""
    fine_tuning, course, epochs = custom.recipe.fine_tuning, custom.recipe.course, length.epochs
    decay = course.decay and (
        course.decay if fine_tuning else _shortened(course.decay, course.epochs, epochs)
    )
    parameters: dict[str, float | str] = {"epochs": epochs}
    if length.steps is not None:
        parameters["steps"] = length.steps
    if course.schedule is Schedule.PLATEAU:
        # Half of the patience before stopping, so that the rate falls first.
        parameters["patience_epochs"] = stopping_patience(epochs) // 2
    if decay is not None:
        parameters["factor"] = without_noise(decay.factor)
        if decay.every_epochs is not None:
            parameters["every_epochs"] = without_noise(decay.every_epochs)
        moments = decay.at_epochs or tuple(round(share * epochs) for share in decay.at_shares)
        if moments:
            parameters["at_epochs"] = ", ".join(map(str, moments))
    text = f"{_fall_sentence(course.schedule, parameters)}: {whose_custom(custom)}. {length.why}"
    if not fine_tuning and decay is not None and decay != course.decay:
        fitted = "shortened" if epochs < (course.epochs or 0) else "stretched"
        text += f" The schedule of {course.epochs} epochs on ImageNet is {fitted} to {epochs:,}."
    sources = tuple(dict.fromkeys([course.source, *length.sources]))
    return Advice(Topic.SCHEDULE, course.schedule, text, sources, "", parameters)


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


def _fall_sentence(schedule: Schedule, parameters: Mapping[str, float | str]) -> str:
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
