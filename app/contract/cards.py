"""The profile card."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.architectures import ArchitectureView, StageView, WorkloadView
from app.contract.checkpoints import CheckpointView, LicenseView
from app.contract.estimates import EstimateView
from app.contract.families import FamilyView
from app.contract.fields import MetricSchema
from app.contract.measurements import EnvironmentView, MeasurementView
from catalog.entities.configurations import Configuration
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric


class BatchPointView(BaseModel):
    """One batch size of a curve, with its numbers or the reason why it has no numbers."""

    batch_size: Annotated[int, Field(description="Images in one call or training step.")]
    throughput: Annotated[MetricSchema | None, Field(description="Images per second.")] = None
    memory: Annotated[MetricSchema | None, Field(description="Peak memory, in MB of 10^6 bytes.")] = None
    reason: Annotated[FailureReason | None, Field(description="Why the batch size has no numbers.")] = None


class BatchCurveView(BaseModel):
    """Throughput and peak memory of one configuration against its batch size."""

    target: Annotated[str, Field(description="Id of the target that was measured.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[
        Configuration, Field(description="How the network was run, with the smallest batch of the curve.")
    ]
    environment: Annotated[EnvironmentView, Field(description="Versions and settings of the machine.")]
    metrics: Annotated[
        tuple[Metric, Metric], Field(description="The metrics of `throughput` and of `memory` in the points.")
    ]
    points: Annotated[list[BatchPointView], Field(description="The curve, from the smallest batch upwards.")]


class CardView(ArchitectureView):
    """The profile card: everything that the catalog knows about an architecture."""

    paper: Annotated[
        str | None, Field(description="Title of the paper that introduced the architecture.")
    ] = None
    default_tag: Annotated[
        str | None, Field(description="Tag of the checkpoint that timm loads by default.")
    ] = None
    fixed_input: Annotated[
        bool | None, Field(description="Whether timm can load the weights at the native input size only.")
    ] = None
    stages: Annotated[
        list[StageView],
        Field(description="Feature maps for detection and segmentation heads, fine to coarse."),
    ]
    families: Annotated[
        list[FamilyView], Field(description="Families of the architecture, the most specific one first.")
    ]
    licenses: Annotated[list[LicenseView], Field(description="Licences of the architecture's checkpoints.")]
    workloads: Annotated[
        list[WorkloadView], Field(description="Counts at every input size and form that was counted.")
    ]
    checkpoints: Annotated[
        list[CheckpointView], Field(description="Pretrained checkpoints of the architecture.")
    ]
    pretrained_twin: Annotated[
        str | None,
        Field(
            description="Name under which timm has pretrained weights of the same network, if this "
            "architecture has none."
        ),
    ] = None
    measurements: Annotated[
        list[MeasurementView], Field(description="Measured and published numbers on every target.")
    ]
    estimates: Annotated[
        list[EstimateView], Field(description="Estimates of cases that were not measured.")
    ] = []
    batch_curves: Annotated[
        list[BatchCurveView], Field(description="Throughput and memory against the batch size.")
    ]
