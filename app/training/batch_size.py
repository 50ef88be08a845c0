"""The batch size: the largest that fits the memory of a device, and over how many steps to accumulate."""

import math
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from app.training.advice import ADVICE, Advice, Topic
from app.training.memory import MemoryNeed, megabytes, memory_need, seen_batch
from app.training.network import Network
from app.training.sources import BENGIO, CHEN, GOYAL, WU
from app.training.task import TrainingTask
from catalog.reference.texts.families import families_of
from catalog.reference.texts.recipes import Course, Source

_UNIT = "images per device"
# Bengio calls 32 a good default.
_DEFAULT_BATCH = 32
# As far as Goyal et al. saw the linear rule hold: images of all devices together.
_LARGEST_TOTAL_BATCH = 8192
# Wu and He: the error of batch normalisation grows below this batch on a device.
_LEAST_FOR_BATCH_NORM = 16
# The families whose convolutions standardise their weights (timm's StdConv2d and ScaledStdConv2d). None of
# them normalises over the batch. The hybrids are ViTs on a BiT: `vit_base_r50_s16_224`.
_STANDARDISED = {"bit", "nfnet"}
_STANDARDISED_HYBRIDS = ("vit_*_r[0-9]*_s[0-9]*", "vit_*_r_s[0-9]*")


@dataclass(frozen=True)
class BatchAdvice:
    """The advice, and `effective`: the images that one update learns from. None where no image fits."""

    advice: Advice
    effective: int | None


def batch_size_advice(network: Network, task: TrainingTask, course: Course) -> BatchAdvice:
    """The images per device, by the memory of a device where it is known."""
    need = memory_need(network, course)
    if task.memory_mb is None or need is None:
        advice = _default_batch(task, need)
    else:
        advice = _batch_by_memory(network, task, course, need, task.memory_mb)
    if not isinstance(advice.value, int):
        return BatchAdvice(advice, None)
    return _accumulated(_with_warning(advice, network, advice.value), task, advice.value)


def _batch_by_memory(
    network: Network, task: TrainingTask, course: Course, need: MemoryNeed, memory_mb: float
) -> Advice:
    most, seen = _largest_batch(task), seen_batch(network, course, memory_mb)
    memory = f"{megabytes(memory_mb)}{f' of {task.memory_of}' if task.memory_of else ''}"
    if need.at_batch(1) > memory_mb and not seen:
        return _hardly_one(need, memory, memory_mb)
    batch = 1
    while 2 * batch <= most and need.at_batch(2 * batch) <= memory_mb:
        batch *= 2
    why, sources = f"the largest power of two that fits into the {memory}", need.sources
    if batch < seen <= most:
        batch, why = seen, f"by a run that was seen to fit into no more than the {memory}"
    elif need.at_batch(2 * batch) <= memory_mb:
        why, sources = _why_no_more(task), sources if _few_images(task) else (*sources, GOYAL)
    taken = min(need.at_batch(batch), memory_mb)
    return Advice(
        Topic.BATCH_SIZE,
        batch,
        f"{_images(batch)} per device, {why}. {need.sentence(taken)}",
        sources,
        _UNIT,
        {"memory_mb": taken},
        need.provenance,
    )


def _hardly_one(need: MemoryNeed, memory: str, memory_mb: float) -> Advice:
    """The advice where one image may not fit into the `memory` of a device, or surely does not."""
    fits_at_best = need.least_mb <= memory_mb
    said = "1 image per device, which may not fit" if fits_at_best else "Not even one image fits"
    return Advice(
        Topic.BATCH_SIZE,
        1 if fits_at_best else None,
        f"{said} into the {memory}. {need.sentence(need.at_batch(1))} "
        "Choose a smaller input size or network, or recompute activations (gradient checkpointing).",
        (*need.sources, CHEN),
        _UNIT,
        {"memory_mb": need.at_batch(1)},
        need.provenance,
    )


def standardises_weights(network: Network) -> bool:
    """Whether what is counted as batch normalisation standardises the weights of convolutions.

    timm does this by the same operator. The statistics are those of the weights, whatever the batch.
    """
    described = families_of(network.architecture, network.family)
    return any(family.slug in _STANDARDISED for family in described) or any(
        fnmatchcase(network.architecture, pattern) for pattern in _STANDARDISED_HYBRIDS
    )


def _with_warning(advice: Advice, network: Network, batch: int) -> Advice:
    """The advice, which warns of batch normalisation where a device gets few images."""
    if not network.batch_norms or batch >= _LEAST_FOR_BATCH_NORM or standardises_weights(network):
        return advice
    text = (
        f"{advice.text} {network.batch_norms} layers normalise over the batch, and statistics of fewer than "
        f"{_LEAST_FOR_BATCH_NORM} images are inexact. Keep the pretrained statistics fixed, or take a "
        "network without batch normalisation. Accumulating gradients does not help here."
    )
    return replace(advice, text=text, sources=(*advice.sources, WU))


def _accumulated(advice: Advice, task: TrainingTask, batch: int) -> BatchAdvice:
    """The advice with the steps to accumulate over, where all devices together hold few images."""
    total = batch * task.devices
    steps = math.ceil(_DEFAULT_BATCH / total)
    if task.trained_on is not None:
        steps = max(1, min(steps, task.trained_on // total))
    sources: tuple[Source, ...] = advice.sources
    text = advice.text
    if steps > 1:
        text += f" Accumulate gradients over {steps} steps to learn from {steps * total} images at a time."
        sources = tuple(dict.fromkeys([*sources, BENGIO]))
    parameters = {
        **advice.parameters,
        "accumulation_steps": steps,
        "effective_batch_size": steps * total,
    }
    return BatchAdvice(replace(advice, text=text, sources=sources, parameters=parameters), steps * total)


def _default_batch(task: TrainingTask, need: MemoryNeed | None) -> Advice:
    batch = min(_DEFAULT_BATCH, _largest_batch(task))
    text = f"{_images(batch)} per device. {_DEFAULT_BATCH} is a good default"
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


def _images(batch: int) -> str:
    return "1 image" if batch == 1 else f"{batch} images"


def _largest_batch(task: TrainingTask) -> int:
    """The largest power of two that a device may get of the images, or of the largest step."""
    images = min(task.trained_on or _LARGEST_TOTAL_BATCH, _LARGEST_TOTAL_BATCH)
    return 1 << (max(1, images // task.devices).bit_length() - 1)


def _few_images(task: TrainingTask) -> bool:
    return task.trained_on is not None and task.trained_on < _LARGEST_TOTAL_BATCH


def _why_no_more(task: TrainingTask) -> str:
    if task.devices > _LARGEST_TOTAL_BATCH:
        return f"because {task.devices:,} devices already take more than {_LARGEST_TOTAL_BATCH:,} images"
    if _few_images(task):
        return f"because {task.trained_on:,} training images fill no larger power of two on all devices"
    return f"because a total of more than {_LARGEST_TOTAL_BATCH:,} images costs accuracy"
