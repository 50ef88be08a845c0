"""The profile card."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.contract.architectures import ArchitectureView, StageView, WorkloadView
from app.contract.checkpoints import CheckpointView, LicenseView
from app.contract.configurations import ConfigurationView
from app.contract.families import FamilyView
from app.contract.fields import MetricSchema
from app.contract.measurements import EnvironmentView, MeasurementView
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric


class BatchPointView(BaseModel):
    """One batch size of a curve: its numbers, or the reason that there are none."""

    batch_size: int
    throughput: MetricSchema | None = None
    memory: MetricSchema | None = None
    reason: FailureReason | None = None


class BatchCurveView(BaseModel):
    """Throughput and peak memory against the batch size of one configuration (shown with its smallest);
    `metrics` names what `throughput` and `memory` are."""

    target: str
    input_size: int
    configuration: ConfigurationView
    environment: EnvironmentView
    metrics: tuple[Metric, Metric]
    points: list[BatchPointView]


class CardView(ArchitectureView):
    """The profile card."""

    paper: str | None = None
    default_tag: str | None = None
    fixed_input: Annotated[
        bool | None, Field(description="Whether its weights fit no other input size, as timm loads them.")
    ] = None
    stages: Annotated[
        list[StageView], Field(description="Feature maps for detection and segmentation heads.")
    ]
    families: Annotated[list[FamilyView], Field(description="The most specific first.")]
    licenses: list[LicenseView]
    workloads: list[WorkloadView]
    checkpoints: list[CheckpointView]
    measurements: list[MeasurementView]
    batch_curves: list[BatchCurveView]
