"""What endpoints are given."""

from typing import Annotated

from fastapi import Depends, Request

from app.questions.held_candidates import CandidateCache
from catalog.storage.database import Catalog


def open_catalog(request: Request) -> Catalog:
    """The application's catalog, opened by the first request that needs it."""
    catalog: Catalog = request.app.state.catalog()
    return catalog


def held_candidates(request: Request) -> CandidateCache:
    """The application's candidate cache."""
    candidates: CandidateCache = request.app.state.candidates
    return candidates


OpenCatalog = Annotated[Catalog, Depends(open_catalog)]
HeldCandidates = Annotated[CandidateCache, Depends(held_candidates)]
