"""Liveness and readiness."""

from fastapi import APIRouter, Request

from app.api.guards.strictness import StrictRoute
from app.api.responses import problems
from app.contract.server.health import Liveness, Readiness
from app.serving import ServedCatalog
from app.snapshots import Pauses
from catalog.storage.database import revision

router = APIRouter(tags=["health"], route_class=StrictRoute)


@router.get("/healthz", response_description="The process is alive.")
def healthz() -> Liveness:
    """Say whether the process answers."""
    return Liveness()


@router.get("/readyz", response_description="The catalog can be read.", responses=problems())
def readyz(request: Request) -> Readiness:
    """Say whether the catalog can be read. An SQLite file is read whole whenever it has changed."""
    served: ServedCatalog = request.app.state.catalog
    with served.require_sound().read() as session:
        readiness = Readiness(catalog_revision=revision(session))
    pauses: Pauses = request.app.state.pauses
    pauses.answered()
    return readiness
