"""Recommendations: the ranked candidates of a request."""

from fastapi import APIRouter, Response

from app.api.guards.strictness import StrictRoute
from app.api.responses import as_json, body_problems
from app.contract.answers.questions import RecommendationRequest
from app.contract.answers.recommendations import RecommendationResponse
from app.dependencies import HeldCandidates, OpenCatalog
from app.presentation.answers.recommendations import recommendation_response
from app.presentation.requests.questions import question_of
from app.questions.answers.recommend import recommend

router = APIRouter(tags=["recommendations"], route_class=StrictRoute)


@router.post(
    "/v1/recommendations",
    response_model=RecommendationResponse,
    response_description="The ranked candidates.",
    responses=body_problems(),
)
def post_recommendations(
    request: RecommendationRequest, catalog: OpenCatalog, candidates: HeldCandidates
) -> Response:
    """Rank the candidates of a target that keep a budget, and say why other candidates do not.

    If no candidate fits, the answer is still 200 and names near misses and bounds to relax.
    """
    return as_json(recommendation_response(recommend(catalog, question_of(request), candidates)))
