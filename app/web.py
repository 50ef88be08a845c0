"""The page: a form of constraints, the ranked answer, and the cards. It needs no script."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader

from app import views
from app.budget import Bound, Budget
from app.cards import (
    allowed,
    number,
    peak_memory,
    relaxed_bound,
    relaxed_bounds,
    run_words,
    shortfall,
    speed,
    speed_metric,
)
from app.errors import AppError, InvalidBound
from app.names import find_card
from app.objective import Scheme
from app.recommend import ConfigurationFilter, Question, recommend
from app.routes.dependencies import HeldCandidates, OpenCatalog
from catalog import host, repository
from catalog.errors import ArchrankError
from catalog.families import families
from catalog.metrics import Direction, Metric
from catalog.vocabulary import Dataset, Provenance, RuntimeName, Status

router = APIRouter(include_in_schema=False)

# The form's metrics, in its order. The API bounds every other metric too.
_FORM_METRICS = (
    Metric.LATENCY_MS,
    Metric.THROUGHPUT_IPS,
    Metric.TOP1,
    Metric.PEAK_MEMORY_MB,
    Metric.SIZE_MB,
    Metric.GMACS,
)
_COMMERCIAL = "commercial"
_OBJECTIVES = (
    Metric.TOP1,
    Metric.LATENCY_MS,
    Metric.THROUGHPUT_IPS,
    Metric.PEAK_MEMORY_MB,
    Metric.SIZE_MB,
    Metric.TOP1_PER_GMAC,
    *Scheme,
)
_LIMIT = 20
_BOUND_REMEDY = "Give a number of at least 0, or leave the field empty."

_environment = Environment(loader=PackageLoader("app"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
_environment.globals.update(
    number=number,
    peak_memory=peak_memory,
    run_words=run_words,
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
        targets = repository.find_targets(session)
    local_id = host.local_target().id
    context: dict[str, Any] = {
        "chosen": chosen,
        "targets": [views.target(one, local_id) for one in targets],
        "form_metrics": _FORM_METRICS,
        "objectives": _OBJECTIVES,
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
            context["answer"] = views.response(recommend(catalog, question_of(chosen), candidates))
        except AppError as error:
            context["error"] = error
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _render("index.html", context, status)


@router.get("/architectures/{name}")
def card(name: str, catalog: OpenCatalog) -> HTMLResponse:
    """The profile card of an architecture."""
    with catalog.read() as session:
        try:
            found = views.card(find_card(session, name))
        except ArchrankError as error:
            return _render("missing.html", {"error": error}, HTTPStatus.NOT_FOUND)
    return _render("card.html", {"card": found}, HTTPStatus.OK)


@router.get("/families")
def family_texts() -> HTMLResponse:
    """The texts about every family, ordered by the year of the paper."""
    known = sorted(families().values(), key=lambda one: (one.year, one.title))
    return _render("families.html", {"families": [views.family(one) for one in known]}, HTTPStatus.OK)


@router.get("/static/style.css")
def style() -> Response:
    return Response(_environment.get_template("style.css").render(), media_type="text/css")


def question_of(chosen: Mapping[str, str]) -> Question:
    """The question that the form's fields ask; empty fields are not constrained.

    Raises:
        InvalidBound: a field that is not one of the form's values.
    """
    bounds = []
    for metric in _FORM_METRICS:
        text = chosen.get(metric, "").strip()
        if text:
            bounds.append(_bound(metric, text))
    try:
        runtime = tuple(RuntimeName(name) for name in [chosen.get("runtime", "")] if name)
        asked = chosen.get("objective") or Metric.TOP1
        objective = Scheme(asked) if asked in set(Scheme) else Metric(asked)
    except ValueError as error:
        raise InvalidBound(
            f"The form has no such value: {error}.", "Choose one of the listed values."
        ) from error
    return Question(
        target=chosen.get("target", host.LOCAL),
        budget=Budget(tuple(bounds)),
        configuration=ConfigurationFilter(runtime=runtime),
        commercial_use=True if chosen.get("license") == _COMMERCIAL else None,
        objective=objective,
        limit=_LIMIT,
    )


def _bound(metric: Metric, text: str) -> Bound:
    try:
        value = float(text)
    except ValueError as error:
        raise InvalidBound(f"The bound on {metric}, {text!r}, is not a number.", _BOUND_REMEDY) from error
    if not 0 <= value < float("inf"):
        raise InvalidBound(f"The bound on {metric}, {text!r}, is negative or infinite.", _BOUND_REMEDY)
    lower = metric.direction is Direction.LOWER
    return Bound(metric, None if lower else value, value if lower else None)


def _render(template: str, context: Mapping[str, Any], status: HTTPStatus) -> HTMLResponse:
    return HTMLResponse(_environment.get_template(template).render(context), status)
