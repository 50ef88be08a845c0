"""Types of fields that several requests and answers share."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)

from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Provenance

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


def as_range(size: Any) -> Any:
    """One size stands for the range that holds just it."""
    return {"min": size, "max": size} if isinstance(size, int) and not isinstance(size, bool) else size


class MetricSchema(BaseModel):
    """A number with its interval [low, high] at `level`, where it has one, and where it comes from."""

    value: float
    low: float | None = None
    high: float | None = None
    level: float | None = None
    processes: Annotated[int | None, Field(description="How many processes the interval rests on.")] = None
    provenance: Provenance
    doubts: list[Doubt] = []
    measured_at: datetime | None = None
