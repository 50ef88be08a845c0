"""What a request for recommendations asks."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from app.contract.common.configurations import ConfigurationSchema
from app.contract.common.fields import (
    BUDGET,
    CONFIDENCE,
    TARGET,
    BoundSchema,
    Images,
    InputSizes,
    Limit,
    Number,
    Pixels,
    Request,
    ShortText,
    Weight,
)
from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import Scheme
from catalog.words.metrics import Metric
from catalog.words.optimizers import Optimizer
from catalog.words.vocabulary import Evidence


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
    def _not_empty(self) -> "LicenseSchema":
        if not self.allow and self.commercial_use is None:
            raise ValueError("Give allow, commercial_use or both.")
        return self


class TrainingDataSchema(Request):
    """Data sets that a checkpoint must not be trained on. Unknown training data is excluded too."""

    exclude: Annotated[
        list[str],
        Field(description="Names of data sets, or the beginning of several names, as laion."),
    ] = []


class TrainingMethodsSchema(Request):
    """Kinds of training to consider or to exclude. Either list also excludes unknown training."""

    include: Annotated[
        list[ShortText],
        Field(description="Consider only checkpoints whose training used a listed method, as supervised."),
    ] = []
    exclude: Annotated[
        list[ShortText],
        Field(description="Exclude checkpoints whose training used a listed method, as distillation."),
    ] = []


class TypicalImageSchema(Request):
    """Size of the user's images, in pixels."""

    width: Annotated[Pixels, Field(description="Width of the images, in pixels.")]
    height: Annotated[Pixels, Field(description="Height of the images, in pixels.")]


class TagsSchema(Request):
    """Architectures to consider or to exclude, by tag."""

    include: Annotated[
        list[ShortText], Field(description="Consider only architectures with at least one of the tags.")
    ] = []
    exclude: Annotated[list[ShortText], Field(description="Exclude architectures with any of the tags.")] = []


class Include(StrEnum):
    """A part of the answer that is given on request only."""

    TRAINING_PLAN = "training_plan"


class TrainingSchema(Request):
    """Data and devices for fine-tuning, which the training plan is made for."""

    images: Annotated[Images | None, Field(description="Number of labelled images.")] = None
    validation_images: Annotated[
        Images | None,
        Field(description="Number of validation images. If absent, a fifth of `images` is held out."),
    ] = None
    memory_mb: Annotated[
        Number | None,
        Field(
            gt=0,
            description="Memory of each device, in MB of 10^6 bytes. A GPU with 24 GiB has 25770 MB. If "
            "absent, the upper bound on `train_memory_mb` is used, or else the one on `device_memory_mb`, or "
            "else the memory of the target.",
        ),
    ] = None
    optimizers: Annotated[
        list[Optimizer],
        Field(
            description="Optimisers to describe beside the recommended one, each with its own learning rate. "
            "Empty describes the usual alternative."
        ),
    ] = []
    devices: Annotated[
        int, Field(strict=True, ge=1, le=100_000, description="Number of devices that train together.")
    ] = 1


class FamiliesSchema(Request):
    """Architectures to consider or to exclude, by family."""

    include: Annotated[
        list[str],
        Field(description="Consider only these families: modules of timm, or families within a module."),
    ] = []
    exclude: Annotated[
        list[str], Field(description="Exclude these families: modules of timm, or families within a module.")
    ] = []


class RecommendationRequest(Request):
    """Constraints on the candidates, and what to rank by. An absent field constrains nothing."""

    model_config = ConfigDict(
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
    input_size: InputSizes = None
    typical_image: Annotated[
        TypicalImageSchema | None,
        Field(
            description="Size of your images. Of models with equal scores, one whose input is nearer to your "
            "images comes first. The answer says how much each input enlarges or shrinks an image."
        ),
    ] = None
    configuration: Annotated[ConfigurationSchema, Field(description="Configurations to consider.")] = (
        ConfigurationSchema()
    )
    license: Annotated[LicenseSchema | None, Field(description="Required licence of the checkpoint.")] = None
    training_data: Annotated[
        TrainingDataSchema, Field(description="Data sets that a checkpoint must not be trained on.")
    ] = TrainingDataSchema()
    training_methods: Annotated[
        TrainingMethodsSchema, Field(description="How a checkpoint may have been trained.")
    ] = TrainingMethodsSchema()
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
        list[Evidence],
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
    confidence: Annotated[float | None, Field(gt=0, lt=1, strict=True, description=CONFIDENCE)] = None
    limit: Annotated[Limit, Field(description="Largest number of recommendations.")] = 10
    verify: Annotated[
        bool,
        Field(
            strict=True,
            description="Whether to name the estimated candidates that are worth measuring. The API measures "
            "nothing itself: it answers with the commands to run on the target.",
        ),
    ] = False

    @model_validator(mode="after")
    def _training_is_asked_for(self) -> "RecommendationRequest":
        if "training" in self.model_fields_set and Include.TRAINING_PLAN not in self.include:
            raise ValueError('training needs a training plan. Add "include": ["training_plan"].')
        return self
