"""What the API offers, at its root."""

from typing import Annotated

from pydantic import BaseModel, Field


class OperationView(BaseModel):
    """An operation of the API."""

    method: Annotated[str, Field(description="HTTP method, as GET.")]
    path: Annotated[str, Field(description="Path of the operation. Names in braces are parameters.")]
    summary: Annotated[str, Field(description="What the operation does, in a sentence.")]


class IndexView(BaseModel):
    """The name and the version of the server, and every operation of the API."""

    name: Annotated[str, Field(description="Name of the program that answers.")]
    version: Annotated[str, Field(description="Version of the program that answers.")]
    documentation: Annotated[str, Field(description="Path of the OpenAPI document.")]
    operations: Annotated[list[OperationView], Field(description="Operations of the API, by path.")]
