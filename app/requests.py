"""The contract of the API (version 1): what a request may contain. Answers: schemas.py."""

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
_TARGET = "Id of a target. `local` is the machine that answers."
_BUDGET = "Bounds by metric. A candidate must keep every bound."
_CONFIDENCE = (
    "How sure you want to be that every recommended model keeps the budget. Higher values recommend fewer "
    "models. Intervals from few processes say little about rare errors. If absent, a candidate fits if its "
    "numbers lie within the bounds."
)
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class Request(BaseModel):
    """A request. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class BoundSchema(Request):
    """A bound on a metric, in the metric's unit. Give `min`, `max` or both."""

    min: Annotated[Number | None, Field(description="The smallest value that is accepted.")] = None
    max: Annotated[Number | None, Field(description="The largest value that is accepted.")] = None

    @model_validator(mode="after")
    def _ordered(self) -> "BoundSchema":
        if self.min is None and self.max is None:
            raise ValueError("Give min, max or both.")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is larger than max. Give a min that is at most max.")
        return self


class SizeRange(Request):
    """A closed range of input sizes, in pixels."""

    min: Annotated[Pixels, Field(description="The smallest input size, in pixels.")] = 1
    max: Annotated[Pixels, Field(description="The largest input size, in pixels.")] = 100_000

    @model_validator(mode="after")
    def _ordered(self) -> "SizeRange":
        if self.min > self.max:
            raise ValueError("min is larger than max. Give a min that is at most max.")
        return self


class ConfigurationSchema(Request):
    """Configurations to consider. A field that is absent or empty allows every value."""

    runtime: Annotated[
        list[RuntimeName], Field(description="Allowed runtimes. Empty allows every runtime.")
    ] = []
    precision: Annotated[
        list[Precision], Field(description="Allowed precisions. Empty allows every precision.")
    ] = []
    batch_size: Annotated[list[Count], Field(description="Allowed numbers of images in one call.")] = []
    threads: Annotated[list[Count], Field(description="Allowed numbers of CPU threads.")] = []
    batch_policy: Annotated[list[BatchPolicy], Field(description="Allowed ways to choose the batch.")] = []
    layout: Annotated[
        list[Layout], Field(description="Allowed orders of the image tensor's dimensions.")
    ] = []
    scenario: Annotated[list[Scenario], Field(description="Allowed scenarios.")] = []
    clients: Annotated[list[Count], Field(description="Allowed numbers of clients that call at once.")] = []
    compiled: Annotated[
        bool | None, Field(strict=True, description="Whether torch.compile must have compiled the network.")
    ] = None


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


class WeightsSchema(Request):
    """An objective of several metrics, each with its weight."""

    weights: Annotated[
        dict[Metric, Weight],
        Field(
            min_length=1,
            description="Weight of each metric. Only the proportions of the weights matter.",
        ),
    ]


if TYPE_CHECKING:
    ObjectiveName = StrEnum
else:
    ObjectiveName = StrEnum("ObjectiveName", {name.name: name.value for name in (*Scheme, *Metric)})
    ObjectiveName.__doc__ = "A scheme that weighs several metrics, or one metric."


class FamiliesSchema(Request):
    """Architectures to consider or to exclude, by family."""

    include: Annotated[list[str], Field(description="Consider only these families of timm.")] = []
    exclude: Annotated[list[str], Field(description="Exclude these families of timm.")] = []


def _as_range(size: Any) -> Any:
    """A single size as the range from the size to itself."""
    return {"min": size, "max": size} if isinstance(size, int) and not isinstance(size, bool) else size


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

    target: Annotated[str, Field(description=_TARGET)] = "local"
    budget: Annotated[dict[Metric, BoundSchema], Field(description=_BUDGET)] = {}
    input_size: Annotated[
        SizeRange | None,
        BeforeValidator(_as_range, json_schema_input_type=Pixels | SizeRange | None),
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
            description=_CONFIDENCE,
        ),
    ] = None
    limit: Annotated[Limit, Field(description="Largest number of recommendations.")] = 10

    @model_validator(mode="after")
    def _training_is_asked_for(self) -> "RecommendationRequest":
        if "training" in self.model_fields_set and Include.TRAINING_PLAN not in self.include:
            raise ValueError('training needs a training plan. Add "include": ["training_plan"].')
        return self


