"""Constraints -> ranked candidates with reasons."""

from fastapi import APIRouter

from app.contract.configurations import ConfigurationSchema
from app.contract.objectives import ObjectiveName, WeightsSchema
from app.contract.problems import Problem
from app.contract.recommendations import Include, RecommendationRequest, RecommendationResponse
from app.dependencies import HeldCandidates, OpenCatalog, Turn
from app.presentation.recommendations import recommendation_response
from app.questions.question import ConfigurationFilter, Question
from app.questions.recommend import recommend
from app.ranking.budget import Bound, Budget
from app.ranking.objective import Asked, Scheme
from app.training.task import TrainingTask
from catalog.words.metrics import Metric

router = APIRouter(tags=["recommendations"])


@router.post(
    "/v1/recommendations",
    response_description="The ranked candidates.",
    response_model_exclude_none=True,
    responses={
        400: {"model": Problem},
        413: {"model": Problem},
        422: {"model": Problem},
        503: {"model": Problem},
    },
)
def post_recommendations(
    request: RecommendationRequest, catalog: OpenCatalog, candidates: HeldCandidates, turn: Turn
) -> RecommendationResponse:
    """Rank the candidates of a target that keep a budget, and say why other candidates do not.

    If no candidate fits, the answer is still 200 and names near misses and bounds to relax.
    """
    with turn:
        return recommendation_response(recommend(catalog, question_of(request), candidates))


def question_of(request: RecommendationRequest) -> Question:
    """The question that a validated request asks."""
    size, image, run = request.input_size, request.typical_image, request.configuration
    return Question(
        target=request.target,
        budget=Budget(
            tuple(Bound(metric, bound.min, bound.max) for metric, bound in request.budget.items()),
            request.confidence,
        ),
        input_size=(size.min, size.max) if size else None,
        typical_image=(image.width, image.height) if image else None,
        configuration=configuration_of(run),
        licenses=tuple(request.license.allow) if request.license else (),
        commercial_use=request.license.commercial_use if request.license else None,
        training_data_excluded=tuple(request.training_data.exclude),
        families_included=tuple(request.families.include),
        families_excluded=tuple(request.families.exclude),
        tags_included=tuple(request.tags.include),
        tags_excluded=tuple(request.tags.exclude),
        evidence=tuple(request.evidence),
        objective=_asked(request.objective),
        training=_task(request) if Include.TRAINING_PLAN in request.include else None,
        collapse=request.collapse,
        limit=request.limit,
    )


def _asked(objective: ObjectiveName | WeightsSchema) -> Asked:
    if isinstance(objective, WeightsSchema):
        return objective.weights
    return Scheme(objective) if objective in set(Scheme) else Metric(objective)


def _task(request: RecommendationRequest) -> TrainingTask:
    """The training task. Without a given memory, the budget's bound on memory is the devices' memory."""
    memory = request.training.memory_mb
    for metric in (Metric.TRAIN_MEMORY_MB, Metric.DEVICE_MEMORY_MB):
        if memory is None and metric in request.budget:
            memory = request.budget[metric].max
    return TrainingTask(
        request.training.images, request.training.validation_images, memory or None, request.training.devices
    )


def configuration_of(asked: ConfigurationSchema) -> ConfigurationFilter:
    """The filter that a validated request asks for."""
    return ConfigurationFilter(**asked.allowed())
