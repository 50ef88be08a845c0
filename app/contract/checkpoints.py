"""Checkpoints, their accuracies and their licences."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from catalog.words.vocabulary import (
    Precision,
    Provenance,
)


class AccuracyView(BaseModel):
    """Published accuracy, in percent."""

    dataset: str
    input_size: int
    crop_pct: float
    interpolation: str
    precision: Precision
    top1: float
    top5: float
    provenance: Provenance
    source: str


class LicenseView(BaseModel):
    """A licence as archrank reads it: a reading, not legal advice."""

    id: str
    title: str
    commercial_use: Annotated[
        bool | None, Field(description="Absent where its text leaves that open; never treated as allowed.")
    ] = None
    reading: str
    url: str


class CheckpointView(BaseModel):
    """One set of pretrained weights; absent is unknown."""

    name: str
    num_classes: int | None = None
    license: str | None = None
    commercial_use: Annotated[
        bool | None, Field(description="Absent where that is unclear or unknown; never treated as allowed.")
    ] = None
    license_dispute: Annotated[
        str | None, Field(description="Why the licence that timm's configuration names is in doubt.")
    ] = None
    training_data: Annotated[
        list[str], Field(description="From pretraining to fine-tuning; empty where unknown.")
    ]
    training_methods: list[str]
    native_size: int | None = None
    hub_id: Annotated[str | None, Field(description="Its repository on the Hugging Face Hub.")] = None
    accuracies: list[AccuracyView]
