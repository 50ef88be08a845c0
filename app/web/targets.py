"""The pages of targets: the hardware that is known, and what is known of each."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import FallbackRoute, OpenCatalog
from app.errors import NoSuchTarget
from app.presentation.cards.targets import ADD_TARGET, target_card, target_page
from app.questions.cards.targets import answer_target, answer_targets
from app.web.drawings.slowdowns import slowdown_plot
from app.web.rendering import rendered
from catalog.storage.facts.names import count_architectures

router = APIRouter(include_in_schema=False, route_class=FallbackRoute)


@router.get("/targets")
def index(request: Request, catalog: OpenCatalog) -> HTMLResponse:
    """The hardware that the catalog has numbers for, and how to add one's own."""
    with catalog.read() as session:
        page = target_page(answer_targets(session))
        known = count_architectures(session)
    has_local = any(target.alias for target in page.items)
    context = {"targets": page.items, "known": known, "has_local": has_local, "add": ADD_TARGET}
    return rendered(request, "targets.html", context)


@router.get("/targets/{name:path}")
def target(name: str, request: Request, catalog: OpenCatalog) -> Response:
    """What is known of a target, how fresh it is, how quiet it was, and what to measure next."""
    with catalog.read() as session:
        try:
            card = target_card(answer_target(session, name))
        except NoSuchTarget as error:
            return rendered(request, "missing.html", {"error": error}, error.status)
    context = {"card": card, "plot": slowdown_plot(card.slowdowns)}
    return rendered(request, "target.html", context)
