"""The contract of the API (version 1): what answers hold. Requests: requests.py."""

from datetime import datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.objective import Scheme
from app.requests import BoundSchema, WeightsSchema
from app.training_plan import Topic
from catalog.metrics import Metric
from catalog.vocabulary import (
    BatchPolicy,
    Device,
    Doubt,
    FailureReason,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)


class MetricSchema(BaseModel):
    """A number with its interval [low, high] at `level`, where it has one, and where it comes from."""

    value: float
    low: float | None = None
    high: float | None = None
    level: float | None = None
    processes: Annotated[int | None, Field(description="How many processes the interval rests on.")] = None
    provenance: Provenance
    doubts: list[Doubt] = []
    measured_at: datetime | None = None


class ConfigurationView(BaseModel):
    """How a workload is run."""

    runtime: RuntimeName
    precision: Precision
    batch_size: int
    batch_policy: BatchPolicy
    threads: Annotated[int | None, Field(description="Absent where a source does not state them.")] = None
    device: Device
    layout: Layout
    compiled: bool
    arena: bool | None = None
    scenario: Scenario
    clients: int


class CandidateView(BaseModel):
    """A checkpoint at an input size in a configuration, with its numbers."""

    architecture: str
    checkpoint: str | None = None
    input_size: int
    configuration: ConfigurationView
    metrics: dict[Metric, MetricSchema]
    slack: Annotated[
        dict[Metric, float], Field(description="Room within each bound, in its unit; negative outside.")
    ]
    binding: Annotated[
        Metric | None, Field(description="The bound with the least slack relative to itself.")
    ] = None
    fit_probability: Annotated[
        float | None, Field(description="P(all bounds hold), numbers taken as independent.")
    ] = None


class SourceView(BaseModel):
    """Where advice comes from."""

    title: str
    url: str | None = None


class AdviceView(BaseModel):
    """One line of a training plan. It is advice: nothing of it was measured on the user's images."""

    topic: Topic
    value: Annotated[float | int | str | None, Field(description="Absent where it cannot be told.")] = None
    unit: str | None = None
    parameters: dict[str, float | str]
    text: str
    provenance: Annotated[str, Field(description="`advice`, or what a number was computed from.")]
    sources: list[SourceView]


class RecommendationView(CandidateView):
    """A candidate within the budget."""

    rank: Annotated[
        int,
        Field(
            description="Shared by candidates whose objective cannot be told apart: 95 % intervals overlap."
        ),
    ]
    shares_rank_with: Annotated[int, Field(description="How many others have this rank.")]
    on_frontier: Annotated[
        bool,
        Field(description="No candidate within the budget is at least as good in the objective and every "
                          "bounded metric, and better in one."),
    ]  # fmt: skip
    dominators: Annotated[int, Field(description="How many candidates within the budget are.")]
    dominated_by: Annotated[list[str], Field(description="Up to three of them, best first.")] = []
    enlargement: Annotated[
        float | None,
        Field(description="How many times the short side of the typical image grows to fill the input."),
    ] = None
    score: Annotated[
        float | None,
        Field(description="Weighted sum of the utilities, within [0, 1]; absent where one is unknown."),
    ] = None
    utilities: Annotated[
        dict[Metric, float],
        Field(
            description="Each metric of the objective, scaled over what fits the budget (the frontier of it, "
            "where metrics are several): 1 is the best, 0 the worst; quantities by their logarithm, but "
            "linearly for the knee."
        ),
    ] = {}
    reasons: list[str]
    reproduce: Annotated[str | None, Field(description="The command that measures it again.")] = None
    training_plan: Annotated[
        list[AdviceView] | None, Field(description="How to fine-tune it, where that was asked for.")
    ] = None


class RelaxationView(BaseModel):
    """The smallest change of one side of one bound that admits a candidate more."""

    metric: Metric
    side: str
    bound: float
    admits: str


class JointRelaxationView(BaseModel):
    """Every bound moved out by the share `factor` of itself."""

    factor: float
    budget: dict[Metric, BoundSchema]
    admits: str


class FewestRelaxationView(BaseModel):
    """The budget in which as few bounds as possible, those on `metrics`, have given way."""

    metrics: list[Metric]
    budget: dict[Metric, BoundSchema]
    admits: str


class TogetherView(BaseModel):
    """Candidates that just these bounds eliminated, together."""

    metrics: list[Metric]
    count: int


class RecommendationResponse(BaseModel):
    """Ranked candidates, what eliminated the others, and what to relax."""

    recommendations: list[RecommendationView]
    target: str
    objective: Metric | Scheme | WeightsSchema
    weights: Annotated[
        dict[Metric, float], Field(description="The objective's metrics; their weights sum to 1.")
    ]
    considered: Annotated[int, Field(description="Candidates that passed the filters, before the budget.")]
    fitting: Annotated[int, Field(description="Of these, before collapse: within the budget,")]
    undecided: Annotated[int, Field(description="outside no bound, but lacking a bounded metric,")]
    failed: Annotated[int, Field(description="or of a case that failed; bounds eliminated the others.")]
    eliminated: Annotated[
        dict[Metric, int], Field(description="Candidates outside each bound; they overlap.")
    ]
    eliminated_only_by: dict[Metric, int]
    eliminated_together: Annotated[
        list[TogetherView],
        Field(description="By just which bounds, the 20 most frequent combinations; these do not overlap."),
    ]
    unknown: Annotated[
        dict[Metric, int], Field(description="Candidates that lack a bounded metric; measure them to know.")
    ]
    unknown_remedies: Annotated[dict[Metric, str], Field(description="How to get those numbers.")]
    required_probability: Annotated[
        float | None,
        Field(
            description="What each candidate needs, so that with the confidence asked for none that fits "
            "breaks the budget, although the luckiest of many noisy numbers were picked."
        ),
    ] = None
    near_misses: list[CandidateView]
    relaxations: list[RelaxationView]
    joint_relaxation: JointRelaxationView | None = None
    fewest_relaxation: FewestRelaxationView | None = None
    catalog_revision: int


