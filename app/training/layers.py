"""The layers to retrain, by the number of images."""

import math

from app.training.advice import ADVICE, Advice, Topic
from app.training.network import Network
from app.training.sources import BIT, KORNBLITH, YOSINSKI
from app.training.task import TrainingTask

# The smallest data set (images) on which Kornblith et al. fine-tuned whole networks, and where BiT's small
# tasks end.
_SMALLEST_FINE_TUNED = 2_040
_BIT_SMALL = 20_000


def layers_advice(network: Network, task: TrainingTask) -> Advice:
    """The last layers to retrain. Few images train the head alone, many the whole network."""
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
