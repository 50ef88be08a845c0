"""The contract of the API: what requests may say and what answers hold (design: version 1)."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    Tag,
    create_model,
    model_validator,
)

from app.objective import Scheme
from app.ranking import Collapse
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

Limit = Annotated[int, Field(strict=True, ge=1, le=200)]
Pixels = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Number = Annotated[FiniteFloat, Field(strict=True, ge=0)]
Weight = Annotated[FiniteFloat, Field(strict=True, gt=0, le=1e6)]
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class Request(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class BoundSchema(Request):
    """At least `min`, at most `max`; one of them may be absent."""

    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "BoundSchema":
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self


class SizeRange(Request):
    """A closed range of input sizes in pixels."""

    min: Pixels = 1
    max: Pixels = 100_000

    @model_validator(mode="after")
    def _ordered(self) -> "SizeRange":
        if self.min > self.max:
            raise ValueError("min is above max")
        return self


class ConfigurationSchema(Request):
    """Configurations to consider; an absent field lets everything pass."""

    runtime: list[RuntimeName] = []
    precision: list[Precision] = []
    batch_size: list[Count] = []
    threads: list[Count] = []
    batch_policy: list[BatchPolicy] = []
    layout: list[Layout] = []
    scenario: list[Scenario] = []
    compiled: Annotated[bool | None, Field(strict=True)] = None


class LicenseSchema(Request):
    """What the checkpoint's licence must be. What is unknown or unclear is never allowed."""

    allow: Annotated[
        list[str], Field(description="As SPDX identifiers or as timm names them; empty: any.")
    ] = []
    commercial_use: Annotated[
        bool | None, Field(strict=True, description="Whether its text allows commercial use.")
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> "LicenseSchema":
        if not self.allow and self.commercial_use is None:
            raise ValueError("give allow, commercial_use or both")
        return self


class TrainingDataSchema(Request):
    """Data sets that a checkpoint must not have been trained on; unknown training data does not pass."""

    exclude: list[str] = []


class WeightsSchema(Request):
    """What to rank by, several metrics at once; weights count relative to one another."""

    weights: Annotated[dict[Metric, Weight], Field(min_length=1)]


if TYPE_CHECKING:
    ObjectiveName = StrEnum
else:
    ObjectiveName = StrEnum("ObjectiveName", {name.name: name.value for name in (*Scheme, *Metric)})


class FamiliesSchema(Request):
    """Families to consider and to leave out."""

    include: list[str] = []
    exclude: list[str] = []


def _as_range(size: Any) -> Any:
    """One size stands for the range that holds just it."""
    return {"min": size, "max": size} if isinstance(size, int) and not isinstance(size, bool) else size


class RecommendationRequest(Request):
    """Constraints. What is absent is not constrained."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "target": "local",
                    "budget": {"latency_ms": {"max": 60}, "top1": {"min": 70}},
                    "limit": 5,
                },
                {
                    "target": "local",
                    "budget": {"peak_memory_mb": {"max": 512}, "size_mb": {"max": 100}},
                    "input_size": {"min": 192, "max": 288},
                    "configuration": {"runtime": ["onnxruntime"], "precision": ["fp32"]},
                    "objective": "latency_ms",
                    "collapse": "configuration",
                    "confidence": 0.9,
                },
            ]
        },
    )

    target: Annotated[str, Field(description="A target's id; `local` is the machine that answers.")] = "local"
    budget: Annotated[dict[Metric, BoundSchema], Field(description="Bounds by metric; all must hold.")] = {}
    input_size: Annotated[
        SizeRange | None, BeforeValidator(_as_range, json_schema_input_type=Pixels | SizeRange | None)
    ] = None
    configuration: ConfigurationSchema = ConfigurationSchema()
    license: LicenseSchema | None = None
    training_data: TrainingDataSchema = TrainingDataSchema()
    families: FamiliesSchema = FamiliesSchema()
    objective: Annotated[
        Annotated[ObjectiveName, Tag("[name]")] | Annotated[WeightsSchema, Tag("[weights]")],
        Discriminator(lambda asked: "[weights]" if isinstance(asked, dict | WeightsSchema) else "[name]"),
        Field(
            description="What to rank by: a metric, in its own direction; `balanced` or `knee`, over top-1 "
            "and what the budget bounds; or weights."
        ),
    ] = ObjectiveName(Metric.TOP1)
    evidence: Annotated[
        list[Provenance], Field(description="Provenances allowed for metrics that depend on the target.")
    ] = []
    collapse: Annotated[Collapse, Field(description="What gets one row; counts are taken before it.")] = (
        Collapse.ARCHITECTURE
    )
    confidence: Annotated[
        float | None,
        Field(
            gt=0,
            lt=1,
            strict=True,
            description="A candidate fits when all bounds hold with this probability; "
            "absent: when its numbers lie within them.",
        ),
    ] = None
    limit: Limit = 10


class _ArchitectureFilters(Request):
    """What an architecture must be; what is unknown of it never passes."""

    q: Annotated[Words | None, Field(description="A part of the name, family or a tag.")] = None
    family: Annotated[Words | None, Field(description="timm's module, whole.")] = None
    tag: Annotated[list[Words], Field(max_length=20, description="A whole tag; all must hold.")] = []
    license: Annotated[
        Words | None, Field(description="Of one of its checkpoints, as SPDX or timm writes it.")
    ] = None
    commercial_use: Annotated[
        bool | None, Field(description="Whether that checkpoint's licence allows commercial use.")
    ] = None
    exclude_training_data: Annotated[
        list[Words], Field(max_length=60, description="What that checkpoint was not trained on.")
    ] = []
    target: Annotated[
        Words | None, Field(description="Measured there; bounds on speed and memory are of it.")
    ] = None
    cursor: Annotated[Words | None, Field(description="From the `Link` header.")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def ranges(self) -> dict[Metric, tuple[float | None, float | None]]:
        """The bounds min_METRIC and max_METRIC, of the metrics that have one."""
        bounds = {
            metric: (getattr(self, f"min_{metric}"), getattr(self, f"max_{metric}")) for metric in Metric
        }
        return {metric: sides for metric, sides in bounds.items() if sides != (None, None)}


def _range_fields() -> dict[str, Any]:
    """min_ and max_ of every metric."""
    sides = {"min": "At least", "max": "At most"}
    return {
        f"{side}_{metric}": (
            Annotated[
                FiniteFloat | None,
                Field(ge=0, description=f"{words} this: {metric.meaning}, {metric.unit}."),
            ],
            None,
        )
        for metric in Metric
        for side, words in sides.items()
    }


if TYPE_CHECKING:

    class ArchitectureSearch(_ArchitectureFilters):
        """With min_METRIC and max_METRIC for every metric."""

else:
    ArchitectureSearch = create_model("ArchitectureSearch", __base__=_ArchitectureFilters, **_range_fields())


class PlacementRequest(Request):
    """A checkpoint, or an architecture that stands for each of its checkpoints, and its budget."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"checkpoint": "resnet50.a1_in1k", "budget": {"throughput_ips": {"min": 1000}}}]
        },
    )

    checkpoint: Words
    budget: Annotated[dict[Metric, BoundSchema], Field(description="Bounds by metric; all must hold.")] = {}
    targets: Annotated[list[Words], Field(max_length=100, description="Empty: every target.")] = []
    input_size: Annotated[
        SizeRange | None, BeforeValidator(_as_range, json_schema_input_type=Pixels | SizeRange | None)
    ] = None
    configuration: ConfigurationSchema = ConfigurationSchema()
    confidence: Annotated[float | None, Field(gt=0, lt=1, strict=True)] = None
    limit: Annotated[Limit, Field(description="Configurations on each target.")] = 10


