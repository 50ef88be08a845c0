"""The page: a form of constraints, the decision, the chart, the ranked answer. It works without scripts."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from app.contract.answers.recommendations import RecommendationResponse
from app.dependencies import FallbackRoute, HeldCandidates, OpenCatalog
from app.errors import AppError
from app.presentation.answers.charts import chart_view
from app.presentation.answers.decision import decision_of
from app.presentation.answers.recommendations import recommendation_response
from app.presentation.answers.winner import Step, steps, winner_of
from app.presentation.cards.targets import target_view
from app.presentation.documents.spreadsheets import recommendation_csv
from app.presentation.requests.questions import question_of, request_of
from app.presentation.wording.shared_reasons import shared_reasons
from app.presentation.wording.titles import METRIC_TITLES, RUNTIME_TITLES
from app.questions.answers.recommend import recommend
from app.questions.candidates.held_candidates import CandidateCache
from app.web.addresses import own_address, under_root
from app.web.form.answering import Answered, answer_form
from app.web.form.fields import TARGET
from app.web.form.form_view import axis_metrics, better_word, form_view, preferred
from app.web.form.forms import chosen_of, read_form, sentence_of, with_usual
from app.web.form.looking_up import look_up, side_by_side
from app.web.form.presets import presets
from app.web.form.relaxing import relaxed_addresses
from app.web.form.sharing import address_of, as_command, as_curl
from app.web.rendering import rendered
from catalog import host
from catalog.entities.configurations import Target
from catalog.extras import missing_packages
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import find_targets
from catalog.words.metrics import Metric

router = APIRouter(include_in_schema=False, route_class=FallbackRoute)


@router.get("/")
def index(request: Request, catalog: OpenCatalog, candidates: HeldCandidates) -> Response:
    """The form and the answer to it. An address with empty fields leads to the one without, and an address
    with a bound leads to the one that says how sure the answer is."""
    pairs = request.query_params.multi_items()
    asked_for = chosen_of(pairs)
    chosen = with_usual(asked_for)
    if chosen != asked_for or any(not text.strip() for _, text in pairs):
        return RedirectResponse(under_root(request, address_of(chosen)), HTTPStatus.SEE_OTHER)
    with catalog.read() as session:
        targets = find_targets(session)
    local_id = host.local_target().id
    profiled = any(target.id == local_id for target in targets)
    context: dict[str, Any] = {
        "current": "/",
        "chosen": chosen,
        "targets": [target_view(target, local_id) for target in targets],
        "profiled": profiled,
        "can_measure": profiled or not missing_packages("measure"),  # reading what is installed takes 1 ms
        "address_of": address_of,
        "METRIC_TITLES": METRIC_TITLES,
        "RUNTIME_TITLES": RUNTIME_TITLES,
        "better_word": better_word,
        "relaxed_addresses": relaxed_addresses,
        "parts_number": _plain,
    }
    if not targets:
        return rendered(request, "no_targets.html", context)
    default = host.LOCAL if profiled else targets[0].id
    asked = {TARGET.name: [default], **chosen}
    answered = answer_form(catalog, candidates, asked, default)
    shown = _target(targets, asked, answered, local_id)
    context |= _parts(catalog, candidates, asked, answered, shown) | {
        "shown": target_view(shown, local_id),
        "base": own_address(request),
        "rows_address": f"/answer.csv{address_of(asked).removeprefix('/')}",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if answered.faults or answered.error else HTTPStatus.OK
    return rendered(request, "index.html", context, status)


@router.get("/answer.csv")
def answer_csv(request: Request, catalog: OpenCatalog, candidates: HeldCandidates) -> Response:
    """The rows of the page with the same fields, as CSV. What is wrong with a field is a 422."""
    form = read_form(with_usual(chosen_of(request.query_params.multi_items())))
    if form.faults:
        return PlainTextResponse("\n".join(form.faults.values()), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        answer = recommend(catalog, question_of(request_of(form.fields)), candidates)
    except AppError as error:
        return PlainTextResponse(sentence_of(error), error.status)
    return Response(
        recommendation_csv(recommendation_response(answer)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="archrank.csv"'},
    )


def _target(
    targets: Sequence[Target], asked: Mapping[str, Sequence[str]], answered: Answered, local_id: str
) -> Target:
    """The hardware that the form is about: that of the answer, or else the one that was asked for."""
    if answered.answer is not None:
        return answered.answer.target
    wanted = local_id if asked["target"][-1] == host.LOCAL else asked["target"][-1]
    return next((target for target in targets if target.id == wanted), targets[0])


def _parts(
    catalog: Catalog,
    candidates: CandidateCache,
    asked: Mapping[str, Sequence[str]],
    answered: Answered,
    target: Target,
) -> dict[str, Any]:
    """What the page shows of the answer."""
    with catalog.read() as session:
        everything = candidates.columns(session, target.id)
    metrics = axis_metrics(everything)
    answer, response = answered.answer, answered.response
    parts: dict[str, Any] = {
        "answered": answered,
        "asked": asked,
        "answer": response,
        "form": form_view(asked, answered.faults, everything, response),
        "presets": presets(asked, metrics),
        "axes": metrics,
        "chart": None,
        "decision": None,
    }
    if answer is None or response is None:
        return parts
    usual = preferred(metrics, Metric.LATENCY_MS, Metric.THROUGHPUT_IPS), preferred(metrics, Metric.TOP1)
    x, y = (next(iter(_axis(asked, name, metrics)), axis) for name, axis in zip("xy", usual, strict=True))
    notes, rows = shared_reasons([candidate.reasons for candidate in response.recommendations])
    command, left_out = as_command(answered.form.fields)
    if x is not None and y is not None and x is not y:
        parts["chart"] = chart_view(answer, x, y)
    return parts | {
        "usual_axes": usual,
        "next_steps": _next_steps(response),
        "decision": decision_of(response),
        "rows": list(zip(response.recommendations, rows, strict=True)),
        "notes": notes,
        "why": look_up(catalog, candidates, answer, response, asked["why"][-1]) if "why" in asked else None,
        "compared": side_by_side(answer, asked["compare"], metrics) if "compare" in asked else None,
        "curl": as_curl,
        "command": command,
        "without_option": left_out,
    }


def _next_steps(response: RecommendationResponse) -> list[Step]:
    """The code and the commands that follow on the decision."""
    winner = winner_of(response)
    return [] if winner is None else [step for step in steps(winner) if step.is_code]


def _axis(asked: Mapping[str, Sequence[str]], name: str, metrics: Sequence[Metric]) -> list[Metric]:
    """The metric that the address chooses for an axis, if the hardware has it."""
    return [Metric(text) for text in asked.get(name, ())[-1:] if text in metrics]


def _plain(number: float) -> str:
    """A number of a scale, without decimals that say nothing."""
    return f"{number:,.0f}" if number >= 100 else f"{number:g}"  # noqa: PLR2004 - three digits are enough
