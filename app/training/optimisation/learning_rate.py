"""The learning rate: the custom of the family, scaled with the batch where its source scales it."""

from app.training.advice import Advice, Topic, without_noise
from app.training.sources import BENGIO, GIRSHICK, GOYAL
from catalog.reference.texts.recipes import Course, Custom

# Girshick et al. fine-tune at a tenth of the rate of training.
FINE_TUNING_SHARE = 0.1


def scales_with_batch(custom: Custom) -> bool:
    """Whether the rate of fine-tuning is scaled linearly with the batch."""
    course = custom.recipe.course
    # A source that scales an adaptive optimiser's rate does so for the training that it describes.
    return course.linear and (custom.recipe.fine_tuning is not None or not course.optimizer.adaptive)


def learning_rate_advice(custom: Custom, total: int | None) -> Advice:
    """The rate where each step learns from `total` images, accumulated ones too. None is unknown."""
    training, fine_tuning, course = custom.recipe.training, custom.recipe.fine_tuning, custom.recipe.course
    base = course.learning_rate * (1.0 if fine_tuning else FINE_TUNING_SHARE)
    linear = scales_with_batch(custom)
    rate = _scaled(base, course, total) if linear else base
    parameters: dict[str, float | str] = {"base_learning_rate": without_noise(base)}
    if course.batch is not None:
        parameters["base_batch_size"] = course.batch
    if total is not None:
        parameters["total_batch_size"] = total
    if training is not None:
        parameters["training_learning_rate"] = without_noise(
            _scaled(training.learning_rate, training, total) if training.linear else training.learning_rate
        )
    batch = f" at a total batch of {course.batch:,}" if course.batch else ""
    sources = [course.source]
    if fine_tuning:
        text = f"{rate:.3g} for fine-tuning. The source uses {base:g}{batch}"
    else:
        text = (
            f"{rate:.3g} for fine-tuning. A tenth of the {course.learning_rate:g} of training on "
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