class CandidateFilters(Request):
    """Which candidates of a target to look at, as query parameters; absent lets everything pass."""

    target: Annotated[Words, Field(description="A target's id; `local` is the machine that answers.")] = (
        "local"
    )
    runtime: list[RuntimeName] = []
    precision: list[Precision] = []
    compiled: bool | None = None
    input_size: Annotated[int | None, Field(ge=1, le=100_000)] = None
    commercial_use: Annotated[
        bool | None, Field(description="Whether the licence allows commercial use.")
    ] = None


class FrontierSearch(CandidateFilters):
    """The frontier of two metrics."""

    x: Metric = Metric.LATENCY_MS
    y: Metric = Metric.TOP1

    @model_validator(mode="after")
    def _differ(self) -> "FrontierSearch":
        if self.x is self.y:
            raise ValueError("x and y are the same metric")
        return self


class CompareSearch(CandidateFilters):
    """Two to five candidates."""

    candidate: Annotated[
        list[Words],
        Field(min_length=2, max_length=5, description="A checkpoint, or an architecture's best one."),
    ]


class MetricSchema(BaseModel):
    """A number with its interval [low, high] at `level`, where it has one, and where it comes from."""

    value: float
    low: float | None = None
    high: float | None = None
    level: float | None = None
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


class RecommendationView(CandidateView):
    """A candidate within the budget."""

    rank: int
    on_frontier: Annotated[
        bool,
        Field(description="No candidate within the budget is at least as good in the objective and every "
                          "bounded metric, and better in one."),
    ]  # fmt: skip
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


class RecommendationResponse(BaseModel):
    """Ranked candidates, what eliminated the others, and what to relax."""

    recommendations: list[RecommendationView]
    target: str
    objective: Metric | Scheme | WeightsSchema
    weights: Annotated[
        dict[Metric, float], Field(description="The objective's metrics; their weights sum to 1.")
    ]
    considered: Annotated[int, Field(description="Candidates that passed the filters, before the budget.")]
    eliminated: Annotated[
        dict[Metric, int], Field(description="Candidates outside each bound; they overlap.")
    ]
    eliminated_only_by: dict[Metric, int]
    unknown: Annotated[
        dict[Metric, int], Field(description="Candidates that lack a bounded metric; measure them to know.")
    ]
    near_misses: list[CandidateView]
    relaxations: list[RelaxationView]
    joint_relaxation: JointRelaxationView | None = None
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


class SampleView(BaseModel):
    """What one process recorded: nanoseconds and bytes."""

    wall_ns: list[int]
    cpu_ns: list[int]
    warm_up_calls: int
    warm_up_settled: bool
    imported_bytes: int
    loaded_bytes: int
    peak_bytes: int
    foreign_cpus: float
    deviation: float
    affinity: list[int]
    started_at: str
    seconds: dict[str, float]


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
    metrics: dict[Metric, MetricSchema]
    samples: list[SampleView] | None = None


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
