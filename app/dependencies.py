"""What endpoints are given."""

from typing import Annotated

from fastapi import Depends, Query, Request

from app.questions.held_candidates import CandidateCache
from catalog.storage.database import Catalog

Text = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]
PageLimit = Annotated[int, Query(ge=1, le=200)]


def open_catalog(request: Request) -> Catalog:
    """The application's catalog, opened by the first request that needs it."""
    catalog: Catalog = request.app.state.catalog()
    return catalog


def held_candidates(request: Request) -> CandidateCache:
    """The application's candidates."""
    candidates: CandidateCache = request.app.state.candidates
    return candidates


OpenCatalog = Annotated[Catalog, Depends(open_catalog)]
HeldCandidates = Annotated[CandidateCache, Depends(held_candidates)]
