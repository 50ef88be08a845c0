"""Liveness and readiness."""

from typing import Annotated

from pydantic import BaseModel, Field


class Liveness(BaseModel):
    """The answer of a process that is alive."""

    status: Annotated[str, Field(description="`ok` if the process answers.")] = "ok"


class Readiness(BaseModel):
    """The answer of a process that can read its catalog."""

    status: Annotated[str, Field(description="`ready` if the catalog can be read.")] = "ready"
    catalog_revision: Annotated[int, Field(description="Revision of the catalog.")]
