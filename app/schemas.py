"""The contract of the API: what requests may say and what answers hold (design: version 1)."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from app.ranking import Collapse
from catalog.metrics import Metric
from catalog.vocabulary import (
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


class LicenseSchema(Request):
    """Licences allowed, as SPDX identifiers or as timm names them; an unknown licence is not allowed."""

    allow: Annotated[list[str], Field(min_length=1)]


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
    families: FamiliesSchema = FamiliesSchema()
    objective: Annotated[Metric, Field(description="What to rank by, in the metric's own direction.")] = (
        Metric.TOP1
    )
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
    threads: int
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
    objective: Metric
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


class CheckpointView(BaseModel):
    """One set of pretrained weights; absent is unknown."""

    name: str
    num_classes: int | None = None
    license: str | None = None
    commercial_use: bool | None = None
    training_data: str | None = None
    native_size: int | None = None
    accuracies: list[AccuracyView]


class WorkloadView(BaseModel):
    """What was counted at one input size; `count_failure` says why there is nothing."""

    form: Form
    num_classes: int
    input_size: int
    metrics: dict[Metric, MetricSchema]
    operators: Annotated[dict[str, float], Field(description="GMACs by operator.")] = {}
    count_failure: str | None = None


class ArchitectureView(BaseModel):
    """An architecture with the counts of its default workload."""

    name: str
    family: str | None = None
    metrics: dict[Metric, MetricSchema]


class CardView(ArchitectureView):
    """The profile card."""

    year: int | None = None
    paper: str | None = None
    default_tag: str | None = None
    fixed_input: bool | None = None
    workloads: list[WorkloadView]
    checkpoints: list[CheckpointView]
    measurements: list[MeasurementView]


class Page(BaseModel):
    """A page of a list; a `Link: <...>; rel="next"` header leads on while there is more."""


class ArchitecturePage(Page):
    items: list[ArchitectureView]


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
