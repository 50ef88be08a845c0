"""The hardware that the catalog has numbers for."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from app.api.responses import problems
from app.contract.fields import TARGET
from app.contract.targets import TargetCardView, TargetPage
from app.dependencies import OpenCatalog
from app.errors import NoSuchTarget
from app.presentation.targets import target_card, target_view
from app.questions.names import find_target
from catalog import host
from catalog.storage.estimates import find_basis
from catalog.storage.facts import find_targets
from catalog.storage.slowdowns import last_slowdowns

router = APIRouter(tags=["targets"])

# Two campaigns of the starter preset.
_SLOWDOWNS = 60


@router.get(
    "/v1/targets",
    response_model_exclude_none=True,
    response_description="All targets.",
    responses=problems(),
)
def get_targets(catalog: OpenCatalog) -> TargetPage:
    """List the targets that the catalog has numbers for."""
    local = host.local_target().id
    with catalog.read() as session:
        return TargetPage(items=[target_view(target, local) for target in find_targets(session)])


@router.get(
    "/v1/targets/{id}",
    response_description="The target.",
    response_model_exclude_none=True,
    responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def get_target(
    catalog: OpenCatalog,
    id: Annotated[str, Path(description=TARGET)],  # noqa: A002 - the contract's name
) -> TargetCardView:
    """Describe one target: how quiet it was while it was measured, and what its estimates stand on."""
    with catalog.read() as session:
        target = find_target(session, id, error=NoSuchTarget)
        slowdowns = last_slowdowns(session, target.id, _SLOWDOWNS)
        basis = find_basis(session, target.id)
    return target_card(target, host.local_target().id, slowdowns, basis)