class PlacementView(CandidateView):
    """A configuration of a target that runs the checkpoint within the budget."""

    target: str


class PlacementTargetView(BaseModel):
    """What became of a target's candidates; `near_miss` is the nearest where none fits."""

    target: str
    considered: int
    fitting: int
    eliminated: dict[Metric, int]
    unknown: dict[Metric, int]
    near_miss: CandidateView | None = None


class PlacementsResponse(BaseModel):
    """Where a checkpoint fits; targets that have no number of it are left out."""

    checkpoint: str
    placements: list[PlacementView]
    targets: list[PlacementTargetView]
    catalog_revision: int


class SideView(BaseModel):
    """What was asked for, and the candidate that stands for it: the most accurate, in its fastest
    configuration; absent where the target has no number of it."""

    asked: str
    candidate: CandidateView | None = None


class CompareResponse(BaseModel):
    """Candidates side by side."""

    target: str
    items: list[SideView]
    best: Annotated[dict[Metric, str], Field(description="Which is best, by metric.")]
    catalog_revision: int


class FrontierResponse(BaseModel):
    """The candidates that none dominates, from the best in the first metric to the worst."""

    target: str
    metrics: list[Metric]
    items: list[CandidateView]
    considered: int
    unknown: Annotated[int, Field(description="Candidates that lack one of the metrics.")]
    catalog_revision: int


class TargetView(BaseModel):
    """Hardware that answers are for."""

    id: str
    alias: Annotated[str | None, Field(description="`local` where it is the machine that answers.")] = None
    kind: Device
    label: str
    identity: dict[str, str | int]


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


class CanaryView(BaseModel):
    """How long fixed kernels took beside the samples, and take on this target when it is quiet (ns)."""

    compute_ns: list[int]
    memory_ns: list[int]
    quiet_compute_ns: float | None
    quiet_memory_ns: float | None


class CpuClockView(BaseModel):
    """The mean clock of the process's CPUs, and how often they had been throttled since boot."""

    mhz: float | None
    throttles: int | None


class DeviceReadingView(BaseModel):
    """What an accelerator told: peak bytes of tensors, of the runtime's allocator and of the driver; the
    clock before and after the samples; why it was lower than it could be; its own times of the calls (ns)."""

    allocated_bytes: int | None
    reserved_bytes: int | None
    used_bytes: int | None
    sm_clocks_mhz: list[int]
    slowdowns: list[str]
    event_ns: list[int] = []


class SampleView(BaseModel):
    """What one process recorded: nanoseconds and bytes."""

    wall_ns: list[int]
    cpu_ns: list[int]
    warm_up_calls: int
    warm_up_settled: bool
    imported_bytes: int | None
    loaded_bytes: int | None
    peak_bytes: int | None
    foreign_cpus: float
    deviation: float | None
    affinity: list[int]
    started_at: str
    seconds: dict[str, float]
    span_ns: int | None = None
    canary: CanaryView | None = None
    clocks: Annotated[
        list[CpuClockView], Field(description="Before the warm-up, between the samples, after the last.")
    ] = []
    device: DeviceReadingView | None = None


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


class WorkloadView(BaseModel):
    """What was counted at one input size; `count_failure` says why there is nothing."""

    form: Form
    num_classes: int
    input_size: int
    metrics: dict[Metric, MetricSchema]
    operators: Annotated[dict[str, float], Field(description="GMACs by operator.")] = {}
    operator_calls: Annotated[dict[str, int], Field(description="How often each operator runs.")] = {}
    count_failure: str | None = None
    source: Annotated[str | None, Field(description="What it was counted with.")] = None


class StageView(BaseModel):
    """A feature map: its stride in pixels and its channels."""

    stride: int
    channels: int


class MostAccurateView(BaseModel):
    """The best published ImageNet top-1 among an architecture's checkpoints."""

    checkpoint: str
    input_size: int
    top1: float


class ArchitectureView(BaseModel):
    """An architecture with the counts of its default workload; absent is unknown."""

    name: str
    family: Annotated[str | None, Field(description="timm's module.")] = None
    year: int | None = None
    tags: list[str]
    native_size: int | None = None
    metrics: dict[Metric, MetricSchema]


class ArchitectureItem(ArchitectureView):
    """An architecture as a list shows it."""

    most_accurate: MostAccurateView | None = None
    checkpoints: Annotated[int, Field(description="How many pretrained checkpoints it has.")]


class ClaimView(BaseModel):
    """A statement that is checked against the catalog's own numbers."""

    text: str
    metric: Metric
    target: str | None = None


class FamilyView(BaseModel):
    """What a family or subfamily introduced, and when to choose it: texts of our own."""

    slug: str
    title: str
    kind: str
    year: int
    paper: str
    url: str | None = None
    predecessor: str | None = None
    family: Annotated[str | None, Field(description="timm's module; absent where timm lacks it.")] = None
    introduced: str
    strengths: str
    drawbacks: str
    choose_when: str
    claims: list[ClaimView]


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


class Page(BaseModel):
    """A page of a list; a `Link: <...>; rel="next"` header leads on while there is more."""


class ArchitecturePage(Page):
    items: list[ArchitectureItem]


class FamilyPage(Page):
    items: list[FamilyView]


class TargetPage(Page):
    items: list[TargetView]


class MeasurementPage(Page):
    items: list[MeasurementView]


class Fault(BaseModel):
    """One thing wrong with a request."""

    field: str
    detail: str
    allowed: list[str] | None = None


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] = []
