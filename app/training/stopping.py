"""Layers to retrain and early stopping: by the number of images."""

import math

from app.training.advice import ADVICE, Advice, Topic
from app.training.optimisation import STRIP, epochs_of_fine_tuning, stopping_patience
from app.training.sources import BIT, GOODFELLOW, KORNBLITH, NIST, PRECHELT, YOSINSKI
from app.training.task import Network, TrainingTask
from catalog.reference.recipes import Custom, Source

# The smallest data set (images) on which Kornblith et al. fine-tuned whole networks, and where BiT's small
# tasks end.
_SMALLEST_FINE_TUNED = 2_040
_BIT_SMALL = 20_000


# Layers to retrain, early stopping: by the number of images


def layers_advice(network: Network, task: TrainingTask) -> Advice:
    images, layers = task.trained_on, network.weight_layers
    sources = (YOSINSKI, KORNBLITH, BIT)
    if images is None:
        return Advice(
            Topic.LAYERS_TO_RETRAIN,
            None,
            "Give the number of images. Few images allow retraining the head alone, many the whole network.",
            sources,
            "layers",
        )
    parameters: dict[str, float | str] = {"images": images}
    if layers:
        parameters["weight_layers"] = layers
    value: int | str
    provenance = ADVICE
    of = f" of {layers} layers with weights" if layers else ""
    if images >= _BIT_SMALL:
        value = layers or "all"
        text = (
            f"All{f' {layers}' if layers else ''} layers. {images:,} images are enough, and retraining every "
            "layer beat fixed features on nearly every data set that was tried."
        )
    elif images < _SMALLEST_FINE_TUNED:
        value = 1
        text = (
            f"The head alone, 1{of}. In the comparisons that whole networks won, the data sets had more than "
            f"{images:,} images, and more layers overfit sooner. BiT retrains all layers on a short schedule "
            "even with few images, so compare both."
        )
    else:
        # Between the two findings the share is archrank's own, along the logarithm of the images.
        share = math.log(images / _SMALLEST_FINE_TUNED) / math.log(_BIT_SMALL / _SMALLEST_FINE_TUNED)
        value = max(1, round(share * layers)) if layers else f"{max(1, round(100 * share))} %"
        provenance = f"{ADVICE}, interpolated"
        text = (
            f"The last {value}{of}, because later layers are more specific to their data. The share is "
            f"interpolated from the head at {_SMALLEST_FINE_TUNED:,} images to all layers at {_BIT_SMALL:,} "
            "images. Retraining all layers often wins with fewer images too, so compare both."
        )
    return Advice(Topic.LAYERS_TO_RETRAIN, value, text, sources, "layers", parameters, provenance)


def early_stopping_advice(task: TrainingTask, custom: Custom) -> Advice:
    patience = stopping_patience(custom)
    parameters: dict[str, float | str] = {"patience_epochs": patience}
    text = (
        f"Stop after {patience} epochs without gain, and keep the best weights. This is a fifth of the "
        f"{epochs_of_fine_tuning(custom)} epochs that fine-tuning is expected to take, and at least {STRIP}."
    )
    if not task.held_out:
        return Advice(
            Topic.EARLY_STOPPING,
            patience,
            f"{text} Give the number of images to learn which gain is more than chance.",
            (PRECHELT,),
            "epochs",
            parameters,
        )
    delta = 0.5 / math.sqrt(task.held_out)
    parameters |= {"min_delta": delta, "validation_images": task.held_out}
    sources: tuple[Source, ...] = (PRECHELT, NIST)
    held_out = f"{task.held_out:,} validation images"
    if task.validation_images is None:
        held_out += f" (a fifth of the {task.images:,}, held out)"
        sources = (*sources, GOODFELLOW)
    return Advice(
        Topic.EARLY_STOPPING,
        patience,
        f"{text} Count only a gain of more than {100 * delta:.2g} points of accuracy. This is the standard "
        f"error on {held_out}: sqrt(p (1 - p) / n), largest at p = 0.5.",
        sources,
        "epochs",
        parameters,
        f"{ADVICE}, computed from the validation images",
    )
