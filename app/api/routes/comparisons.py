"""Frontier, comparison and placements of candidates."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.api import caching
from app.api.routes.recommendations import configuration_of
from app.contract.comparisons import (
    CandidateFilters,
    CompareResponse,
    CompareSearch,
    FrontierResponse,
    FrontierSearch,
)
from app.contract.placements import PlacementRequest, PlacementsResponse
from app.contract.problems import Problem
from app.dependencies import HeldCandidates, OpenCatalog
from app.presentation.comparisons import compare_response, frontier_response
from app.presentation.placements import placements_response
from app.questions import comparison
from app.questions.placements import PlacementQuestion, place
from app.questions.question import ConfigurationFilter, Question
from app.ranking.budget import Bound, Budget

router = APIRouter(tags=["comparisons"])
_PROBLEMS: dict[int | str, dict[str, Any]] = {422: {"model": Problem}, 503: {"model": Problem}}
_UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The answer has not changed since the given ETag."}
}


@router.get(
    "/v1/frontier",
    response_model=FrontierResponse,
    response_description="The Pareto frontier.",
    response_model_exclude_none=True,
    responses={**_UNCHANGED, **_PROBLEMS},
)
def get_frontier(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    candidates: HeldCandidates,
    search: Annotated[FrontierSearch, Query()],
) -> FrontierResponse | Response:
    """Give the Pareto frontier of two metrics on a target, with one candidate for each architecture."""
    found = comparison.frontier(catalog, (search.x, search.y), _question(search), candidates)
    same = caching.unchanged(request, response, found.catalog_revision)
    return same or frontier_response(found)


@router.get(
    "/v1/compare",
    response_model=CompareResponse,
    response_description="The compared candidates.",
    response_model_exclude_none=True,
    responses={**_UNCHANGED, **_PROBLEMS},
)
def get_compare(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    candidates: HeldCandidates,
    search: Annotated[CompareSearch, Query()],
) -> CompareResponse | Response:
    """Compare two to five candidates on a target."""
    found = comparison.compare(catalog, search.candidate, _question(search), candidates)
    same = caching.unchanged(request, response, found.catalog_revision)
    return same or compare_response(found)


@router.post(
    "/v1/placements",
    response_description="Targets and configurations that run the checkpoint within the budget.",
    response_model_exclude_none=True,
    responses={400: {"model": Problem}, 413: {"model": Problem}, **_PROBLEMS},
)
def post_placements(
    request: PlacementRequest, catalog: OpenCatalog, candidates: HeldCandidates
) -> PlacementsResponse:
    """Find the targets and configurations that run a checkpoint within a budget."""
    size = request.input_size
    found, revision = place(
        catalog,
        PlacementQuestion(
            checkpoint=request.checkpoint,
            budget=Budget(
                tuple(Bound(metric, bound.min, bound.max) for metric, bound in request.budget.items()),
                request.confidence,
            ),
            targets=tuple(request.targets),
            configuration=configuration_of(request.configuration),
            input_size=(size.min, size.max) if size else None,
            limit=request.limit,
        ),
        candidates,
    )
    return placements_response(request.checkpoint, found, revision)


def _question(search: CandidateFilters) -> Question:
    return Question(
        target=search.target,
        input_size=(search.input_size, search.input_size) if search.input_size else None,
        configuration=ConfigurationFilter(
            runtime=search.runtime,
            precision=search.precision,
            compiled=() if search.compiled is None else (search.compiled,),
        ),
        commercial_use=search.commercial_use,
    )
