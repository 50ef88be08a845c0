"""The layers to retrain: all of them, and when to compare with the head alone."""

from app.training.advice import Advice, Topic
from app.training.network import Network
from app.training.sources import BIT, KORNBLITH, YOSINSKI
from app.training.task import TrainingTask

# The smallest data set (images) on which Kornblith et al. fine-tuned whole networks. No source says that
# whole networks are worse below it, so it is no threshold of the advice, only of what was compared.
_SMALLEST_COMPARED = 2_040
# The numbers of training images with which Kornblith et al. found fixed features as good or better.
_FEW_IMAGES = "47 to 800"


def layers_advice(network: Network, task: TrainingTask) -> Advice:
    """The last layers to retrain: all, as every other line of the plan takes it. With fewer images than
    were compared whole, the line says to compare with the head alone."""
    images, layers = task.trained_on, network.weight_layers
    parameters: dict[str, float | str] = {}
    if images is not None:
        parameters["images"] = images
    if layers:
        parameters["weight_layers"] = layers
    all_layers = f"All{f' {layers}' if layers else ''} layers."
    better = "Kornblith et al. found retraining every layer better than fixed features on nearly all of their"
    if images is not None and images < _SMALLEST_COMPARED:
        text = (
            f"{all_layers} BiT retrains every layer however few the images are. {better} 12 data sets, but "
            f"the smallest of them has {_SMALLEST_COMPARED:,} images, and {images:,} are fewer. With "
            f"{_FEW_IMAGES} images they found fixed features as good or better. So compare with the head "
            "alone, which takes less time and memory. The other lines of this plan are for all layers."
        )
    else:
        text = (
            f"{all_layers} {better} 12 data sets, the smallest of {_SMALLEST_COMPARED:,} images. BiT freezes "
            "none whatever the number of images. Yosinski et al. found that layers which are frozen halfway "
            "lose by it."
        )
        if images is None:
            text += f" With fewer than {_SMALLEST_COMPARED:,} training images, compare with the head alone."
    return Advice(
        Topic.LAYERS_TO_RETRAIN, layers or "all", text, (KORNBLITH, BIT, YOSINSKI), "layers", parameters
    )
