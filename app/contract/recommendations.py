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
from app.contract.fields import (
    BUDGET,
    CONFIDENCE,
    REVISION,
    TARGET,
    BoundSchema,
    Count,
    Limit,
    Number,
    Pixels,
    Request,
    SizeRange,
    Words,
    as_range,
)
from app.contract.objectives import ObjectiveName, WeightsSchema
from app.contract.training import AdviceView
from app.ranking.objective import Scheme
from app.ranking.order import Collapse
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    Provenance,
)


class LicenseSchema(Request):
    """Required licence of the checkpoint. An unknown or unclear licence is never allowed."""

    allow: Annotated[
        list[str],
        Field(
            description="Allowed licences, as SPDX identifiers or as timm names a licence. Empty allows any "
            "licence."
        ),
    ] = []
    commercial_use: Annotated[
        bool | None, Field(strict=True, description="Whether the licence must allow commercial use.")
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> "LicenseSchema":
        if not self.allow and self.commercial_use is None:
            raise ValueError("Give allow, commercial_use or both.")
        return self


class TrainingDataSchema(Request):
    """Data sets that a checkpoint must not be trained on. Unknown training data is excluded too."""

    exclude: Annotated[
        list[str],
        Field(description="Names of data sets, or the beginning of several names, as laion."),
    ] = []


class TypicalImageSchema(Request):
    """Size of the user's images, in pixels."""

    width: Annotated[Pixels, Field(description="Width of the images, in pixels.")]
    height: Annotated[Pixels, Field(description="Height of the images, in pixels.")]


class TagsSchema(Request):
    """Architectures to consider or to exclude, by tag."""

    include: Annotated[
        list[Words], Field(description="Consider only architectures with at least one of the tags.")
    ] = []
    exclude: Annotated[list[Words], Field(description="Exclude architectures with any of the tags.")] = []


class Include(StrEnum):
    """A part of the answer that is given on request only."""

    TRAINING_PLAN = "training_plan"


class TrainingSchema(Request):
    """Data and devices for fine-tuning, which the training plan is made for."""

    images: Annotated[Count | None, Field(description="Number of labelled images.")] = None
    validation_images: Annotated[
        Count | None,
        Field(description="Number of validation images. If absent, a fifth of `images` is held out."),
    ] = None
    memory_mb: Annotated[
        Number | None,
        Field(
            gt=0,
            description="Memory of each device, in MB of 10^6 bytes. A GPU with 24 GiB has 25770 MB. If "
            "absent, the upper bound on `train_memory_mb` is used, or else the one on `device_memory_mb`.",
        ),
    ] = None
    devices: Annotated[
        int, Field(strict=True, ge=1, le=100_000, description="Number of devices that train together.")
    ] = 1


class FamiliesSchema(Request):
    """Architectures to consider or to exclude, by family."""

    include: Annotated[list[str], Field(description="Consider only these families of timm.")] = []
    exclude: Annotated[list[str], Field(description="Exclude these families of timm.")] = []


class RecommendationRequest(Request):
    """Constraints on the candidates, and what to rank by. An absent field constrains nothing."""

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

    target: Annotated[str, Field(description=TARGET)] = "local"
    budget: Annotated[dict[Metric, BoundSchema], Field(description=BUDGET)] = {}
    input_size: Annotated[
        SizeRange | None,
        BeforeValidator(as_range, json_schema_input_type=Pixels | SizeRange | None),
        Field(description="Allowed input sizes in pixels: one size, or a range."),
    ] = None
    typical_image: Annotated[
        TypicalImageSchema | None,
        Field(
            description="Size of your images. Models whose input is larger than your images rank lower, in "
            "steps of a factor of two."
        ),
    ] = None
    configuration: Annotated[ConfigurationSchema, Field(description="Configurations to consider.")] = (
        ConfigurationSchema()
    )
    license: Annotated[LicenseSchema | None, Field(description="Required licence of the checkpoint.")] = None
    training_data: Annotated[
        TrainingDataSchema, Field(description="Data sets that a checkpoint must not be trained on.")
    ] = TrainingDataSchema()
    families: Annotated[FamiliesSchema, Field(description="Families to consider or to exclude.")] = (
        FamiliesSchema()
    )
    tags: Annotated[TagsSchema, Field(description="Tags to consider or to exclude.")] = TagsSchema()
    objective: Annotated[
        Annotated[ObjectiveName, Tag("[name]")] | Annotated[WeightsSchema, Tag("[weights]")],
        Discriminator(lambda asked: "[weights]" if isinstance(asked, dict | WeightsSchema) else "[name]"),
        Field(
            description="What to rank by. A metric ranks by its best value. `balanced` and `knee` combine "
            "top-1 and every bounded metric. Weights combine the metrics that they name."
        ),
    ] = ObjectiveName(Metric.TOP1)
    evidence: Annotated[
        list[Provenance],
        Field(
            description="Allowed provenances of numbers that depend on the target. Empty allows every "
            "provenance."
        ),
    ] = []
    collapse: Annotated[
        Collapse, Field(description="What gets one row of the answer. Counts are made before collapsing.")
    ] = Collapse.ARCHITECTURE
    include: Annotated[
        list[Include], Field(description="Parts of the answer that are given on request only.")
    ] = []
    training: Annotated[
        TrainingSchema,
        Field(description="Data and devices for the training plan. An absent field is unknown."),
    ] = TrainingSchema()
    confidence: Annotated[
        float | None,
        Field(
            gt=0,
            lt=1,
            strict=True,
            description=CONFIDENCE,
        ),
    ] = None
    limit: Annotated[Limit, Field(description="Largest number of recommendations.")] = 10

    @model_validator(mode="after")
    def _training_is_asked_for(self) -> "RecommendationRequest":
        if "training" in self.model_fields_set and Include.TRAINING_PLAN not in self.include:
            raise ValueError('training needs a training plan. Add "include": ["training_plan"].')
        return self


class RecommendationView(CandidateView):
    """A candidate that keeps the budget, with its rank and the reasons for the rank."""

    rank: Annotated[
        int,
        Field(
            description="Place in the ranking, from 1. Candidates share a rank if their 95 % intervals of "
            "the objective overlap."
        ),
    ]
    shares_rank_with: Annotated[int, Field(description="Number of other candidates with the same rank.")]
    on_frontier: Annotated[
        bool,
        Field(
            description="Whether no fitting candidate is at least as good in the objective and every bounded "
            "metric, and better in one."
        ),
    ]
    dominators: Annotated[
        int,
        Field(
            description="Number of fitting candidates that are at least as good in every compared metric and "
            "better in one."
        ),
    ]
    dominated_by: Annotated[
        list[str],
        Field(description="Names of up to three candidates that dominate the candidate, the best one first."),
    ] = []
    enlargement: Annotated[
        float | None,
        Field(
            description="Factor by which the short side of the typical image must grow to fill the input. 1 "
            "if the image is large enough."
        ),
    ] = None
    score: Annotated[
        float | None,
        Field(
            description="Weighted sum of the utilities, from 0 to 1. Absent if a metric of the objective is "
            "unknown."
        ),
    ] = None
    utilities: Annotated[
        dict[Metric, float],
        Field(
            description="Each metric of the objective on a scale from 0, the worst, to 1, the best. The "
            "scale spans the fitting candidates, or with several metrics their Pareto frontier. Quantities "
            "are scaled by their logarithm, accuracies linearly, and with the objective `knee` every metric "
            "linearly."
        ),
    ] = {}
    reasons: Annotated[list[str], Field(description="Sentences that say why the candidate has its rank.")]
    reproduce: Annotated[
        str | None, Field(description="The command that measures the candidate again on its target.")
    ] = None
    training_plan: Annotated[
        list[AdviceView] | None,
        Field(description="Advice on fine-tuning the candidate. Present if the request includes it."),
    ] = None


class RelaxationView(BaseModel):
    """The smallest change of one side of one bound that admits another candidate."""

    metric: Annotated[Metric, Field(description="The metric whose bound would change.")]
    side: Annotated[str, Field(description="`min` or `max`: the side of the bound that would change.")]
    bound: Annotated[float, Field(description="The changed bound, in the metric's unit.")]
    admits: Annotated[str, Field(description="Name of the candidate that the changed bound admits.")]


class JointRelaxationView(BaseModel):
    """The smallest widening of all bounds by one common share that admits a candidate."""

    factor: Annotated[
        float, Field(description="Share by which every bound is widened. 0.1 makes each bound 10 % wider.")
    ]
    budget: Annotated[dict[Metric, BoundSchema], Field(description="The widened bounds, by metric.")]
    admits: Annotated[str, Field(description="Name of the candidate that the widened budget admits.")]


class FewestRelaxationView(BaseModel):
    """The budget that admits a candidate and changes as few bounds as possible."""

    metrics: Annotated[list[Metric], Field(description="Metrics whose bounds were changed.")]
    budget: Annotated[
        dict[Metric, BoundSchema], Field(description="All bounds by metric, changed and unchanged ones.")
    ]
    admits: Annotated[str, Field(description="Name of the candidate that the changed budget admits.")]


class TogetherView(BaseModel):
    """Number of candidates that exactly one combination of bounds eliminated."""

    metrics: Annotated[
        list[Metric], Field(description="Metrics of every bound that the counted candidates break.")
    ]
    count: Annotated[int, Field(description="Number of candidates that break exactly the named bounds.")]


class RecommendationResponse(BaseModel):
    """Ranked candidates, why other candidates were eliminated, and which bounds to relax."""

    recommendations: Annotated[
        list[RecommendationView], Field(description="Candidates that keep the budget, the best one first.")
    ]
    target: Annotated[str, Field(description="Id of the target that the answer is for.")]
    objective: Annotated[
        Metric | Scheme | WeightsSchema, Field(description="The objective that the candidates are ranked by.")
    ]
    weights: Annotated[
        dict[Metric, float], Field(description="Weight of each metric of the objective. Weights sum to 1.")
    ]
    considered: Annotated[
        int, Field(description="Number of candidates that passed the filters, before the budget was applied.")
    ]
    fitting: Annotated[
        int, Field(description="Number of considered candidates that keep every bound, before collapsing.")
    ]
    undecided: Annotated[
        int,
        Field(
            description="Number of considered candidates that break no bound but lack the number of a "
            "bounded metric."
        ),
    ]
    failed: Annotated[int, Field(description="Number of considered candidates whose measurement failed.")]
    eliminated: Annotated[
        dict[Metric, int],
        Field(
            description="Number of candidates that break each bound. A candidate that breaks several bounds "
            "is counted for each."
        ),
    ]
    eliminated_only_by: Annotated[
        dict[Metric, int],
        Field(
            description="Number of candidates that break the bound on this metric and keep all other bounds."
        ),
    ]
    eliminated_together: Annotated[
        list[TogetherView],
        Field(
            description="Number of candidates for each combination of broken bounds. Each candidate is "
            "counted once. Only the 20 most frequent combinations are listed."
        ),
    ]
    unknown: Annotated[
        dict[Metric, int],
        Field(description="Number of candidates that lack the number of each bounded metric."),
    ]
    unknown_remedies: Annotated[
        dict[Metric, str], Field(description="How to get the numbers that candidates lack, by metric.")
    ]
    required_probability: Annotated[
        float | None,
        Field(
            description="Probability of keeping the budget that each candidate needs by itself, so that all "
            "recommended candidates together reach the requested `confidence`."
        ),
    ] = None
    near_misses: Annotated[
        list[CandidateView],
        Field(
            description="Nearest candidates outside the budget, the nearest one first. Each is of another "
            "architecture, and no candidate of that architecture fits."
        ),
    ]
    relaxations: Annotated[
        list[RelaxationView],
        Field(description="Smallest change of each side of each bound that admits another candidate."),
    ]
    joint_relaxation: Annotated[
        JointRelaxationView | None,
        Field(
            description="Smallest widening of all bounds by one share. Absent if a candidate fits already."
        ),
    ] = None
    fewest_relaxation: Annotated[
        FewestRelaxationView | None,
        Field(description="Change of as few bounds as possible. Absent if a candidate fits already."),
    ] = None
    catalog_revision: Annotated[int, Field(description=REVISION)]
