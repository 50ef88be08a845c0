"""The chart of the page: candidates as points of two metrics."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from catalog.words.metrics import Direction, Metric


class PointState(StrEnum):
    """What became of a point's candidate. A candidate that is `ranked` has a row of the answer."""

    RANKED = "ranked"
    FITS = "fits"
    ELIMINATED = "eliminated"
    UNKNOWN = "unknown"


class AxisView(BaseModel):
    """One axis of the chart."""

    metric: Annotated[Metric, Field(description="The metric of the axis.")]
    title: Annotated[str, Field(description="Title of the axis, without its unit.")]
    unit: Annotated[str, Field(description="Unit of the metric.")]
    decimals: Annotated[
        int,
        Field(description="Decimals of a number, and fewer beyond its fourth digit."),
    ]
    logarithmic: Annotated[bool, Field(description="Whether the axis is logarithmic.")]
    better: Annotated[Direction, Field(description="Direction in which the metric gets better.")]
    minimum: Annotated[float | None, Field(description="Lower bound of the budget.")] = None
    maximum: Annotated[float | None, Field(description="Upper bound of the budget.")] = None


@dataclass(slots=True)
class PointView:
    """A candidate: the best one of its architecture, or one that the answer ranks.

    A chart has hundreds. As a dataclass, a point is made and written in a quarter of a model's time.
    """

    name: Annotated[str, Field(description="Name of the checkpoint, or of an architecture without one.")]
    architecture: Annotated[str, Field(description="Name of the architecture.")]
    family: Annotated[int, Field(description="Position of the family in `families`. -1 if unknown.")]
    x: Annotated[list[float], Field(description="Value on the first axis, then its interval, if any.")]
    y: Annotated[list[float], Field(description="Value on the second axis, then its interval, if any.")]
    params: Annotated[float | None, Field(description="Parameters, in millions.")]
    state: Annotated[PointState, Field(description="What became of the candidate.")]
    hollow: Annotated[str, Field(description="Why a number of the point is not firm. Empty if it is.")]
    why: Annotated[
        str,
        Field(
            description="The rank, or the reason for which the candidate is eliminated. On the frontier, "
            "also in which metric the candidate is within the error of the previous point."
        ),
    ]


class ChartView(BaseModel):
    """Candidates of an answer as points, and the frontier of those that keep the budget."""

    x: Annotated[AxisView, Field(description="The first axis.")]
    y: Annotated[AxisView, Field(description="The second axis.")]
    families: Annotated[list[str], Field(description="Families, the one with most points first.")]
    points: Annotated[list[PointView], Field(description="The points, eliminated ones first.")]
    frontier: Annotated[
        list[int], Field(description="Positions of the frontier's points, by the first axis.")
    ]
    lacking: Annotated[int, Field(description="Number of architectures that lack a number of an axis.")]
