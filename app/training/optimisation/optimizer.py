"""The optimiser: the custom of the family."""

from app.training.advice import Advice, Topic
from app.training.customs import whose_custom
from catalog.reference.texts.recipes import Course, Custom


def optimizer_advice(custom: Custom, course: Course) -> Advice:
    """The optimiser of `course`, with its constants."""
    constants: dict[str, float | str] = dict(course.constants)
    if course.weight_decay is not None:
        constants["weight_decay"] = course.weight_decay
    named = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in constants.items())
    text = f"{course.optimizer.label}{f' with {named}' if named else ''}: {whose_custom(custom)}."
    return Advice(Topic.OPTIMIZER, course.optimizer, text, (course.source,), "", constants)
