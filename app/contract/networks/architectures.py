"""Searching architectures: the query and the items of the answer."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, FiniteFloat, ValidationInfo, create_model, field_validator

from app.contract.common.fields import CURSOR, PAGE_LIMIT, MetricSchema, Page, Request, ShortText
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form

# Units that are signs, in words.
_UNITS = {
    "%": "percent",
    "M": "millions",
    "G": "billions",
    "%/G": "percent per billion",
    "%/M": "percent per million",
}


class _ArchitectureFilters(Request):
    """Conditions on an architecture. An unknown property meets no condition."""

    q: Annotated[ShortText | None, Field(description="A part of the name, of the family or of a tag.")] = None
    family: Annotated[
        ShortText | None,
        Field(description="Whole name of a family: a module of timm, or a family within a module."),
    ] = None
    tag: Annotated[
        list[ShortText],
        Field(max_length=20, description="Whole name of a tag. An architecture must have every given tag."),
    ] = []
    license: Annotated[
        ShortText | None,
        Field(description="Licence that a checkpoint must have, as an SPDX identifier or as timm names it."),
    ] = None
    commercial_use: Annotated[
        bool | None, Field(description="Whether the licence of a checkpoint must allow commercial use.")
    ] = None
    exclude_training_data: Annotated[
        list[ShortText],
        Field(max_length=60, description="Data sets that a checkpoint must not be trained on."),
    ] = []
    training_methods: Annotated[
        list[ShortText],
        Field(
            max_length=20,
            description="Kinds of training, as supervised. A checkpoint must have one kind of the list.",
        ),
    ] = []
    exclude_training_methods: Annotated[
        list[ShortText],
        Field(
            max_length=20,
            description="Kinds of training that a checkpoint must not have been trained by, as distillation.",
        ),
    ] = []
    target: Annotated[
        ShortText | None,
        Field(
            description="Id of a target that must have measured or published numbers of the architecture. "
            "Bounds on speed and memory are tested on this target. Estimates do not count."
        ),
    ] = None
    cursor: Annotated[ShortText | None, Field(description=CURSOR)] = None
    limit: Annotated[int, Field(ge=1, le=200, description=PAGE_LIMIT)] = 50

    @field_validator(*(f"max_{metric}" for metric in Metric), check_fields=False)
    @classmethod
    def _is_at_least_the_minimum(cls, maximum: float | None, info: ValidationInfo) -> float | None:
        name = f"min_{str(info.field_name).removeprefix('max_')}"
        minimum = info.data.get(name)
        if maximum is not None and minimum is not None and minimum > maximum:
            raise ValueError(f"{name} is larger. Give a {name} that is at most {info.field_name}.")
        return maximum

    def ranges(self) -> dict[Metric, tuple[float | None, float | None]]:
        """The bounds min_METRIC and max_METRIC, of the metrics that have one."""
        bounds = {
            metric: (getattr(self, f"min_{metric}"), getattr(self, f"max_{metric}")) for metric in Metric
        }
        return {metric: sides for metric, sides in bounds.items() if sides != (None, None)}


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


class WorkloadView(BaseModel):
    """Counts of an architecture at one input size, or the reason why nothing could be counted."""

    form: Annotated[Form, Field(description="Whether the network was in its deployed or its training form.")]
    num_classes: Annotated[int, Field(description="Number of classes of the network's classifier.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    in_chans: Annotated[int, Field(description="Number of channels of the input. Colour images have 3.")]
    metrics: Annotated[dict[Metric, MetricSchema], Field(description="The counted numbers, by metric.")]
    operators: Annotated[
        dict[str, float],
        Field(description="Multiply-accumulates of one image by operator, in units of 10^9."),
    ] = {}
    operator_calls: Annotated[dict[str, int], Field(description="Number of calls of each operator.")] = {}
    count_failure: Annotated[str | None, Field(description="Why nothing could be counted.")] = None
    source: Annotated[str | None, Field(description="Name and version of the program that counted.")] = None


class StageView(BaseModel):
    """A feature map that a detection or segmentation head can use."""

    stride: Annotated[int, Field(description="Stride of the feature map, in pixels of the input.")]
    channels: Annotated[int, Field(description="Number of channels of the feature map.")]


class MostAccurateView(BaseModel):
    """The best published ImageNet top-1 accuracy among an architecture's checkpoints."""

    checkpoint: Annotated[str, Field(description="Name of the most accurate checkpoint.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    top1: Annotated[float, Field(description="ImageNet top-1 accuracy, in percent.")]


class ArchitectureView(BaseModel):
    """An architecture with the counts of its default workload. Absent fields are unknown."""

    name: Annotated[str, Field(description="Name of the architecture, as timm names it.")]
    family: Annotated[str | None, Field(description="Family of the architecture: the module of timm.")] = None
    year: Annotated[int | None, Field(description="Year of the paper that introduced the architecture.")] = (
        None
    )
    tags: Annotated[list[str], Field(description="Words to search by, as transformer.")]
    native_size: Annotated[
        int | None, Field(description="Default height and width of the input, in pixels.")
    ] = None
    metrics: Annotated[
        dict[Metric, MetricSchema],
        Field(description="Counts at the native input size with the default classifier, by metric."),
    ]


class ArchitectureItem(ArchitectureView):
    """An architecture as a list shows it."""

    most_accurate: Annotated[
        MostAccurateView | None,
        Field(description="The checkpoint with the best published ImageNet top-1 accuracy."),
    ] = None
    checkpoints: Annotated[int, Field(description="Number of the architecture's pretrained checkpoints.")]
    training_methods: Annotated[
        list[str],
        Field(description="The methods that the checkpoints were trained by, as distillation."),
    ]


class ArchitecturePage(Page):
    """A page of architectures."""

    items: Annotated[list[ArchitectureItem], Field(description="Architectures, ordered by name.")]
