"""From a request of the contract to a question. The API, the page and the terminal all take this way."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from app.contract.answers.questions import Include, ObjectiveName, RecommendationRequest, WeightsSchema
from app.contract.common.fields import BoundSchema, Request, SizeRange
from app.errors import InvalidRequest
from app.presentation.requests.faults import faults_of
from app.questions.answers.placements import PlacementQuestion
from app.questions.asking.question import ConfigurationFilter, Question
from app.ranking.budget.budget import Bound, Budget
from app.ranking.order.objective import Asked, Scheme
from app.training.task import TrainingTask
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance

if TYPE_CHECKING:
    from app.contract.answers.comparisons import CandidateFilters, FrontierSearch
    from app.contract.answers.placements import PlacementRequest

_Request = TypeVar("_Request", bound=Request)


def request_of(fields: Mapping[str, object]) -> RecommendationRequest:
    """The body of `POST /v1/recommendations` with these fields.

    Raises:
        InvalidRequest: the contract refuses a field.
    """
    return validated(RecommendationRequest, fields)


def validated(schema: type[_Request], fields: Mapping[str, object]) -> _Request:
    """The request of `schema` with these fields.

    Raises:
        InvalidRequest: the contract refuses a field.
    """
    try:
        return schema.model_validate(fields)
    except ValidationError as error:
        fault = faults_of(error.errors(), schema)[0]
        raise InvalidRequest(f"{fault.field}: {fault.detail}", fault.field, fault.allowed or ()) from error


def question_of(request: RecommendationRequest) -> Question:
    """The question that `POST /v1/recommendations` asks."""
    image, license_ = request.typical_image, request.license
    return Question(
        target=request.target,
        budget=_budget(request.budget, request.confidence),
        input_size=_sizes(request.input_size),
        typical_image=(image.width, image.height) if image else None,
        configuration=ConfigurationFilter(**request.configuration.allowed()),
        licenses=tuple(license_.allow) if license_ else (),
        commercial_use=license_.commercial_use if license_ else None,
        training_data_excluded=tuple(request.training_data.exclude),
        training_methods_included=tuple(request.training_methods.include),
        training_methods_excluded=tuple(request.training_methods.exclude),
        families_included=tuple(request.families.include),
        families_excluded=tuple(request.families.exclude),
        tags_included=tuple(request.tags.include),
        tags_excluded=tuple(request.tags.exclude),
        evidence=tuple(map(Provenance, request.evidence)),
        objective=_asked(request.objective),
        training=_training_task(request) if Include.TRAINING_PLAN in request.include else None,
        collapse=request.collapse,
        limit=request.limit,
        verify=request.verify,
    )


def placement_question_of(request: "PlacementRequest") -> PlacementQuestion:
    """The question that `POST /v1/placements` asks."""
    return PlacementQuestion(
        checkpoint=request.checkpoint,
        budget=_budget(request.budget, request.confidence),
        targets=tuple(request.targets),
        configuration=ConfigurationFilter(**request.configuration.allowed()),
        input_size=_sizes(request.input_size),
        limit=request.limit,
    )


def candidate_question_of(search: "CandidateFilters") -> Question:
    """The question which candidates `GET /v1/frontier` and `GET /v1/compare` consider."""
    return Question(
        target=search.target,
        input_size=(search.input_size, search.input_size) if search.input_size else None,
        configuration=ConfigurationFilter(
            runtime=search.runtime,
            precision=search.precision,
            compiled=() if search.compiled is None else (search.compiled,),
        ),
        commercial_use=search.commercial_use,
        tags_included=tuple(search.tag),
    )


def frontier_question_of(search: "FrontierSearch") -> Question:
    """The question which candidates `GET /v1/frontier` considers, and what gets one row of it."""
    return replace(candidate_question_of(search), collapse=search.collapse)


def _budget(bounds: Mapping[Metric, BoundSchema], confidence: float | None) -> Budget:
    return Budget(tuple(Bound(metric, bound.min, bound.max) for metric, bound in bounds.items()), confidence)


def _sizes(sizes: SizeRange | None) -> tuple[int, int] | None:
    return (sizes.min, sizes.max) if sizes else None


def _asked(objective: ObjectiveName | WeightsSchema) -> Asked:
    if isinstance(objective, WeightsSchema):
        return objective.weights
    return Scheme(objective) if objective in set(Scheme) else Metric(objective)


def _training_task(request: RecommendationRequest) -> TrainingTask:
    """The training task. Without a given memory, the budget's bound on memory is the devices' memory."""
    training, memory = request.training, request.training.memory_mb
    for metric in (Metric.TRAIN_MEMORY_MB, Metric.DEVICE_MEMORY_MB):
        if memory is None and metric in request.budget:
            memory = request.budget[metric].max
    return TrainingTask(
        training.images,
        training.validation_images,
        memory or None,
        training.devices,
        optimizers=tuple(training.optimizers),
    )
