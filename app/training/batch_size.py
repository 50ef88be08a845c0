"""The batch size: the largest power of two that fits the memory of a device."""

import math

from app.training.advice import ADVICE, Advice, Topic
from app.training.memory import MemoryNeed, megabytes, memory_need
from app.training.network import Network
from app.training.sources import BENGIO, CHEN, GOYAL
from app.training.task import TrainingTask
from catalog.reference.recipes import Course

_UNIT = "images per device"
# Bengio calls 32 a good default.
_DEFAULT_BATCH = 32
# As far as Goyal et al. saw the linear rule hold: images of all devices together.
_LARGEST_TOTAL_BATCH = 8192


def batch_size_advice(network: Network, task: TrainingTask, course: Course) -> Advice:
    """The images per device, by the memory of a device where it is given."""
    need = memory_need(network, course)
    if task.memory_mb is None or need is None:
        return _default_batch(task, need)
    if need.at_batch(1) > task.memory_mb:
        return Advice(
            Topic.BATCH_SIZE,
            None,
            f"Not even one image fits into {megabytes(task.memory_mb)}. {need.sentence(need.at_batch(1))} "
            "Choose a smaller input size or network, or recompute activations (gradient checkpointing).",
            (*need.sources, CHEN),
            _UNIT,
            {"memory_mb": need.at_batch(1)},
            need.provenance,
        )
    batch, most = 1, _largest_batch(task)
    while 2 * batch <= most and need.at_batch(2 * batch) <= task.memory_mb:
        batch *= 2
    why, sources = f"the largest power of two that fits into {megabytes(task.memory_mb)}", need.sources
    if need.at_batch(2 * batch) <= task.memory_mb:
        why, sources = _why_no_more(task), sources if _few_images(task) else (*sources, GOYAL)
    text = f"{batch} images per device, {why}. {need.sentence(need.at_batch(batch))}"
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
        _UNIT,
        {"memory_mb": need.at_batch(batch)},
        need.provenance,
    )


def _default_batch(task: TrainingTask, need: MemoryNeed | None) -> Advice:
    batch = min(_DEFAULT_BATCH, _largest_batch(task))
    text = f"{batch} images per device. {_DEFAULT_BATCH} is a good default"
    if batch < _DEFAULT_BATCH:
        text += f", but {_why_no_more(task)}"
    if need is None:
        text += ". The memory that this network needs is unknown, so the batch may not fit."
    else:
        text += f". {need.sentence(need.at_batch(batch))}"
        text += " Give the memory of a device to get the largest batch that fits."
    return Advice(
        Topic.BATCH_SIZE,
        batch,
        text,
        (BENGIO, *(need.sources if need else ())),
        _UNIT,
        {"memory_mb": need.at_batch(batch)} if need else {},
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
