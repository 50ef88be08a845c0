"""The contract of the API (version 1): what requests may say. Answers: schemas.py."""

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
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
)

Limit = Annotated[int, Field(strict=True, ge=1, le=200)]
MOST_PIXELS = 100_000
Pixels = Annotated[int, Field(strict=True, ge=1, le=MOST_PIXELS)]
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
    clients: list[Count] = []
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


class TypicalImageSchema(Request):
    """The size of the user's images in pixels."""

    width: Pixels
    height: Pixels


class TagsSchema(Request):
    """Architectures to consider, which have one of the tags, and to leave out."""

    include: list[Words] = []
    exclude: list[Words] = []


class Include(StrEnum):
    """What an answer holds besides the ranking."""

    TRAINING_PLAN = "training_plan"


class TrainingSchema(Request):
    """What the network is to be fine-tuned on, for the training plan."""

    images: Annotated[Count | None, Field(description="Labelled images.")] = None
    validation_images: Annotated[
        Count | None, Field(description="Beside them, to validate on; absent: a fifth of them.")
    ] = None
    memory_mb: Annotated[
        Number | None,
        Field(
            gt=0,
            description="Of each device, in MB of 10^6 bytes: a card of 24 GiB has 25770. Absent: the bound "
            "on train_memory_mb or else on device_memory_mb.",
        ),
    ] = None
    devices: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1


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
    typical_image: Annotated[
        TypicalImageSchema | None,
        Field(description="Inputs that enlarge such images rank behind others, by the octave."),
    ] = None
    configuration: ConfigurationSchema = ConfigurationSchema()
    license: LicenseSchema | None = None
    training_data: TrainingDataSchema = TrainingDataSchema()
    families: FamiliesSchema = FamiliesSchema()
    tags: TagsSchema = TagsSchema()
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
    include: list[Include] = []
    training: Annotated[
        TrainingSchema, Field(description="For the training plan; what is absent is not known.")
    ] = TrainingSchema()
    confidence: Annotated[
        float | None,
        Field(
            gt=0,
            lt=1,
            strict=True,
            description="The probability with which every candidate that fits keeps the budget, as far as "
            "the intervals tell; those of few processes tell too little of rare errors. Absent: a candidate "
            "fits when its numbers lie within the bounds.",
        ),
    ] = None
    limit: Limit = 10

    @model_validator(mode="after")
    def _training_is_asked_for(self) -> "RecommendationRequest":
        if "training" in self.model_fields_set and Include.TRAINING_PLAN not in self.include:
            raise ValueError('training is read with "include": ["training_plan"]')
        return self


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
