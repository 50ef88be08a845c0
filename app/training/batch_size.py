"""The batch size: the largest power of two that fits the memory of a device."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from app.training.advice import ADVICE, Advice, Topic
from app.training.sources import BENGIO, CHEN, GOYAL, MICIKEVICIUS, TIMM_BENCHMARK, TIMM_RESULTS
from app.training.task import Network, TrainingTask
from catalog.entities.measurements import TrainingRun
from catalog.reference.gpu_memory import gpu_memory
from catalog.reference.recipes import Course, Source
from catalog.words.vocabulary import Provenance

_DEFAULT_BATCH = 32
# As far as Goyal et al. saw the linear rule hold: images of all devices together.
_LARGEST_TOTAL_BATCH = 8192

_BYTES = 4
# Bytes kept for each counted activation of an image, over the four of one fp32 number. The activations that
# are counted are the outputs of convolutions and matrix products; normalisations, non-linearities and the
# gradients in flight come on top, and mixed precision halves a part. Chosen on the 1,089 published runs on an
# RTX 3090 (24 GB, mixed precision, SGD with momentum) whose batch had been shrunk: with this factor and
# allowance 7 of them (0.6 %) would not have fitted; the median estimate is half of the largest power of two
# that fitted. The 7 are densenet201 and networks with EvoNorm.
_ACTIVATION_FACTOR = 3.0
# MB of a device for the framework itself: CUDA's context, libraries and their work space.
_FRAMEWORK_MB = 1000.0
# timm's benchmark and archrank train by SGD with momentum: one number for each weight.
_STATES_OF_RUNS = 1


# Batch size


@dataclass(frozen=True)
class _Need:
    """The memory (MB) that training takes at a batch size, how to tell it, and what it is known from."""

    of: Callable[[int], float]
    tell: Callable[[float], str]
    provenance: str
    sources: tuple[Source, ...]


def batch_size_advice(network: Network, task: TrainingTask, course: Course) -> Advice:
    need = _need(network, course)
    if task.memory_mb is None or need is None:
        return _default_batch(task, need)
    if need.of(1) > task.memory_mb:
        return Advice(
            Topic.BATCH_SIZE,
            None,
            f"Not even one image fits into {_mb(task.memory_mb)}. {need.tell(need.of(1))} Choose a smaller "
            "input size or network, or recompute activations (gradient checkpointing).",
            (*need.sources, CHEN),
            "images per device",
            {"memory_mb": need.of(1)},
            need.provenance,
        )
    batch, most = 1, _largest_batch(task)
    while 2 * batch <= most and need.of(2 * batch) <= task.memory_mb:
        batch *= 2
    why, sources = f"the largest power of two that fits into {_mb(task.memory_mb)}", need.sources
    if need.of(2 * batch) <= task.memory_mb:
        why, sources = _why_no_more(task), sources if _few_images(task) else (*sources, GOYAL)
    text = f"{batch} images per device, {why}. {need.tell(need.of(batch))}"
    total = batch * task.devices
    if total < _DEFAULT_BATCH and batch < most:
        steps = math.ceil(_DEFAULT_BATCH / total)
        text += f" Accumulate gradients over {steps} steps to learn from {steps * total} images at a time."
        sources = (*sources, BENGIO)
    return Advice(
        Topic.BATCH_SIZE,
        batch,
        text,
        sources,
        "images per device",
        {"memory_mb": need.of(batch)},
        need.provenance,
    )


def _default_batch(task: TrainingTask, need: _Need | None) -> Advice:
    batch = min(_DEFAULT_BATCH, _largest_batch(task))
    text = f"{batch} images per device. {_DEFAULT_BATCH} is a good default"
    if batch < _DEFAULT_BATCH:
        text += f", but {_why_no_more(task)}"
    if need is None:
        text += ". The memory that this network needs is unknown, so the batch may not fit."
    else:
        text += (
            f". {need.tell(need.of(batch))} Give the memory of a device to get the largest batch that fits."
        )
    return Advice(
        Topic.BATCH_SIZE,
        batch,
        text,
        (BENGIO, *(need.sources if need else ())),
        "images per device",
        {"memory_mb": need.of(batch)} if need else {},
        need.provenance if need else ADVICE,
    )


def _largest_batch(task: TrainingTask) -> int:
    """The largest power of two that a device may get of the images, or of the largest step."""
    images = min(task.trained_on or _LARGEST_TOTAL_BATCH, _LARGEST_TOTAL_BATCH)
    return 1 << (max(1, images // task.devices).bit_length() - 1)


def _few_images(task: TrainingTask) -> bool:
    return task.trained_on is not None and task.trained_on < _LARGEST_TOTAL_BATCH


def _why_no_more(task: TrainingTask) -> str:
    if _few_images(task):
        return f"because {task.trained_on:,} training images fill no larger power of two on all devices"
    return f"because a total of more than {_LARGEST_TOTAL_BATCH:,} images costs accuracy"


def _need(network: Network, course: Course) -> _Need | None:
    """The memory by what says most of it: a measured peak, a device that a run fitted, the counts."""
    if network.params_m is None:
        return None
    runs = [run for run in network.runs if run.input_size >= network.input_size]
    for limit, by_run in ((_measured, _need_by_peak), (_held, _need_by_device)):
        known = [(_image_mb(network, run, taken), run) for run in runs if (taken := limit(run)) is not None]
        if known:
            image, run = min(known, key=lambda one: one[0])
            return by_run(_grown(network, course, image, run), run, course)
    return None if network.activations_m is None else _need_by_counts(network, course)


def _measured(run: TrainingRun) -> float | None:
    return run.train_memory_mb


def _held(run: TrainingRun) -> float | None:
    memory = gpu_memory(run.target)
    return None if memory is None else memory[0]


def _image_mb(network: Network, run: TrainingRun, taken_mb: float) -> float:
    """The most that an image of a run that took `taken_mb` can have taken, at the network's input size:
    activations grow with the area at least."""
    left = max(0.0, taken_mb - _weights_mb(network, _STATES_OF_RUNS))
    return left / _batch_like(network, run)


def _batch_like(network: Network, run: TrainingRun) -> float:
    """The images of the network's input size that have as many pixels as the batch of the run."""
    return run.batch_size * (run.input_size / network.input_size) ** 2


