"""What endpoints are given."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from app.questions.held_candidates import CandidateCache
from app.serving import ServedCatalog
from catalog.storage.database import Catalog

# Both are coroutines: FastAPI hands a function over to a thread, which takes longer than these do.


async def open_catalog(request: Request) -> Catalog:
    """The application's catalog, opened by the first request that needs it."""
    catalog: ServedCatalog = request.app.state.catalog
    opened = catalog.opened
    return await run_in_threadpool(catalog) if opened is None else opened


async def held_candidates(request: Request) -> CandidateCache:
    """The application's candidate cache."""
    candidates: CandidateCache = request.app.state.candidates
    return candidates


OpenCatalog = Annotated[Catalog, Depends(open_catalog)]
HeldCandidates = Annotated[CandidateCache, Depends(held_candidates)]
