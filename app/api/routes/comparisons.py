"""Frontier, comparison and placements of candidates."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api import caching
from app.api.guards.strictness import StrictRoute
from app.api.responses import UNCHANGED, body_problems, problems
from app.contract.answers.comparisons import (
    CompareResponse,
    CompareSearch,
    FrontierResponse,
    FrontierSearch,
)
from app.contract.answers.placements import PlacementRequest, PlacementsResponse
from app.dependencies import HeldCandidates, OpenCatalog
from app.presentation.answers.comparisons import compare_response, frontier_response
from app.presentation.answers.placements import placements_response
from app.presentation.requests.questions import (
    candidate_question_of,
    frontier_question_of,
    placement_question_of,
)
from app.questions.answers import comparison
from app.questions.answers.placements import place

router = APIRouter(tags=["comparisons"], route_class=StrictRoute)


@router.get(
    "/v1/frontier",
    response_model=FrontierResponse,
    response_description="The Pareto frontier.",
    response_model_exclude_none=True,
    responses=UNCHANGED | problems(HTTPStatus.UNPROCESSABLE_ENTITY),
)
def get_frontier(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    candidates: HeldCandidates,
    search: Annotated[FrontierSearch, Query()],
) -> FrontierResponse | Response:
    """Give the Pareto frontier of two metrics on a target."""
    question = frontier_question_of(search)
    frontier = comparison.frontier(catalog, (search.x, search.y), question, candidates)
    same = caching.unchanged(request, response, frontier.catalog_revision)
    return same or frontier_response(frontier)


@router.get(
    "/v1/compare",
    response_model=CompareResponse,
    response_description="The compared candidates.",
    response_model_exclude_none=True,
    responses=UNCHANGED | problems(HTTPStatus.UNPROCESSABLE_ENTITY),
)
def get_compare(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    candidates: HeldCandidates,
    search: Annotated[CompareSearch, Query()],
) -> CompareResponse | Response:
    """Compare two to five candidates on a target."""
    question = candidate_question_of(search)
    compared = comparison.compare(catalog, search.candidate, question, candidates)
    same = caching.unchanged(request, response, compared.catalog_revision)
    return same or compare_response(compared)


@router.post(
    "/v1/placements",
    response_description="Targets and configurations that run the checkpoint within the budget.",
    response_model_exclude_none=True,
    responses=body_problems(),
)
def post_placements(
    request: PlacementRequest, catalog: OpenCatalog, candidates: HeldCandidates
) -> PlacementsResponse:
    """Find the targets and configurations that run a checkpoint within a budget."""
    question = placement_question_of(request)
    return placements_response(place(catalog, question, candidates))