class _ArchitectureFilters(Request):
    """Conditions on an architecture. An unknown property meets no condition."""

    q: Annotated[Words | None, Field(description="A part of the name, of the family or of a tag.")] = None
    family: Annotated[Words | None, Field(description="Whole name of the family: the module of timm.")] = None
    tag: Annotated[
        list[Words],
        Field(max_length=20, description="Whole name of a tag. An architecture must have every given tag."),
    ] = []
    license: Annotated[
        Words | None,
        Field(description="Licence that a checkpoint must have, as an SPDX identifier or as timm names it."),
    ] = None
    commercial_use: Annotated[
        bool | None, Field(description="Whether the licence of a checkpoint must allow commercial use.")
    ] = None
    exclude_training_data: Annotated[
        list[Words], Field(max_length=60, description="Data sets that a checkpoint must not be trained on.")
    ] = []
    target: Annotated[
        Words | None,
        Field(
            description="Id of a target that must have numbers of the architecture. Bounds on speed and "
            "memory are tested on this target."
        ),
    ] = None
    cursor: Annotated[
        Words | None, Field(description="Position to continue a list from, as the `Link` header gives it.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=200, description="Largest number of items on a page.")] = 50

    def ranges(self) -> dict[Metric, tuple[float | None, float | None]]:
        """The bounds min_METRIC and max_METRIC, of the metrics that have one."""
        bounds = {
            metric: (getattr(self, f"min_{metric}"), getattr(self, f"max_{metric}")) for metric in Metric
        }
        return {metric: sides for metric, sides in bounds.items() if sides != (None, None)}


_UNITS = {
    "%": "percent",
    "M": "millions",
    "G": "billions",
    "%/G": "percent per billion",
    "%/M": "percent per million",
}


def _range_fields() -> dict[str, Any]:
    """The fields min_METRIC and max_METRIC of every metric."""
    sides = {"min": "Lower", "max": "Upper"}
    units = {metric: _UNITS.get(metric.unit, metric.unit) for metric in Metric}
    return {
        f"{side}_{metric}": (
            Annotated[
                FiniteFloat | None,
                Field(
                    ge=0,
                    description=f"{side_words} bound on the {metric.meaning}, in {units[metric]}.",
                ),
            ],
            None,
        )
        for metric in Metric
        for side, side_words in sides.items()
    }


if TYPE_CHECKING:

    class ArchitectureSearch(_ArchitectureFilters):
        """With min_METRIC and max_METRIC for every metric."""

else:
    ArchitectureSearch = create_model("ArchitectureSearch", __base__=_ArchitectureFilters, **_range_fields())


class PlacementRequest(Request):
    """A checkpoint and the budget that it must keep."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"checkpoint": "resnet50.a1_in1k", "budget": {"throughput_ips": {"min": 1000}}}]
        },
    )

    checkpoint: Annotated[
        Words,
        Field(description="Name of a checkpoint. The name of an architecture asks for all its checkpoints."),
    ]
    budget: Annotated[dict[Metric, BoundSchema], Field(description=_BUDGET)] = {}
    targets: Annotated[
        list[Words], Field(max_length=100, description="Ids of targets. Empty asks for every target.")
    ] = []
    input_size: Annotated[
        SizeRange | None,
        BeforeValidator(_as_range, json_schema_input_type=Pixels | SizeRange | None),
        Field(description="Allowed input sizes in pixels: one size, or a range."),
    ] = None
    configuration: Annotated[ConfigurationSchema, Field(description="Configurations to consider.")] = (
        ConfigurationSchema()
    )
    confidence: Annotated[float | None, Field(gt=0, lt=1, strict=True, description=_CONFIDENCE)] = None
    limit: Annotated[Limit, Field(description="Largest number of configurations on each target.")] = 10


class CandidateFilters(Request):
    """Candidates of a target to consider. An absent field allows every value."""

    target: Annotated[Words, Field(description=_TARGET)] = "local"
    runtime: Annotated[
        list[RuntimeName], Field(description="Allowed runtimes. Empty allows every runtime.")
    ] = []
    precision: Annotated[
        list[Precision], Field(description="Allowed precisions. Empty allows every precision.")
    ] = []
    compiled: Annotated[
        bool | None, Field(description="Whether torch.compile must have compiled the network.")
    ] = None
    input_size: Annotated[
        int | None, Field(ge=1, le=100_000, description="The only allowed input size, in pixels.")
    ] = None
    commercial_use: Annotated[
        bool | None, Field(description="Whether the licence must allow commercial use.")
    ] = None


class FrontierSearch(CandidateFilters):
    """Two metrics whose Pareto frontier is asked for."""

    x: Annotated[Metric, Field(description="First metric of the frontier.")] = Metric.LATENCY_MS
    y: Annotated[Metric, Field(description="Second metric of the frontier.")] = Metric.TOP1

    @model_validator(mode="after")
    def _differ(self) -> "FrontierSearch":
        if self.x is self.y:
            raise ValueError("x and y are the same metric. Choose two different metrics.")
        return self


class CompareSearch(CandidateFilters):
    """Two to five candidates to compare."""

    candidate: Annotated[
        list[Words],
        Field(
            min_length=2,
            max_length=5,
            description="Names of checkpoints. An architecture's name asks for its most accurate checkpoint.",
        ),
    ]
