"""Recommendations: the request and the answer."""

from enum import StrEnum
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from app.contract.candidates import CandidateView
from app.contract.configurations import ConfigurationSchema
from app.contract.fields import BoundSchema, Count, Limit, Number, Pixels, Request, SizeRange, Words, as_range
from app.contract.objectives import ObjectiveName, WeightsSchema
from app.contract.training import AdviceView
from app.ranking.objective import Scheme
from app.ranking.order import Collapse
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    Provenance,
)


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


class FamiliesSchema(Request):
    """Families to consider and to leave out."""

    include: list[str] = []
    exclude: list[str] = []


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
        SizeRange | None, BeforeValidator(as_range, json_schema_input_type=Pixels | SizeRange | None)
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
