"""Searching architectures: the query and the items of the answer."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    Field,
    FiniteFloat,
    create_model,
)

from app.contract.fields import MetricSchema, Request, Words
from app.contract.paging import Page
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form


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


class ArchitecturePage(Page):
    items: list[ArchitectureItem]
