"""The hardware that the catalog has numbers for."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from app.api.guards.strictness import StrictRoute
from app.api.responses import problems
from app.contract.common.fields import TARGET
from app.contract.evidence.targets import TargetCardView, TargetPage
from app.dependencies import OpenCatalog
from app.presentation.cards.targets import target_card, target_page
from app.questions.cards.targets import answer_target, answer_targets

router = APIRouter(tags=["targets"], route_class=StrictRoute)


@router.get(
    "/v1/targets",
    response_model_exclude_none=True,
    response_description="All targets.",
    responses=problems(),
)
def get_targets(catalog: OpenCatalog) -> TargetPage:
    """List the targets that the catalog has numbers for."""
    with catalog.read() as session:
        return target_page(answer_targets(session))


@router.get(
    "/v1/targets/{id:path}",
    response_description="The target.",
    response_model_exclude_none=True,
    responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def get_target(
    catalog: OpenCatalog,
    id: Annotated[str, Path(description=TARGET)],  # noqa: A002 - the contract's name
) -> TargetCardView:
    """Describe one target: how much is known, how quiet the machine was, and what to measure next."""
    with catalog.read() as session:
        answer = answer_target(session, id)
    return target_card(answer)
