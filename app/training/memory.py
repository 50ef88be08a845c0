"""The memory that training takes: from a measured peak, a device that a run fitted, or the counts."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from app.training.advice import ADVICE
from app.training.network import Network
from app.training.sources import MICIKEVICIUS, TIMM_BENCHMARK, TIMM_RESULTS
from catalog.entities.measurements import TrainingRun
from catalog.reference.gpu_memory import gpu_memory
from catalog.reference.recipes import Course, Source
from catalog.words.vocabulary import Provenance

# Bytes of an fp32 number.
_BYTES = 4
# Bytes kept for each counted activation of an image, over the four bytes of an fp32 number. The activations
# that are counted are the outputs of convolutions and matrix products. Normalisations, non-linearities and
# the gradients in flight come on top, and mixed precision halves a part. The factor was chosen on the 1,089
# published runs on an RTX 3090 (24 GB, mixed precision, SGD with momentum) whose batch had been shrunk. With
# this factor and allowance, 7 of them (0.6 %) would not have fitted: densenet201 and networks with EvoNorm.
# The median estimate is half of the largest power of two that fitted.
_ACTIVATION_FACTOR = 3.0
# MB of a device for the framework itself: CUDA's context, libraries and their work space. Chosen with the
# factor, on the same runs.
_FRAMEWORK_MB = 1000.0
# timm's benchmark and archrank train by SGD with momentum: one number for each weight.
_STATES_OF_RUNS = 1
# A batch that is no power of two is a multiple of this, as tensor cores work in tiles of 8.
_MULTIPLE = 8


@dataclass(frozen=True)
class MemoryNeed:
    """The memory that training takes.

    `at_batch` gives its MB at a batch size, and `sentence` words such a number. `provenance` and `sources`
    say where the numbers come from.
    """

    at_batch: Callable[[int], float]
    sentence: Callable[[float], str]
    provenance: str
    sources: tuple[Source, ...]


def memory_need(network: Network, course: Course) -> MemoryNeed | None:
    """The memory by a measured peak, else by a device that a run fitted, else by the counts.

    None where the counts that it needs are unknown.
    """
    if network.params_m is None:
        return None
    runs = [run for run in network.runs if run.input_size >= network.input_size]
    for limit, need_by_run in ((_measured_mb, _need_by_peak), (_device_mb, _need_by_device)):
        images = [(_image_mb(network, run, taken), run) for run in runs if (taken := limit(run)) is not None]
        if images:
            image, run = min(images, key=lambda pair: pair[0])
            return need_by_run(_memory_at_batch(network, course, image, run), run, course)
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
    """The most that an image can have taken, at the network's input size, in a run that took `taken_mb`.

    Activations grow with the area at least.
    """
    left = max(0.0, taken_mb - weights_mb(network, _STATES_OF_RUNS))
    return left / _batch_like(network, run)


def _batch_like(network: Network, run: TrainingRun) -> float:
    """The images of the network's input size that have as many pixels as the batch of the run."""
    return run.batch_size * (run.input_size / network.input_size) ** 2


def _memory_at_batch(
    network: Network, course: Course, image_mb: float, run: TrainingRun
) -> Callable[[int], float]:
    """The memory of any batch, by what an image took in a run."""
    fixed = weights_mb(network, course.states)
    # A part of what the run took does not shrink with the batch.
    seen = _batch_like(network, run)
    framework = min(_FRAMEWORK_MB, image_mb * seen)
    return lambda batch: fixed + batch * image_mb + framework * max(0.0, 1 - batch / seen)


def _need_by_peak(at_batch: Callable[[int], float], run: TrainingRun, _: Course) -> MemoryNeed:
    taken = megabytes(run.train_memory_mb or 0)

    def sentence(amount: float) -> str:
        return (
            f"Training takes about {megabytes(amount)}: a run of batch {run.batch_size} ({run.precision}, "
            f"{run.layout}) took {taken} on {run.target_label}."
        )

    return MemoryNeed(
        at_batch, sentence, f"{ADVICE}, estimated from a {run.provenance} run", (run_source(run),)
    )


def _need_by_device(at_batch: Callable[[int], float], run: TrainingRun, course: Course) -> MemoryNeed:
    memory_mb, specification_url = gpu_memory(run.target) or (0.0, None)
    held = megabytes(memory_mb)

    def sentence(amount: float) -> str:
        return (
            f"Training with {course.optimizer.label} takes at most about {megabytes(amount)}: a run of batch "
            f"{run.batch_size} ({run.precision}, {run.layout}) fitted into {run.target_label} ({held})."
        )

    specification = Source(f"Specification of {run.target_label}", specification_url)
    return MemoryNeed(
        at_batch,
        sentence,
        f"{ADVICE}, estimated from a {run.provenance} run",
        (run_source(run), specification, MICIKEVICIUS),
    )


def _need_by_counts(network: Network, course: Course) -> MemoryNeed:
    fixed = weights_mb(network, course.states) + _FRAMEWORK_MB
    image = (network.activations_m or 0) * _BYTES * _ACTIVATION_FACTOR

    def sentence(amount: float) -> str:
        return (
            f"Training with {course.optimizer.label} in mixed precision takes about {megabytes(amount)}, "
            "estimated from the parameters and activations. In fp32, expect half the batch to fit. To "
            "measure the largest batch, run timm's benchmark, which shrinks the batch until it fits: python "
            f"benchmark.py --bench train --amp --model {network.architecture} "
            f"--img-size {network.input_size}."
        )

    return MemoryNeed(
        lambda batch: fixed + batch * image,
        sentence,
        f"{ADVICE}, estimated from counts",
        (TIMM_BENCHMARK, MICIKEVICIUS),
    )


def weights_mb(network: Network, states: int) -> float:
    """Weights, gradients and the optimiser's numbers, all fp32 (also in mixed precision)."""
    return (network.params_m or 0) * _BYTES * (2 + states)


def run_source(run: TrainingRun) -> Source:
    """Where the numbers of a run come from."""
    return Source(run.source, TIMM_RESULTS if run.provenance is Provenance.PUBLISHED else None)


def megabytes(amount: float) -> str:
    """`amount` (MB) in whole megabytes."""
    return f"{amount:,.0f} MB"
