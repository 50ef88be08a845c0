"""Checkpoints, their accuracies and their licences."""

from typing import Annotated

from pydantic import BaseModel, Field

from catalog.words.vocabulary import Precision, Provenance


class AccuracyView(BaseModel):
    """Published accuracy of a checkpoint on one data set, in percent."""

    dataset: Annotated[str, Field(description="Data set that the accuracy was measured on.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    crop_pct: Annotated[
        float, Field(description="Share of the resized image that was cropped for the input.")
    ]
    interpolation: Annotated[str, Field(description="How images were resized, as bicubic.")]
    precision: Annotated[Precision, Field(description="The arithmetic that the accuracy was measured in.")]
    top1: Annotated[float, Field(description="Top-1 accuracy, in percent.")]
    top5: Annotated[float, Field(description="Top-5 accuracy, in percent.")]
    provenance: Annotated[Provenance, Field(description="Origin of the accuracy.")]
    source: Annotated[str, Field(description="The published file that states the accuracy.")]


class LicenseView(BaseModel):
    """A licence as archrank reads it. The reading is not legal advice."""

    id: Annotated[str, Field(description="SPDX identifier, or the name that the authors gave the licence.")]
    title: Annotated[str, Field(description="Full name of the licence.")]
    commercial_use: Annotated[
        bool | None,
        Field(
            description="Whether the text allows commercial use. Absent if the text leaves the question "
            "open, which is never treated as allowed."
        ),
    ] = None
    reading: Annotated[str, Field(description="What the licence allows and requires, in a few words.")]
    url: Annotated[str, Field(description="Address of the licence's text.")]


class PreprocessingView(BaseModel):
    """How images become the input of a checkpoint, as timm states it."""

    mean: Annotated[
        list[float],
        Field(
            description="Mean of each colour on a scale from 0 to 1, which is subtracted. Red comes first."
        ),
    ]
    std: Annotated[
        list[float], Field(description="Standard deviation of each colour, which divides. Red comes first.")
    ]
    interpolation: Annotated[str, Field(description="How images are resized, as bicubic.")]
    crop_pct: Annotated[
        float, Field(description="Share of the resized image that is cropped from its middle for the input.")
    ]


class CheckpointView(BaseModel):
    """One set of pretrained weights. Absent fields are unknown."""

    name: Annotated[str, Field(description="Name of the checkpoint: the architecture, a dot and a tag.")]
    num_classes: Annotated[int | None, Field(description="Number of classes of the classifier.")] = None
    license: Annotated[
        str | None, Field(description="SPDX identifier, or the name that the authors gave the licence.")
    ] = None
    commercial_use: Annotated[
        bool | None,
        Field(
            description="Whether the licence allows commercial use. Absent if unclear or unknown, which is "
            "never treated as allowed."
        ),
    ] = None
    license_dispute: Annotated[
        str | None, Field(description="Why the licence that timm's configuration names is in doubt.")
    ] = None
    training_data: Annotated[
        list[str],
        Field(
            description="Data sets from pretraining to fine-tuning. Empty if the training data is unknown."
        ),
    ]
    training_methods: Annotated[
        list[str], Field(description="How the weights were trained, as supervised. Empty if unknown.")
    ]
    native_size: Annotated[
        int | None, Field(description="Default height and width of the input, in pixels.")
    ] = None
    hub_id: Annotated[
        str | None, Field(description="Repository of the checkpoint on the Hugging Face Hub.")
    ] = None
    imported_from: Annotated[
        str | None,
        Field(
            description="Name of the import that added or changed the checkpoint or one of its accuracies. "
            "Absent if no import did."
        ),
    ] = None
    preprocessing: Annotated[
        PreprocessingView | None, Field(description="How images become the input, if that is known.")
    ] = None
    load: Annotated[
        str, Field(description="Python code that builds the network with its weights, by the package timm.")
    ]
    accuracies: Annotated[
        list[AccuracyView], Field(description="Published accuracies by data set and input size.")
    ]
