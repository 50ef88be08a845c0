"""The training plan."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.training.advice import Topic


class SourceView(BaseModel):
    """Where advice comes from."""

    title: str
    url: str | None = None


class AdviceView(BaseModel):
    """One line of a training plan. It is advice: nothing of it was measured on the user's images."""

    topic: Topic
    value: Annotated[float | int | str | None, Field(description="Absent where it cannot be told.")] = None
    unit: str | None = None
    parameters: dict[str, float | str]
    text: str
    provenance: Annotated[str, Field(description="`advice`, or what a number was computed from.")]
    sources: list[SourceView]
