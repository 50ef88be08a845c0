"""Search, the profile card, and the texts about families."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from starlette.exceptions import HTTPException

from app.api import caching, paging
from app.api.guards.strictness import StrictRoute
from app.api.negotiation import negotiated
from app.api.responses import UNCHANGED, problems
from app.contract.networks.architectures import ArchitecturePage, ArchitectureSearch
from app.contract.networks.cards import CardSearch, CardView
from app.contract.networks.families import FamilyPage
from app.dependencies import HeldCandidates, OpenCatalog
from app.presentation.cards.architectures import architecture_item
from app.presentation.cards.cards import card_view
from app.presentation.cards.families import family_view
from app.presentation.documents.markdown import card_markdown
from app.questions.asking.names import (
    find_family,
    find_license,
    find_tag,
    find_target,
    find_training_data,
    find_training_method,
)
from app.questions.cards.cards import answer_card
from catalog.reference.texts.families import families
from catalog.storage.database import revision
from catalog.storage.facts.names import architecture_names
from catalog.storage.facts.search import ArchitectureQuery, find_architectures

router = APIRouter(tags=["architectures"], route_class=StrictRoute)
_JSON, _MARKDOWN = "application/json", "text/markdown"


@router.get(
    "/v1/architectures",
    response_model=ArchitecturePage,
    response_description="A page of architectures.",
    response_model_exclude_none=True,
    responses=UNCHANGED | problems(HTTPStatus.UNPROCESSABLE_ENTITY),
)
def get_architectures(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    search: Annotated[ArchitectureSearch, Query()],
) -> ArchitecturePage | Response:
    """Search architectures by name, properties and numbers.

    Every metric can be bounded, as `min_top1=80&max_gmacs=5`. Bounds on counts are tested on the default
    workload. Bounds on accuracy are tested on one checkpoint, which must also have the required licence and
    training. Bounds on speed and memory are tested on any measurement, or on measurements of `target` if
    given.
    """
    with catalog.read() as session:
        if search.cursor is not None and search.cursor not in architecture_names(session):
            raise paging.unknown_cursor()
        query = ArchitectureQuery(
            text=search.q,
            family=None if search.family is None else find_family(session, search.family, "family"),
            tags=tuple(find_tag(session, tag, "tag") for tag in search.tag),
            license=None if search.license is None else find_license(session, search.license, "license"),
            commercial_use=search.commercial_use,
            without_training_data=find_training_data(search.exclude_training_data, "exclude_training_data"),
            training_methods=tuple(
                find_training_method(method, "training_methods") for method in search.training_methods
            ),
            without_training_methods=tuple(
                find_training_method(method, "exclude_training_methods")
                for method in search.exclude_training_methods
            ),
            ranges=search.ranges(),
            target=find_target(session, search.target).id if search.target is not None else None,
        )
        if (same := caching.unchanged(request, response, revision(session))) is not None:
            return same
        items = find_architectures(session, query, after=search.cursor, limit=search.limit + 1)
    last = items[: search.limit][-1].architecture.name if items else ""
    page = paging.cut(request, response, items, search.limit, last)
    return ArchitecturePage(items=[architecture_item(item) for item in page])


@router.get(
    "/v1/architectures/{name:path}",
    response_model=CardView,
    response_model_exclude_none=True,
    responses={200: {"description": "The profile card.", "content": {_MARKDOWN: {}}}}
    | UNCHANGED
    | problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def get_architecture(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    name: Annotated[
        str, Path(examples=["resnet50"], description="Name of the architecture, as timm names it.")
    ],
    candidates: HeldCandidates,
    search: Annotated[CardSearch, Query()],
    accept: Annotated[
        str, Header(description="`text/markdown` asks for Markdown instead of JSON.")
    ] = "application/json",
) -> CardView | Response:
    """Give the profile card of an architecture, as JSON or Markdown."""
    media_type = negotiated(accept, (_JSON, _MARKDOWN))
    if media_type is None:
        raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, f"A card is {_JSON} or {_MARKDOWN}.")
    markdown = media_type == _MARKDOWN
    with catalog.read() as session:
        card = answer_card(session, name, candidates, search.target)
        same = caching.unchanged(request, response, revision(session), "markdown" if markdown else "json")
    if same is not None:
        return same
    view = card_view(card)
    if markdown:
        return Response(card_markdown(view), media_type=_MARKDOWN, headers=dict(response.headers))
    return view


@router.get("/v1/families", response_model_exclude_none=True, response_description="All families.")
def get_families() -> FamilyPage:
    """Describe every family: what it introduced, its strengths and drawbacks, and when to choose it."""
    return FamilyPage(items=[family_view(family) for family in families().values()])
