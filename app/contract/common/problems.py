"""Problem documents (RFC 9457)."""

from typing import Annotated

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    field: Annotated[str, Field(description="Path of the field, as budget.latency_ms, or `body`.")]
    detail: Annotated[str, Field(description="What is wrong with the field.")]
    allowed: Annotated[
        list[str] | None, Field(description="What the field may be, if that can be listed.")
    ] = None


class Problem(BaseModel):
    """An error as problem details of RFC 9457."""

    type: Annotated[str, Field(description="Kind of problem. `about:blank` adds nothing to the status.")] = (
        "about:blank"
    )
    title: Annotated[str, Field(description="The HTTP status in words.")]
    status: Annotated[int, Field(description="The HTTP status as a number.")]
    detail: Annotated[str, Field(description="What went wrong, and what to do next.")]
    instance: Annotated[str, Field(description="Path of the request.")]
    errors: Annotated[list[Fault], Field(description="Each thing that is wrong with the request.")] = []
