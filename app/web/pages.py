"""The page: a form of constraints, the ranked answer, and the cards. Rendered here; needs no script."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader

from app.dependencies import HeldCandidates, OpenCatalog
from app.errors import AppError
from app.presentation.cards import card_view
from app.presentation.families import family_view
from app.presentation.questions import question_of
from app.presentation.recommendations import recommendation_response
from app.presentation.targets import target_view
from app.presentation.wording import (
    allowed,
    number,
    peak_memory,
    relaxed_bound,
    relaxed_bounds,
    shortfall,
    speed,
    speed_metric,
)
from app.questions.names import find_card
from app.questions.recommend import recommend
from app.web.forms import FORM_METRICS, OBJECTIVES, request_of_form
from catalog import host
from catalog.entities.naming import in_words
from catalog.errors import ArchrankError
from catalog.reference.families import families
from catalog.storage.facts import find_targets
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Dataset, Provenance, RuntimeName, Status

router = APIRouter(include_in_schema=False)

_environment = Environment(
    loader=PackageLoader("app.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_environment.globals.update(
    number=number,
    peak_memory=peak_memory,
    in_words=in_words,
    shortfall=shortfall,
    relaxed_bound=relaxed_bound,
    relaxed_bounds=relaxed_bounds,
    allowed=allowed,
    speed=speed,
    speed_metric=speed_metric,
    Dataset=Dataset,
    Metric=Metric,
    Provenance=Provenance,
    Direction=Direction,
    Status=Status,
)


@router.get("/")
def index(request: Request, catalog: OpenCatalog, candidates: HeldCandidates) -> HTMLResponse:
    """The form, with the answer below it as soon as the catalog has a target."""
    chosen = dict(request.query_params)
    with catalog.read() as session:
        targets = find_targets(session)
    local_id = host.local_target().id
    context: dict[str, Any] = {
        "chosen": chosen,
        "targets": [target_view(one, local_id) for one in targets],
        "form_metrics": FORM_METRICS,
        "objectives": OBJECTIVES,
        "runtimes": list(RuntimeName),
        "answer": None,
        "error": None,
        "profiled": any(one.id == local_id for one in targets),
    }
    status = HTTPStatus.OK
    if targets:
        known = {one.id for one in targets}
        chosen.setdefault("target", host.LOCAL if local_id in known else targets[0].id)
        try:
            question = question_of(request_of_form(chosen))
            context["answer"] = recommendation_response(recommend(catalog, question, candidates))
        except AppError as error:
            context["error"] = error
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _render("index.html", context, status)


@router.get("/architectures/{name}")
def card(name: str, catalog: OpenCatalog) -> HTMLResponse:
    """The profile card of an architecture."""
    with catalog.read() as session:
        try:
            found = card_view(find_card(session, name))
        except ArchrankError as error:
            return _render("missing.html", {"error": error}, HTTPStatus.NOT_FOUND)
    return _render("card.html", {"card": found}, HTTPStatus.OK)


@router.get("/families")
def family_texts() -> HTMLResponse:
    """The texts about every family, ordered by the year of the paper."""
    known = sorted(families().values(), key=lambda one: (one.year, one.title))
    return _render("families.html", {"families": [family_view(one) for one in known]}, HTTPStatus.OK)


@router.get("/static/style.css")
def style() -> Response:
    return Response(_environment.get_template("style.css").render(), media_type="text/css")


def _render(template: str, context: Mapping[str, Any], status: HTTPStatus) -> HTMLResponse:
    return HTMLResponse(_environment.get_template(template).render(context), status)
