"""The training plan."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.training.advice import Topic


class SourceView(BaseModel):
    """A publication, page or measurement that advice rests on."""

    title: Annotated[str, Field(description="Title of the source.")]
    url: Annotated[str | None, Field(description="Address of the source, if it has one.")] = None


class AdviceView(BaseModel):
    """One line of a training plan. It is advice and was not measured on the user's images."""

    topic: Annotated[Topic, Field(description="What the advice is about.")]
    value: Annotated[
        float | int | str | None,
        Field(description="The recommended setting. Absent if more must be known to choose it."),
    ] = None
    unit: Annotated[str | None, Field(description="Unit of the recommended setting, if it has one.")] = None
    parameters: Annotated[
        dict[str, float | str],
        Field(description="Further settings, and the numbers that the advice was computed from."),
    ]
    text: Annotated[str, Field(description="The advice in words.")]
    provenance: Annotated[
        str,
        Field(
            description="`advice` if the line rests on its sources alone, else also what it was computed "
            "from."
        ),
    ]
    sources: Annotated[list[SourceView], Field(description="Publications and runs that the advice rests on.")]
