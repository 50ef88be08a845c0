"""The optimiser: the custom of the family."""

from app.training.advice import Advice, Topic
from app.training.customs import whose_custom
from app.training.sources import ADAM, KESKAR
from catalog.reference.recipes import Course, Custom, Optimizer, Source


def optimizer_advice(custom: Custom, course: Course) -> Advice:
    """The optimiser of `course`, with its constants."""
    constants: dict[str, float | str] = dict(course.constants)
    if course.weight_decay is not None:
        constants["weight_decay"] = course.weight_decay
    named = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in constants.items())
    text = f"{course.optimizer.label}{f' with {named}' if named else ''}: {whose_custom(custom)}."
    sources: tuple[Source, ...] = (course.source,)
    if course.optimizer is Optimizer.SGD:
        text += " Tuned SGD generalises as well as Adam or better. Without time to tune, take Adam."
        sources = (*sources, KESKAR, ADAM)
    return Advice(Topic.OPTIMIZER, course.optimizer, text, sources, "", constants)
