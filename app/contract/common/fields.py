"""What several requests and answers share: types of fields, descriptions, numbers and pages of lists."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Provenance

MOST_PIXELS = 100_000
Limit = Annotated[int, Field(strict=True, ge=1, le=200)]
Pixels = Annotated[int, Field(strict=True, ge=1, le=MOST_PIXELS)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
# The largest data sets of images have some ten billion (DataComp, LAION).
Images = Annotated[int, Field(strict=True, ge=1, le=100_000_000_000)]
Number = Annotated[FiniteFloat, Field(strict=True, ge=0)]
Weight = Annotated[FiniteFloat, Field(strict=True, gt=0, le=1e6)]
# Text that a database may be asked for. PostgreSQL refuses NUL.
ShortText = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]

# Descriptions that several requests share.
TARGET = "Id of a target. `local` is the machine that answers."
BUDGET = "Bounds by metric. A candidate must keep every bound."
CONFIDENCE = (
    "How sure you want to be that every recommended model keeps the budget. Higher values recommend fewer "
    "models. It is for all measured models together. Each model whose numbers were estimated or published "
    "keeps the budget with this probability when it is measured. "
    "Intervals from few processes say little about rare errors. If absent, a candidate fits if its numbers "
    "lie within the bounds."
)
CURSOR = "Position to continue a list from, as the `Link` header gives it."
PAGE_LIMIT = "Largest number of items on a page."

# Descriptions that several answers share.
REVISION = "Revision of the catalog that the answer was computed from."
CONSIDERED = "Number of candidates that passed the filters, before the budget was applied."
ELIMINATED = (
    "Number of candidates that break each bound. A candidate that breaks several bounds is counted for each."
)
LACKING = "Number of candidates that lack the number of each bounded metric."


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
    max: Annotated[Pixels, Field(description="The largest input size, in pixels.")] = MOST_PIXELS

    @model_validator(mode="after")
    def _ordered(self) -> "SizeRange":
        if self.min > self.max:
            raise ValueError("min is larger than max. Give a min that is at most max.")
        return self


def _as_range(size: Any) -> Any:
    """A single size as the range from the size to itself."""
    return {"min": size, "max": size} if isinstance(size, int) and not isinstance(size, bool) else size


InputSizes = Annotated[
    SizeRange | None,
    BeforeValidator(_as_range, json_schema_input_type=Pixels | SizeRange | None),
    Field(description="Allowed input sizes in pixels: one size, or a range."),
]


class MetricSchema(BaseModel):
    """A number in the unit of its metric, with its interval and its origin."""

    value: Annotated[float, Field(description="The number, in the unit of its metric.")]
    low: Annotated[
        float | None, Field(description="Lower end of the interval. Absent if the number has no interval.")
    ] = None
    high: Annotated[
        float | None, Field(description="Upper end of the interval. Absent if the number has no interval.")
    ] = None
    level: Annotated[
        float | None,
        Field(description="Confidence level of the interval, as 0.95. Absent if the number has no interval."),
    ] = None
    processes: Annotated[
        int | None, Field(description="Number of processes that the interval was computed from.")
    ] = None
    blocks: Annotated[
        int | None,
        Field(
            description="Number of blocks of calls that the interval was computed from. Absent for memory, "
            "which is read once a process."
        ),
    ] = None
    degrees_of_freedom: Annotated[
        float | None,
        Field(
            description="Degrees of freedom of the interval, a t interval of the number's logarithm. Absent "
            "if the number has no interval, or if they are unknown."
        ),
    ] = None
    provenance: Annotated[Provenance, Field(description="Origin of the number.")]
    doubts: Annotated[list[Doubt], Field(description="Reasons to distrust the number.")] = []
    measured_at: Annotated[
        datetime | None,
        Field(
            description="Time of the measurement. For a published number, the earliest possible time. For an "
            "estimate, the time at which it was computed."
        ),
    ] = None


class Page(BaseModel):
    """A page of a list. If there is a next page, the header `Link: <...>; rel="next"` names its address."""
