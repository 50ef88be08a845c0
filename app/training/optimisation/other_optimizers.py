"""Optimisers beside the one that the plan advises, each with the rate that it needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.training.advice import Advice, Topic, without_noise
from app.training.memory import megabytes, weights_mb
from app.training.network import Network
from app.training.optimisation.learning_rate import FINE_TUNING_SHARE
from app.training.sources import (
    ADADELTA,
    ADAM,
    ADAMW,
    BIT,
    CHOI,
    DEIT3,
    GIRSHICK,
    GOYAL,
    KUMAR,
    RUDER,
    WILSON,
)
from app.training.task import TrainingTask
from catalog.reference.texts.recipes import Course, Source, states
from catalog.words.optimizers import Optimizer


@dataclass(frozen=True)
class _Usual:
    """The rate that an optimiser usually starts with, and its constants.

    `rate` is for training from scratch, or with `fine_tunes` for fine-tuning. With `batch` it is scaled
    linearly with the total batch.
    """

    rate: float
    sources: tuple[Source, ...]
    constants: Mapping[str, float] = field(default_factory=dict)
    fine_tunes: bool = False
    batch: int | None = None


_BETAS = {"beta1": 0.9, "beta2": 0.999}
_USUAL = {
    Optimizer.SGD: _Usual(0.003, (BIT, GOYAL), {"momentum": 0.9}, fine_tunes=True, batch=512),
    Optimizer.RMSPROP: _Usual(0.001, (RUDER,), {"decay": 0.9}),
    Optimizer.ADAM: _Usual(0.001, (ADAM,), _BETAS),
    Optimizer.ADAMW: _Usual(0.001, (ADAMW,), _BETAS),
    Optimizer.ADAMAX: _Usual(0.002, (ADAM,), _BETAS),
    Optimizer.ADAGRAD: _Usual(0.01, (RUDER,)),
    # Its update has no rate, which is a rate of 1.
    Optimizer.ADADELTA: _Usual(1.0, (ADADELTA,), {"rho": 0.95}),
    Optimizer.LAMB: _Usual(3e-4, (DEIT3,), fine_tunes=True),
}
_CAMPS = (
    " Whether Adam or SGD is better is disputed. Wilson et al. found that SGD generalises better. Choi et "
    "al. found that adaptive optimisers never do worse where every constant is tuned. In fine-tuning vision "
    "transformers and ConvNeXt, Kumar et al. found AdamW better than SGD, except where the first layer is "
    "frozen."
)
_CAMPS_SOURCES = (WILSON, CHOI, KUMAR)
_OF_THE_CAMPS = {Optimizer.SGD, Optimizer.ADAM, Optimizer.ADAMW}


def other_optimizer_lines(
    network: Network, task: TrainingTask, course: Course, rate: Advice
) -> Iterator[Advice]:
    """A line for each optimiser that the task asks for, or else for the usual alternative.

    `rate` is the line on the learning rate of `course`, the plan's own.
    """
    alternative = Optimizer.SGD if course.optimizer.adaptive else Optimizer.ADAMW
    for optimizer in dict.fromkeys(task.optimizers or (alternative,)):
        if optimizer is course.optimizer:
            yield Advice(
                Topic.OTHER_OPTIMIZER,
                optimizer,
                f"{optimizer.label} is the optimiser of this plan, at a rate of {rate.value:.3g}.",
                rate.sources,
                "",
                {"learning_rate": rate.value or 0.0, **course.constants},
            )
        else:
            yield _line(optimizer, network, course, rate)


def _line(optimizer: Optimizer, network: Network, course: Course, plan_rate: Advice) -> Advice:
    usual = _USUAL[optimizer]
    rate, sources = usual.rate, list(usual.sources)
    if usual.fine_tunes:
        why = f"its source fine-tunes at {usual.rate:g}"
    else:
        rate *= FINE_TUNING_SHARE
        why = f"a tenth of the usual {usual.rate:g}"
        sources.append(GIRSHICK)
    total = plan_rate.parameters.get("total_batch_size")
    if usual.batch is not None:
        why += f" at a total batch of {usual.batch}"
        if isinstance(total, int):
            rate *= total / usual.batch
            why += f", scaled linearly to {total:,}"
    text = f"{optimizer.label} instead: take its own rate, {rate:.3g} ({why})."
    more = states(optimizer, usual.constants) - course.states
    if more and network.params_m is not None:
        amount = weights_mb(network, abs(more)) - weights_mb(network, 0)
        text += (
            f" It takes {megabytes(amount)} {'more' if more > 0 else 'less'} than {course.optimizer.label}."
        )
    if optimizer in _OF_THE_CAMPS:
        text += _CAMPS
        sources += _CAMPS_SOURCES
    parameters: dict[str, float | str] = {"learning_rate": without_noise(rate), **usual.constants}
    return Advice(Topic.OTHER_OPTIMIZER, optimizer, text, tuple(sources), "", parameters)
