"""Search, the profile card, and what is known of families."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from app.api import caching, paging
from app.contract.architectures import ArchitecturePage, ArchitectureSearch
from app.contract.cards import CardView
from app.contract.families import FamilyPage
from app.contract.problems import Problem
from app.dependencies import OpenCatalog
from app.presentation.architectures import architecture_item
from app.presentation.cards import card_view
from app.presentation.families import family_view
from app.presentation.markdown import card_markdown
from app.questions.names import check_training_data, find_card, find_target
from catalog.reference.families import families
from catalog.reference.licenses import license_id
from catalog.storage.database import revision
from catalog.storage.search import ArchitectureQuery, find_architectures

router = APIRouter(tags=["architectures"])
_MARKDOWN = "text/markdown"
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag given."}}


@router.get(
    "/v1/architectures",
    response_model=ArchitecturePage,
    response_model_exclude_none=True,
    responses={**_UNCHANGED, 422: {"model": Problem}, 503: {"model": Problem}},
)
def get_architectures(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    search: Annotated[ArchitectureSearch, Query()],
) -> ArchitecturePage | Response:
    """Architectures by name, with the counts of their default workload.

    `min_top1=80&max_gmacs=5` and the like bound any metric: counts are those of the default workload;
    accuracies are of one checkpoint, which must also have the licence and training data asked for; speed
    and memory are of some measurement, on the target where one is given.
    """
    with catalog.read() as session:
        query = ArchitectureQuery(
            text=search.q,
            family=search.family,
            tags=tuple(search.tag),
            license=license_id(search.license) or search.license,
            commercial_use=search.commercial_use,
            without_training_data=check_training_data(search.exclude_training_data, "exclude_training_data"),
            ranges=search.ranges(),
            target=find_target(session, search.target).id if search.target is not None else None,
        )
        if (same := caching.unchanged(request, response, revision(session))) is not None:
            return same
        found = find_architectures(session, query, after=search.cursor, limit=search.limit + 1)
    last = found[: search.limit][-1].architecture.name if found else ""
    page = paging.cut(request, response, found, search.limit, last)
    return ArchitecturePage(items=[architecture_item(one) for one in page])


@router.get(
    "/v1/architectures/{name}",
    response_model=CardView,
    response_model_exclude_none=True,
    responses={
        200: {"content": {_MARKDOWN: {}}},
        **_UNCHANGED,
        404: {"model": Problem},
        422: {"model": Problem},
        503: {"model": Problem},
    },
)
def get_architecture(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    name: Annotated[str, Path(examples=["resnet50"])],
    accept: Annotated[str, Header()] = "application/json",
) -> CardView | Response:
    """The profile card: JSON, or Markdown where `Accept` asks for text/markdown."""
    markdown = _MARKDOWN in accept
    with catalog.read() as session:
        found = find_card(session, name)
        same = caching.unchanged(request, response, revision(session), "markdown" if markdown else "json")
    if same is not None:
        return same
    card = card_view(found)
    if markdown:
        return Response(card_markdown(card), media_type=_MARKDOWN, headers=dict(response.headers))
    return card


@router.get("/v1/families", response_model_exclude_none=True)
def get_families() -> FamilyPage:
    """What each family and subfamily introduced, its strengths and drawbacks, and when to choose it."""
    return FamilyPage(items=[family_view(one) for one in families().values()])
