"""Measurements."""

from datetime import datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.contract.configurations import ConfigurationView
from app.contract.fields import MetricSchema
from app.contract.paging import Page
from app.contract.samples import SampleView
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    Form,
    Precision,
    Provenance,
    Status,
)


class EnvironmentView(BaseModel):
    """What may change under a target; absent is unknown."""

    runtime_version: str
    driver: str | None = None
    kernel: str | None = None
    governor: str | None = None


class ArtefactView(BaseModel):
    """The file that is deployed."""

    format: str
    precision: Precision
    toolchain: str
    bytes: int
    sha256: str
    deviation: float | None = None


class MeasurementView(BaseModel):
    """One case with its outcome."""

    id: str
    architecture: str
    form: Form
    num_classes: int
    input_size: int
    configuration: ConfigurationView
    target: str
    environment: EnvironmentView
    artefact: ArtefactView | None = None
    provenance: Provenance
    status: Status
    reason: FailureReason | None = None
    detail: str | None = None
    remedy: str | None = None
    protocol: str
    measured_at: datetime
    source: str
    doubts: list[Doubt]
    precision_met: Annotated[
        bool | None, Field(description="Whether the interval is as narrow as was asked for.")
    ] = None
    metrics: dict[Metric, MetricSchema]
    absent: Annotated[
        dict[Metric, str], Field(description="Metrics that the samples do not carry, and why.")
    ] = {}
    samples: list[SampleView] | None = None
    set_aside: Annotated[
        list[SampleView] | None, Field(description="Samples that were disturbed, and taken again.")
    ] = None


class MeasurementPage(Page):
    items: list[MeasurementView]
