"""The layers to retrain, by the number of images."""

from app.training.advice import Advice, Topic
from app.training.network import Network
from app.training.sources import BIT, KORNBLITH, YOSINSKI
from app.training.task import TrainingTask

# The smallest data set (images) on which Kornblith et al. fine-tuned whole networks.
_SMALLEST_FINE_TUNED = 2_040


def layers_advice(network: Network, task: TrainingTask) -> Advice:
    """The last layers to retrain: the head alone with few images, else the whole network."""
    images, layers = task.trained_on, network.weight_layers
    sources = (KORNBLITH, BIT, YOSINSKI)
    if images is None:
        return Advice(
            Topic.LAYERS_TO_RETRAIN,
            None,
            f"Give the number of images. From some {_SMALLEST_FINE_TUNED:,} training images on, retrain all "
            "layers. With fewer, begin with the head alone.",
            sources,
            "layers",
        )
    parameters: dict[str, float | str] = {"images": images}
    if layers:
        parameters["weight_layers"] = layers
    if images < _SMALLEST_FINE_TUNED:
        text = (
            f"The head alone, 1{f' of {layers} layers with weights' if layers else ''}. Kornblith et al. "
            f"found whole networks better on data sets of {_SMALLEST_FINE_TUNED:,} images and more, and "
            f"{images:,} are fewer. BiT retrains all layers on a short schedule even with so few, so compare "
            "both."
        )
        return Advice(Topic.LAYERS_TO_RETRAIN, 1, text, sources, "layers", parameters)
    text = (
        f"All{f' {layers}' if layers else ''} layers. Kornblith et al. found retraining every layer better "
        f"than fixed features on nearly all of their 12 data sets, the smallest of {_SMALLEST_FINE_TUNED:,} "
        "images. BiT freezes none whatever the number of images. Yosinski et al. found that layers which are "
        "frozen halfway lose by it."
    )
    return Advice(Topic.LAYERS_TO_RETRAIN, layers or "all", text, sources, "layers", parameters)
