"""Liveness and readiness."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.responses import problems
from app.dependencies import OpenCatalog
from catalog.storage.database import revision

router = APIRouter(tags=["health"])


class Liveness(BaseModel):
    """The answer of a process that is alive."""

    status: Annotated[str, Field(description="`ok` if the process answers.")] = "ok"


class Readiness(BaseModel):
    """The answer of a process that can read its catalog."""

    status: Annotated[str, Field(description="`ready` if the catalog can be read.")] = "ready"
    catalog_revision: Annotated[int, Field(description="Revision of the catalog.")]


@router.get("/healthz", response_description="The process is alive.")
def healthz() -> Liveness:
    """Say whether the process answers."""
    return Liveness()


@router.get("/readyz", response_description="The catalog can be read.", responses=problems())
def readyz(catalog: OpenCatalog) -> Readiness:
    """Say whether the catalog can be read."""
    with catalog.read() as session:
        return Readiness(catalog_revision=revision(session))
