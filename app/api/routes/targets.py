"""The hardware that the catalog has numbers for."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from app.api.responses import problems
from app.contract.fields import TARGET
from app.contract.targets import TargetPage, TargetWithSlowdownsView
from app.dependencies import OpenCatalog
from app.errors import NoSuchTarget
from app.presentation.targets import target_view, target_with_slowdowns
from app.questions.names import find_target
from catalog import host
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
) -> TargetWithSlowdownsView:
    """Describe one target, and how quiet it was while it was measured."""
    with catalog.read() as session:
        target = find_target(session, id, error=NoSuchTarget)
        slowdowns = last_slowdowns(session, target.id, _SLOWDOWNS)
    return target_with_slowdowns(target, host.local_target().id, slowdowns)
