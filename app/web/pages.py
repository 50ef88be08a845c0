"""The page: a form of constraints, the ranked answer, and the cards. It needs no script."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from app.dependencies import HeldCandidates, OpenCatalog
from app.errors import AppError, UnknownArchitecture
from app.presentation.cards import card_view
from app.presentation.families import family_view
from app.presentation.questions import question_of
from app.presentation.recommendations import recommendation_response
from app.presentation.targets import target_view
from app.presentation.templating import environment
from app.questions.cards import answer_card
from app.questions.recommend import recommend
from app.web.forms import FORM_METRICS, OBJECTIVES, request_of_form
from catalog import host
from catalog.reference.families import families
from catalog.storage.facts import find_targets
from catalog.words.vocabulary import RuntimeName

router = APIRouter(include_in_schema=False)

_templates = Jinja2Templates(env=environment("app.web", autoescape=True))


@router.get("/")
def index(request: Request, catalog: OpenCatalog, candidates: HeldCandidates) -> HTMLResponse:
    """The form, with the answer below it as soon as the catalog has a target."""
    chosen = dict(request.query_params)
    with catalog.read() as session:
        targets = find_targets(session)
    local_id = host.local_target().id
    profiled = any(target.id == local_id for target in targets)
    context: dict[str, Any] = {
        "chosen": chosen,
        "targets": [target_view(target, local_id) for target in targets],
        "form_metrics": FORM_METRICS,
        "objectives": OBJECTIVES,
        "runtimes": list(RuntimeName),
        "answer": None,
        "error": None,
        "profiled": profiled,
    }
    status = HTTPStatus.OK
    if targets:
        chosen.setdefault("target", host.LOCAL if profiled else targets[0].id)
        try:
            question = question_of(request_of_form(chosen))
            context["answer"] = recommendation_response(recommend(catalog, question, candidates))
        except AppError as error:
            context["error"] = error
            status = error.status
    return _templates.TemplateResponse(request, "index.html", context, status)


@router.get("/architectures/{name}")
def card(name: str, request: Request, catalog: OpenCatalog) -> Response:
    """The profile card of an architecture. The name of a family leads to its text."""
    with catalog.read() as session:
        try:
            context = {"card": card_view(answer_card(session, name))}
        except UnknownArchitecture as error:
            if error.family is not None:
                return RedirectResponse(f"/families#{error.family}", HTTPStatus.SEE_OTHER)
            return _templates.TemplateResponse(request, "missing.html", {"error": error}, error.status)
    return _templates.TemplateResponse(request, "card.html", context)


@router.get("/families")
def family_texts(request: Request) -> HTMLResponse:
    """The texts about every family, ordered by the year of the paper."""
    by_year = sorted(families().values(), key=lambda family: (family.year, family.title))
    context = {"families": [family_view(family) for family in by_year]}
    return _templates.TemplateResponse(request, "families.html", context)


@router.get("/static/style.css")
def style() -> Response:
    """The style sheet of every page."""
    return Response(_templates.get_template("style.css").render(), media_type="text/css")
