"""What endpoints are given, and which state of the catalog: while the database is out of reach, the last."""

from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.questions.candidates.held_candidates import CandidateCache
from app.serving import ServedCatalog
from app.snapshots import Pauses, Snapshot, Snapshots
from catalog.errors import CatalogUnavailable
from catalog.storage.database import Catalog

SNAPSHOT = "archrank.snapshot"
"""Where a request's scope has the snapshot that it is answered from. Absent where the catalog answers."""
STALE_HEADER = "Archrank-Stale"
_STALE_HEADERS: dict[str, Any] = {
    STALE_HEADER: {
        "description": "Present while the catalog's database cannot be reached. The answer is from the last "
        "state of the catalog that the server has copied. The value is the time (RFC 3339) at which the "
        "database was last seen in this state.",
        "schema": {"type": "string", "format": "date-time"},
    },
    "Age": {
        "description": "Present beside Archrank-Stale: seconds since the database was last in this state.",
        "schema": {"type": "integer", "minimum": 0},
    },
}


# All of these are coroutines: FastAPI hands a function over to a thread, which takes longer than these do.


async def live_catalog(request: Request) -> Catalog:
    """The application's catalog, opened by the first request that needs it."""
    catalog: ServedCatalog = request.app.state.catalog
    opened = catalog.opened
    return await run_in_threadpool(catalog) if opened is None else opened


async def open_catalog(request: Request) -> Catalog:
    """The application's catalog, or its snapshot where a `FallbackRoute` answers from that."""
    snapshot: Snapshot | None = request.scope.get(SNAPSHOT)
    return await live_catalog(request) if snapshot is None else snapshot.catalog


async def held_candidates(request: Request) -> CandidateCache:
    """The application's candidate cache. That of the snapshot is another: both have the same targets."""
    state = request.app.state
    candidates: CandidateCache = state.snapshot_candidates if SNAPSHOT in request.scope else state.candidates
    return candidates


OpenCatalog = Annotated[Catalog, Depends(open_catalog)]
"""The catalog to answer questions from."""
LiveCatalog = Annotated[Catalog, Depends(live_catalog)]
"""The catalog to write to, and to look keys up in: never a snapshot."""
HeldCandidates = Annotated[CandidateCache, Depends(held_candidates)]


class FallbackRoute(APIRoute):
    """A route that answers from the last snapshot of the catalog while its database is out of reach."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if _reads_catalog(self.dependant):
            self.openapi_extra = _with_stale_headers(self.openapi_extra or {})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if not _reads_catalog(self.dependant):
            return handle

        async def fall_back(request: Request) -> Response:
            snapshots: Snapshots = request.app.state.snapshots
            pauses: Pauses = request.app.state.pauses
            if snapshots.latest is None or pauses.may_ask():
                began = monotonic()
                try:
                    response = await handle(request)
                except CatalogUnavailable:
                    pauses.failed(monotonic() - began)
                    if snapshots.latest is None:
                        raise
                else:
                    pauses.answered()
                    if (opened := request.app.state.catalog.opened) is not None:
                        snapshots.renew(opened)
                    return response
            # The body was read, and the request holds it.
            request.scope[SNAPSHOT] = snapshots.latest
            return await handle(request)

        return fall_back


def _reads_catalog(dependant: Dependant) -> bool:
    return any(one.call is open_catalog or _reads_catalog(one) for one in dependant.dependencies)


def _with_stale_headers(extra: dict[str, Any]) -> dict[str, Any]:
    return {**extra, "responses": {"200": {"headers": _STALE_HEADERS}}}
