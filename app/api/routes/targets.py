"""The hardware that the catalog has numbers for."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.api import caching
from app.api.guards.strictness import StrictRoute
from app.api.responses import UNCHANGED, problems
from app.contract.common.fields import TARGET
from app.contract.evidence.targets import TargetCardView, TargetPage
from app.dependencies import OpenCatalog
from app.errors import NoSuchTarget
from app.presentation.cards.targets import target_card, target_page
from app.questions.asking.names import find_target
from app.questions.cards.targets import answer_target, answer_targets
from catalog.storage.database import revision

router = APIRouter(tags=["targets"], route_class=StrictRoute)


@router.get(
    "/v1/targets",
    response_model=TargetPage,
    response_model_exclude_none=True,
    response_description="All targets.",
    responses=UNCHANGED | problems(),
)
def get_targets(request: Request, response: Response, catalog: OpenCatalog) -> TargetPage | Response:
    """List the targets that the catalog has numbers for."""
    with catalog.read() as session:
        if (same := caching.unchanged(request, response, revision(session))) is not None:
            return same
        return target_page(answer_targets(session))


@router.get(
    "/v1/targets/{id:path}",
    response_model=TargetCardView,
    response_description="The target.",
    response_model_exclude_none=True,
    responses=UNCHANGED | problems(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def get_target(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    id: Annotated[str, Path(description=TARGET)],  # noqa: A002 - the contract's name
) -> TargetCardView | Response:
    """Describe one target: how much is known, how quiet the machine was, and what to measure next."""
    with catalog.read() as session:
        target = find_target(session, id, error=NoSuchTarget)
        if (same := caching.unchanged(request, response, revision(session))) is not None:
            return same
        answer = answer_target(session, target.id)
    return target_card(answer)
