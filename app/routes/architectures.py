"""Search, and the profile card."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response

from app import paging, views
from app.cards import card_markdown
from app.recommend import find_card
from app.routes.dependencies import OpenCatalog, PageLimit, Text
from app.schemas import ArchitecturePage, CardView, Problem
from catalog import repository

router = APIRouter(tags=["architectures"])
_MARKDOWN = "text/markdown"


@router.get(
    "/v1/architectures",
    response_model_exclude_none=True,
    responses={422: {"model": Problem}, 503: {"model": Problem}},
)
def get_architectures(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    q: Text = None,
    family: Text = None,
    cursor: Text = None,
    limit: PageLimit = 50,
) -> ArchitecturePage:
    """Architectures by name; `q` is a part of the name or family, `cursor` comes from the `Link` header."""
    with catalog.read() as session:
        found = repository.find_architectures(session, text=q, family=family, after=cursor, limit=limit + 1)
    last = found[:limit][-1].architecture.name if found else ""
    page = paging.cut(request, response, found, limit, last)
    return ArchitecturePage(items=[views.architecture(one) for one in page])


@router.get(
    "/v1/architectures/{name}",
    response_model=CardView,
    response_model_exclude_none=True,
    responses={
        200: {"content": {_MARKDOWN: {}}},
        404: {"model": Problem},
        422: {"model": Problem},
        503: {"model": Problem},
    },
)
def get_architecture(
    catalog: OpenCatalog,
    name: Annotated[str, Path(examples=["resnet50"])],
    accept: Annotated[str, Header()] = "application/json",
) -> CardView | Response:
    """The profile card: JSON, or Markdown where `Accept` asks for text/markdown."""
    with catalog.read() as session:
        card = views.card(find_card(session, name))
    if _MARKDOWN in accept:
        return Response(card_markdown(card), media_type=_MARKDOWN)
    return card
