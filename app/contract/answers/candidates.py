"""A candidate with its numbers."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.common.fields import MetricSchema
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric


class CandidateView(BaseModel):
    """A checkpoint at an input size in a configuration, with its numbers."""

    architecture: Annotated[str, Field(description="Name of the architecture, as timm names it.")]
    checkpoint: Annotated[
        str | None,
        Field(
            description="Name of the pretrained weights. Absent if the architecture has none at this size."
        ),
    ] = None
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[Configuration, Field(description="How the network is run.")]
    training_configuration: Annotated[
        Configuration | None,
        Field(
            description="How the network was run in training. Absent if no training run shares the "
            "candidate's device, precision, layout and threads, or if the candidate is itself a training run."
        ),
    ] = None
    metrics: Annotated[
        dict[Metric, MetricSchema],
        Field(
            description="Every known number of the candidate, by metric. Accuracies were measured on "
            "ImageNet, not on your images."
        ),
    ]
    license: Annotated[
        str | None,
        Field(
            description="Licence of the checkpoint, as an SPDX identifier or as its authors name it. Absent "
            "if unknown."
        ),
    ] = None
    commercial_use: Annotated[
        bool | None,
        Field(
            description="Whether the licence allows commercial use. Absent if unclear, disputed or unknown, "
            "which is never treated as allowed."
        ),
    ] = None
    training_data: Annotated[
        list[str],
        Field(
            description="Data sets from pretraining to fine-tuning. Empty if the training data is unknown."
        ),
    ] = []
    training_methods: Annotated[
        list[str],
        Field(description="How the checkpoint was trained, as distillation. Empty if unknown."),
    ] = []
    slack: Annotated[
        dict[Metric, float],
        Field(
            description="Distance of each bounded metric to its bound, in the metric's unit. Positive values "
            "are inside the bound, negative values outside."
        ),
    ]
    binding: Annotated[
        Metric | None,
        Field(
            description="The bounded metric with the smallest slack relative to its bound. With two sides, "
            "each side's slack is compared with its own limit."
        ),
    ] = None
    fit_probability: Annotated[
        float | None,
        Field(
            description="Probability that the candidate keeps every bound, computed as if its numbers were "
            "independent."
        ),
    ] = None
