"""Frontier and comparison: the queries and the answers."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
    model_validator,
)

from app.contract.candidates import CandidateView
from app.contract.fields import Request, Words
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, RuntimeName


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
