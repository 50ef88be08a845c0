"""Liveness and readiness."""

from fastapi import APIRouter
from pydantic import BaseModel

from app.contract.problems import Problem
from app.dependencies import OpenCatalog
from catalog.storage.database import revision

router = APIRouter(tags=["health"])


class Liveness(BaseModel):
    status: str = "ok"


class Readiness(BaseModel):
    status: str = "ready"
    catalog_revision: int


@router.get("/healthz")
def healthz() -> Liveness:
    """The process answers."""
    return Liveness()


@router.get("/readyz", responses={503: {"model": Problem}})
def readyz(catalog: OpenCatalog) -> Readiness:
    """The catalog can be read."""
    with catalog.read() as session:
        return Readiness(catalog_revision=revision(session))
