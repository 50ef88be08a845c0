"""The memory that training takes: from a measured peak, a device that a run fitted, or the counts."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from app.training.advice import ADVICE
from app.training.network import Network
from app.training.sources import MICIKEVICIUS, TIMM_BENCHMARK, TIMM_RESULTS
from catalog.entities.measurements import TrainingRun
from catalog.reference.speeds.gpu_memory import gpu_memory
from catalog.reference.texts.families import families_of
from catalog.reference.texts.recipes import Course, Source
from catalog.words.vocabulary import Provenance

# Bytes of an fp32 number.
_BYTES = 4
# Bytes kept for each counted activation of an image, over the four bytes of an fp32 number: at most, and at
# least. The activations that are counted are the outputs of convolutions and matrix products. Normalisations,
# non-linearities and the gradients in flight come on top, and mixed precision halves a part. The factors were
# chosen on the 1,089 published runs on an RTX 3090 (24 GB, mixed precision, SGD with momentum) whose batch
# had been shrunk until it fitted. On the runs of every second family, 1.4 and 2.2 are the smallest factors,
# in tenths, with which at most 2 % would get a power of two that did not fit. On the runs of the other
# families that are 8.1 % and 1.9 %. So the factors were raised:
#
#   kind of network      factor   batch too large, of the first and the second part   median over the memory
#   transformer, MLP     1.8      0 of 209 runs, 0 of 124                             1.3, 1.1
#   any other            2.5      5 of 286 (1.7 %), 7 of 470 (1.5 %)                  1.6, 1.4
#
# Those are densenet201, two large BiT networks and networks with EvoNorm. The last column is the estimate at
# the batch that did fit, over the memory of the card. The next batch that was tried is a third or a half
# larger, and did not fit. tests/app/shipped/test_training_memory.py repeats this.
_MOST_OF_ATTENTION = 1.8
_MOST = 2.5
_LEAST = 0.5
_ATTENTION_KINDS = {"transformer", "mlp"}
# MB of a device for the framework itself: CUDA's context, libraries and their work space. Chosen before the
# factors, on the same runs.
_FRAMEWORK_MB = 1000.0
# timm's benchmark and archrank train by SGD with momentum: one number for each weight.
_STATES_OF_RUNS = 1
# A batch that is no power of two is a multiple of this, as tensor cores work in tiles of 8.
_MULTIPLE = 8


@dataclass(frozen=True)
class MemoryNeed:
    """The memory that training takes.

    `at_batch` gives the MB that a batch size takes at most, and `sentence` words such a number. `least_mb` is
    what one image surely takes. `provenance` and `sources` say where the numbers come from.
    """

    at_batch: Callable[[int], float]
    least_mb: float
    sentence: Callable[[float], str]
    provenance: str
    sources: tuple[Source, ...]


def memory_need(network: Network, course: Course) -> MemoryNeed | None:
    """The memory by a measured peak, else by a device that a run fitted, else by the counts.

    Runs at a smaller input size count where none has the network's or a larger one. None where the counts
    that it needs are unknown.
    """
    if network.params_m is None:
        return None
    large = [run for run in network.runs if run.input_size >= network.input_size]
    scaled = [run for run in network.runs if run not in large and _times_the_activations(network, run)]
    for runs in (large, scaled):
        for limit, need_by_run in ((_measured_mb, _need_by_peak), (_device_mb, _need_by_device)):
            images = [
                (_image_mb(network, run, taken), run) for run in runs if (taken := limit(run)) is not None
            ]
            if images:
                image, run = min(images, key=lambda pair: pair[0])
                return need_by_run(_memory_at_batch(network, course, image, run), network, run, course)
    return None if network.activations_m is None else _need_by_counts(network, course)


def seen_batch(network: Network, course: Course, memory_mb: float) -> int:
    """The largest batch that a run fitted into as much memory, without images for what the optimiser keeps
    more than that of the run did. 0 where no run did."""
    return max((_seen_in(network, course, run, memory_mb) for run in network.runs), default=0)


def _seen_in(network: Network, course: Course, run: TrainingRun, memory_mb: float) -> int:
    taken = run.train_memory_mb or _device_mb(run)
    if taken is None or taken > memory_mb or run.input_size < network.input_size:
        return 0
    more = weights_mb(network, course.states) - weights_mb(network, _STATES_OF_RUNS)
    if more <= 0:
        return run.batch_size
    image_mb = _image_mb(network, run, taken)
    if image_mb <= 0:  # no run takes less than the weights, whatever its record says
        return 0
    images = run.batch_size - math.ceil(more / image_mb)
    return max(0, images - images % _MULTIPLE)


def _measured_mb(run: TrainingRun) -> float | None:
    return run.train_memory_mb


def _device_mb(run: TrainingRun) -> float | None:
    memory = gpu_memory(run.target)
    return None if memory is None else memory[0]


def _image_mb(network: Network, run: TrainingRun, taken_mb: float) -> float:
    """The most that an image can have taken, at the network's input size, in a run that took `taken_mb`."""
    left = max(0.0, taken_mb - weights_mb(network, _STATES_OF_RUNS))
    return left / _batch_like(network, run)


