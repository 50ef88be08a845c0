"""The hardware that answers are for."""

from typing import Annotated

from fastapi import APIRouter, Path

from app import views
from app.names import find_target
from app.routes.dependencies import OpenCatalog
from app.schemas import Problem, TargetPage, TargetView
from catalog import host, repository

router = APIRouter(tags=["targets"])


@router.get("/v1/targets", response_model_exclude_none=True, responses={503: {"model": Problem}})
def get_targets(catalog: OpenCatalog) -> TargetPage:
    """Every target that the catalog has numbers for."""
    local = host.local_target().id
    with catalog.read() as session:
        return TargetPage(items=[views.target(one, local) for one in repository.find_targets(session)])


@router.get(
    "/v1/targets/{id}",
    response_model_exclude_none=True,
    responses={404: {"model": Problem}, 422: {"model": Problem}, 503: {"model": Problem}},
)
def get_target(
    catalog: OpenCatalog,
    id: Annotated[str, Path(description="A target's id, or `local`.")],  # noqa: A002 - the contract's name
) -> TargetView:
    """One target."""
    with catalog.read() as session:
        return views.target(find_target(session, id), host.local_target().id)
