"""Liveness and readiness."""

from fastapi import APIRouter

from app.api.responses import problems
from app.contract.health import Liveness, Readiness
from app.dependencies import OpenCatalog
from catalog.storage.database import revision

router = APIRouter(tags=["health"])


@router.get("/healthz", response_description="The process is alive.")
def healthz() -> Liveness:
    """Say whether the process answers."""
    return Liveness()


@router.get("/readyz", response_description="The catalog can be read.", responses=problems())
def readyz(catalog: OpenCatalog) -> Readiness:
    """Say whether the catalog can be read."""
    with catalog.read() as session:
        return Readiness(catalog_revision=revision(session))