def _batch_like(network: Network, run: TrainingRun) -> float:
    """The images of the network's input size that take as much as the batch of the run.

    Activations grow with the area at least, so smaller images than the run's are scaled by the area. Larger
    ones are scaled by the activations, which attention lets grow faster. Tried on 122 pairs of published runs
    of one line at two input sizes, no power of two that fits by this was larger than the batch that fitted
    the larger input. By the area, 44 were.
    """
    if times := run.input_size < network.input_size and _times_the_activations(network, run):
        return run.batch_size / times
    return run.batch_size * _times_the_pixels(network, run)


def _times_the_activations(network: Network, run: TrainingRun) -> float | None:
    """The activations of the network's image over those of the run's. None where one was not counted."""
    if not network.activations_m or not run.activations_m:
        return None
    return network.activations_m / run.activations_m


def _times_the_pixels(network: Network, run: TrainingRun) -> float:
    return (run.input_size / network.input_size) ** 2


def _memory_at_batch(
    network: Network, course: Course, image_mb: float, run: TrainingRun
) -> Callable[[int], float]:
    """The memory of any batch, by what an image took in a run."""
    fixed = weights_mb(network, course.states)
    # A part of what the run took does not shrink with the batch.
    seen = _batch_like(network, run)
    framework = min(_FRAMEWORK_MB, image_mb * seen)
    return lambda batch: fixed + batch * image_mb + framework * max(0.0, 1 - batch / seen)


def _least_mb(network: Network, course: Course) -> float:
    """What training on one image takes at least."""
    return weights_mb(network, course.states) + (network.activations_m or 0) * _BYTES * _LEAST


def _need_by_peak(
    at_batch: Callable[[int], float], network: Network, run: TrainingRun, course: Course
) -> MemoryNeed:
    taken = megabytes(run.train_memory_mb or 0)

    def sentence(amount: float) -> str:
        return (
            f"Training takes about {megabytes(amount)}: {_described(network, run)} took {taken} on "
            f"{run.target_label}.{_how_scaled(network, run)}"
        )

    return MemoryNeed(
        at_batch,
        _least_mb(network, course),
        sentence,
        f"{ADVICE}, estimated from a {run.provenance} run",
        (run_source(run),),
    )


def _need_by_device(
    at_batch: Callable[[int], float], network: Network, run: TrainingRun, course: Course
) -> MemoryNeed:
    memory_mb, specification_url = gpu_memory(run.target) or (0.0, None)
    held = megabytes(memory_mb)

    def sentence(amount: float) -> str:
        return (
            f"Training with {course.optimizer.label} takes at most about {megabytes(amount)}: "
            f"{_described(network, run)} fitted into {run.target_label} ({held}).{_how_scaled(network, run)}"
        )

    specification = Source(f"Specification of {run.target_label}", specification_url)
    return MemoryNeed(
        at_batch,
        _least_mb(network, course),
        sentence,
        f"{ADVICE}, estimated from a {run.provenance} run",
        (run_source(run), specification, MICIKEVICIUS),
    )


def _described(network: Network, run: TrainingRun) -> str:
    size = "" if run.input_size == network.input_size else f"{run.input_size} px, "
    return f"a run of batch {run.batch_size} ({size}{run.precision}, {run.layout})"


def _how_scaled(network: Network, run: TrainingRun) -> str:
    """By what a run at another input size was scaled, as a sentence."""
    if run.input_size == network.input_size:
        return ""
    if run.input_size > network.input_size:
        return f" Its images have {_times_the_pixels(network, run):.2g} times the pixels."
    times = _times_the_activations(network, run) or 0.0
    return f" At {network.input_size} px an image has {times:.2g} times the activations."


def _need_by_counts(network: Network, course: Course) -> MemoryNeed:
    fixed = weights_mb(network, course.states) + _FRAMEWORK_MB
    image = (network.activations_m or 0) * _BYTES * _most(network)

    def sentence(amount: float) -> str:
        return (
            f"Training with {course.optimizer.label} in mixed precision takes at most about "
            f"{megabytes(amount)}, estimated from the parameters and activations. In fp32, expect half the "
            "batch to fit. To measure the largest batch, run timm's benchmark, which shrinks the batch until "
            f"it fits: python benchmark.py --bench train --amp --model {network.architecture} "
            f"--img-size {network.input_size}."
        )

    return MemoryNeed(
        lambda batch: fixed + batch * image,
        _least_mb(network, course),
        sentence,
        f"{ADVICE}, estimated from counts",
        (TIMM_BENCHMARK, MICIKEVICIUS),
    )


def _most(network: Network) -> float:
    described = families_of(network.architecture, network.family)
    return _MOST_OF_ATTENTION if described and described[0].kind in _ATTENTION_KINDS else _MOST


def weights_mb(network: Network, states: int) -> float:
    """Weights, gradients and the optimiser's numbers, all fp32 (also in mixed precision)."""
    return (network.params_m or 0) * _BYTES * (2 + states)


def run_source(run: TrainingRun) -> Source:
    """Where the numbers of a run come from."""
    return Source(run.source, TIMM_RESULTS if run.provenance is Provenance.PUBLISHED else None)


def megabytes(amount: float) -> str:
    """`amount` (MB) in whole megabytes."""
    return f"{amount:,.0f} MB"
