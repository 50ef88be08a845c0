"""Recommendations: the ranked candidates of a request."""

from fastapi import APIRouter

from app.api.responses import body_problems
from app.contract.questions import RecommendationRequest
from app.contract.recommendations import RecommendationResponse
from app.dependencies import HeldCandidates, OpenCatalog
from app.presentation.questions import question_of
from app.presentation.recommendations import recommendation_response
from app.questions.recommend import recommend

router = APIRouter(tags=["recommendations"])


@router.post(
    "/v1/recommendations",
    response_description="The ranked candidates.",
    response_model_exclude_none=True,
    responses=body_problems(),
)
def post_recommendations(
    request: RecommendationRequest, catalog: OpenCatalog, candidates: HeldCandidates
) -> RecommendationResponse:
    """Rank the candidates of a target that keep a budget, and say why other candidates do not.

    If no candidate fits, the answer is still 200 and names near misses and bounds to relax.
    """
    return recommendation_response(recommend(catalog, question_of(request), candidates))