def _grown(network: Network, course: Course, image_mb: float, run: TrainingRun) -> Callable[[int], float]:
    """The memory of any batch, by what an image took in a run."""
    fixed = _weights_mb(network, course.states)
    # A part of what the run took does not shrink with the batch.
    seen = _batch_like(network, run)
    framework = min(_FRAMEWORK_MB, image_mb * seen)
    return lambda batch: fixed + batch * image_mb + framework * max(0.0, 1 - batch / seen)


def _need_by_peak(of: Callable[[int], float], run: TrainingRun, _: Course) -> _Need:
    taken = _mb(run.train_memory_mb or 0)

    def tell(amount: float) -> str:
        return (
            f"Training takes about {_mb(amount)}: a run of batch {run.batch_size} ({run.precision}, "
            f"{run.layout}) took {taken} on {run.target_label}."
        )

    return _Need(of, tell, f"{ADVICE}, estimated from a {run.provenance} run", (_source(run),))


def _need_by_device(of: Callable[[int], float], run: TrainingRun, course: Course) -> _Need:
    memory_mb, specification_url = gpu_memory(run.target) or (0.0, None)
    held = _mb(memory_mb)

    def tell(amount: float) -> str:
        return (
            f"Training with {course.optimizer.label} takes at most about {_mb(amount)}: a run of batch "
            f"{run.batch_size} ({run.precision}, {run.layout}) fitted into {run.target_label} ({held})."
        )

    specification = Source(f"Specification of {run.target_label}", specification_url)
    return _Need(
        of,
        tell,
        f"{ADVICE}, estimated from a {run.provenance} run",
        (_source(run), specification, MICIKEVICIUS),
    )


def _need_by_counts(network: Network, course: Course) -> _Need:
    fixed = _weights_mb(network, course.states) + _FRAMEWORK_MB
    image = (network.activations_m or 0) * _BYTES * _ACTIVATION_FACTOR

    def tell(amount: float) -> str:
        return (
            f"Training with {course.optimizer.label} in mixed precision takes about {_mb(amount)}, estimated "
            "from the parameters and activations. In fp32, expect half the batch to fit. To measure the "
            "largest batch, run timm's benchmark, which shrinks the batch until it fits: python "
            "benchmark.py --bench "
            f"train --amp --model {network.architecture} --img-size {network.input_size}."
        )

    return _Need(
        lambda batch: fixed + batch * image,
        tell,
        f"{ADVICE}, estimated from counts",
        (TIMM_BENCHMARK, MICIKEVICIUS),
    )


def _weights_mb(network: Network, states: int) -> float:
    """Weights, gradients and the optimiser's numbers, all fp32 (also in mixed precision)."""
    return (network.params_m or 0) * _BYTES * (2 + states)


def _source(run: TrainingRun) -> Source:
    return Source(run.source, TIMM_RESULTS if run.provenance is Provenance.PUBLISHED else None)


def _mb(amount: float) -> str:
    return f"{amount:,.0f} MB"
