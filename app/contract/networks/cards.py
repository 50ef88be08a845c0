"""The profile card."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.answers.candidates import CandidateView
from app.contract.common.fields import MetricSchema, Request, ShortText
from app.contract.evidence.estimates import EstimateView
from app.contract.evidence.measurements import EnvironmentView, MeasurementView
from app.contract.networks.architectures import ArchitectureView, StageView, WorkloadView
from app.contract.networks.checkpoints import CheckpointView, LicenseView
from app.contract.networks.families import FamilyView
from catalog.entities.configurations import Configuration
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


class CardSearch(Request):
    """What a card is asked for besides its architecture."""

    target: Annotated[
        ShortText | None,
        Field(
            description="Id of the target on which the architecture is compared with its peers. If absent, "
            "the machine that answers, or else a target that has numbers of the architecture."
        ),
    ] = None


class BatchPointView(BaseModel):
    """One batch size of a curve, with its numbers or the reason why it has no numbers."""

    batch_size: Annotated[int, Field(description="Images in one call or training step.")]
    throughput: Annotated[MetricSchema | None, Field(description="Images per second.")] = None
    memory: Annotated[MetricSchema | None, Field(description="Peak memory, in MB of 10^6 bytes.")] = None
    reason: Annotated[FailureReason | None, Field(description="Why the batch size has no numbers.")] = None


class BatchCurveView(BaseModel):
    """Throughput and peak memory of one configuration against its batch size."""

    target: Annotated[str, Field(description="Id of the target that was measured.")]
    num_classes: Annotated[int, Field(description="Number of classes of the network's classifier.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    in_chans: Annotated[int, Field(description="Number of channels of the input. Colour images have 3.")]
    configuration: Annotated[
        Configuration, Field(description="How the network was run, with the smallest batch of the curve.")
    ]
    environment: Annotated[EnvironmentView, Field(description="Versions and settings of the machine.")]
    metrics: Annotated[
        tuple[Metric, Metric], Field(description="The metrics of `throughput` and of `memory` in the points.")
    ]
    points: Annotated[list[BatchPointView], Field(description="The curve, from the smallest batch upwards.")]


class SpeedUse(StrEnum):
    """What a network is run for: single images, batches, several clients at once, or training."""

    SINGLE = "single"
    BATCHES = "batches"
    CLIENTS = "clients"
    TRAINING = "training"


class SpeedView(BaseModel):
    """The fastest way to run an architecture on one target in one precision, for one use."""

    target: Annotated[str, Field(description="Id of the target.")]
    use: Annotated[SpeedUse, Field(description="What the network is run for.")]
    num_classes: Annotated[int, Field(description="Number of classes of the network's classifier.")]
    in_chans: Annotated[int, Field(description="Number of channels of the input. Colour images have 3.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[Configuration, Field(description="The fastest of the known configurations.")]
    metric: Annotated[Metric, Field(description="Metric of `speed`, a latency or a throughput.")]
    speed: Annotated[MetricSchema, Field(description="The latency of a call, or the images per second.")]
    image_ms: Annotated[float, Field(description="Time per image, in milliseconds.")]
    met: Annotated[
        MetricSchema | None,
        Field(description="The median latency as it was met during the campaign, if it is known."),
    ] = None
    slowdown: Annotated[
        MetricSchema | None,
        Field(description="How much slower than quiet the machine was, as a factor, if it is known."),
    ] = None
    memory: Annotated[
        MetricSchema | None, Field(description="Peak memory, in MB of 10^6 bytes, if it is known.")
    ] = None
    source: Annotated[str, Field(description="Name and version of the runtime, or of the estimator.")]
    cases: Annotated[
        int,
        Field(
            description="Number of known cases of the target, the precision and the use, of which this case "
            "is the fastest."
        ),
    ]
    reproduce: Annotated[
        str | None,
        Field(
            description="The command that measures the case on its target: again, or for the first time if "
            "it was estimated. Absent if the speed was published."
        ),
    ] = None


class SizePointView(BaseModel):
    """One input size of a curve."""

    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    image_ms: Annotated[float, Field(description="Time per image, in milliseconds.")]
    provenance: Annotated[Provenance, Field(description="Origin of the time.")]


class SizeCurveView(BaseModel):
    """The time per image of one configuration on one target against the input size."""

    target: Annotated[str, Field(description="Id of the target.")]
    configuration: Annotated[Configuration, Field(description="How the network was run.")]
    points: Annotated[list[SizePointView], Field(description="The curve, from the smallest input upwards.")]


class RivalView(BaseModel):
    """A candidate of another architecture beside the architecture of the card."""

    candidate: Annotated[CandidateView, Field(description="The other candidate with its numbers.")]
    text: Annotated[
        str, Field(description="How much faster and how much more accurate the other candidate is, in words.")
    ]


class StandingView(BaseModel):
    """The place of an architecture among its peers on one target, by accuracy and time per image.

    Peers are candidates of other architectures on the same device, in the same precision, with as many
    threads and clients and as large a batch.
    """

    target: Annotated[str, Field(description="Id of the target.")]
    candidate: Annotated[
        CandidateView,
        Field(
            description="The candidate that represents the architecture: its most accurate checkpoint, or "
            "the checkpoint that was asked for, in the fastest configuration."
        ),
    ]
    peers: Annotated[int, Field(description="Number of other architectures that are compared.")]
    less_accurate: Annotated[
        int, Field(description="Number of peers that are less accurate by more than the error.")
    ]
    slower: Annotated[int, Field(description="Number of peers that are slower by more than the error.")]
    dominators: Annotated[
        int,
        Field(
            description="Number of peers that are at least as accurate and as fast, and better by more than "
            "the error in one."
        ),
    ]
    dominated_by: Annotated[
        list[RivalView], Field(description="The most accurate of the peers that dominate, three at most.")
    ]
    rivals: Annotated[
        list[RivalView], Field(description="The peers that are most alike in accuracy and speed.")
    ]
    text: Annotated[str, Field(description="The standing in sentences.")]


class CardView(ArchitectureView):
    """The profile card: everything that the catalog knows about an architecture."""

    checkpoint: Annotated[
        str | None, Field(description="Name of the checkpoint that was asked for, if one was.")
    ] = None
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
        list[CheckpointView],
        Field(
            description="Pretrained checkpoints of the architecture: the checkpoint that was asked for, and "
            "then the most accurate ones first."
        ),
    ]
    load: Annotated[
        str,
        Field(
            description="Python code that builds the network by the package timm, with the weights of the "
            "first checkpoint if there is one."
        ),
    ]
    export: Annotated[
        str, Field(description="Python code that writes the network of `load` as the ONNX file model.onnx.")
    ]
    speeds: Annotated[
        list[SpeedView],
        Field(description="The speed on every target in every precision, for each use."),
    ] = []
    size_curves: Annotated[
        list[SizeCurveView],
        Field(
            description="The time per image against the input size, on each target for the configuration "
            "that was run at the most sizes."
        ),
    ] = []
    standing: Annotated[
        StandingView | None,
        Field(
            description="The architecture among its peers. Absent if the target lacks its accuracy or speed."
        ),
    ] = None
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
