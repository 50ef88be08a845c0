"""Networks as the catalog knows them: architectures, checkpoints, accuracies, workloads and their counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from catalog.entities.identity import Entity
from catalog.words.vocabulary import (
    Dataset,
    Form,
    Precision,
)

IMAGENET_CLASSES = 1000
"""The number of classes of ImageNet-1k, which published accuracies and speeds are of."""
IMAGE_CHANNELS = 3
"""The channels of a colour image: what every checkpoint, published accuracy and published speed is of."""


@dataclass(frozen=True)
class Stage(Entity):
    """A feature map that a detection or segmentation head can use. `stride` is in pixels."""

    stride: int
    channels: int


@dataclass(frozen=True)
class Architecture(Entity):
    """A network definition, named as timm names it. `family` is timm's module.

    `native_size` (pixels) and `num_classes` are the default checkpoint's. `fixed_input` says that its weights
    fit no other size. `stages` are its feature maps from fine to coarse. Empty tuples and None are unknown.
    """

    name: str
    family: str | None = None
    year: int | None = None
    paper: str | None = None
    default_tag: str | None = None
    fixed_input: bool | None = None
    native_size: int | None = None
    num_classes: int | None = None
    tags: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class Checkpoint(Entity):
    """One set of pretrained weights.

    `license` is an SPDX identifier where there is one, else the name that its authors gave it.
    `commercial_use` is None where the licence's text leaves it open. `training_data` begins with pretraining
    and ends with fine-tuning. `native_size` is in pixels. Empty tuples and None are unknown.
    """

    name: str
    architecture: str
    num_classes: int | None = None
    license: str | None = None
    commercial_use: bool | None = None
    training_data: tuple[str, ...] = ()
    native_size: int | None = None
    training_methods: tuple[str, ...] = ()
    hub_id: str | None = None


@dataclass(frozen=True)
class Backbone(Entity):
    """What is known of an architecture without building it. `input_size` is the native size, in pixels.
    `num_classes` is the default checkpoint's."""

    architecture: Architecture
    checkpoints: tuple[Checkpoint, ...]
    num_classes: int
    input_size: int


@dataclass(frozen=True)
class Accuracy(Entity):
    """Published accuracy (percent) of a checkpoint on a data set at one input size."""

    checkpoint: str
    dataset: Dataset
    input_size: int
    crop_pct: float
    interpolation: str
    top1: float
    top5: float
    source: str
    precision: Precision = Precision.FP32


@dataclass(frozen=True)
class Workload(Entity):
    """Architecture x form x number of classes x input size (pixels, square) x channels of the image."""

    architecture: str
    num_classes: int
    input_size: int
    form: Form = Form.DEPLOYED
    in_chans: int = IMAGE_CHANNELS

    @cached_property
    def id(self) -> str:
        # Colour images are left out, so that the ids of older catalogs and exports stay.
        channels = "" if self.in_chans == IMAGE_CHANNELS else f"-{self.in_chans}ch"
        return f"{self.architecture}-{self.form}-{self.num_classes}-{self.input_size}{channels}"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """The shape of an image: channels, height and width."""
        return self.in_chans, self.input_size, self.input_size


@dataclass(frozen=True)
class Counts(Entity):
    """What was counted of a workload. `operators` has the GMACs of each operator that has any.
    `operator_calls` is how often each operator runs, whether it has MACs or not. `weights_bytes` is the size
    of the fp32 weights as a safetensors file."""

    params_m: float
    gmacs: float
    activations_m: float
    operators: Mapping[str, float]
    operator_calls: Mapping[str, int] = field(default_factory=dict)
    weights_bytes: int | None = None


@dataclass(frozen=True)
class CountedWorkload(Entity):
    """A workload with its counts, or why it could not be counted. `source` names what was counted with."""

    workload: Workload
    counts: Counts | None
    count_failure: str | None = None
    source: str | None = None
