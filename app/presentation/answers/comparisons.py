"""Comparisons and frontiers as the contract shows them."""

import numpy as np

from app.contract.answers.comparisons import (
    ComparedCandidate,
    CompareResponse,
    FrontierCandidate,
    FrontierResponse,
)
from app.contract.answers.explanations import ExplanationView
from app.presentation.answers.candidates import candidate_fields, candidate_view
from app.presentation.answers.outcomes import explanation, explanation_of_name, lacking
from app.presentation.commands.remedies import remedy
from app.presentation.wording.numbers import counted, either
from app.questions.answers.comparison import Comparison, Frontier
from app.ranking.budget.stand_ins import stand_ins
from app.ranking.order.outcome import Outcome
from catalog.words.metrics import Metric

# Filters whose parameter of a query has another name than the field of a body.
_PARAMETERS = {
    "configuration.runtime": "runtime",
    "configuration.precision": "precision",
    "configuration.compiled": "compiled",
    "license.commercial_use": "commercial_use",
    "tags.include": "tag",
}


def compare_response(comparison: Comparison) -> CompareResponse:
    """The answer of `GET /v1/compare`."""
    columns, fit = comparison.columns, comparison.fit
    return CompareResponse(
        target=comparison.target.id,
        items=[
            ComparedCandidate(
                asked=compared.asked,
                candidate=None if compared.row is None else candidate_view(columns, fit, compared.row),
                outcome=Outcome.FITS if compared.missing is None else compared.missing.outcome,
                explanation=None
                if compared.missing is None
                else _with_parameters(explanation_of_name(compared.missing, compared.asked)),
            )
            for compared in comparison.compared
        ],
        best={metric: comparison.best[metric] for metric in Metric if metric in comparison.best},
        leading={
            metric: list(comparison.leading[metric]) for metric in Metric if metric in comparison.leading
        },
        catalog_revision=comparison.catalog_revision,
    )


def frontier_response(frontier: Frontier) -> FrontierResponse:
    """The answer of `GET /v1/frontier`."""
    return FrontierResponse(
        target=frontier.target.id,
        metrics=list(frontier.metrics),
        outcome=_outcome(frontier),
        explanation=_explanation(frontier),
        items=[
            FrontierCandidate.model_construct(
                **candidate_fields(frontier.columns, frontier.fit, row), within_error=list(metrics)
            )
            for row, metrics in zip(frontier.rows, frontier.within_error, strict=True)
        ],
        considered=frontier.considered,
        unknown=frontier.unknown,
        catalog_revision=frontier.catalog_revision,
    )


def _outcome(frontier: Frontier) -> Outcome:
    outcome = frontier.judgement.outcome
    return Outcome.OBJECTIVE_UNKNOWN if outcome is Outcome.FITS and not frontier.rows else outcome


def _explanation(frontier: Frontier) -> ExplanationView:
    outcome, target = _outcome(frontier), frontier.target.id
    names = " and ".join(frontier.metrics)
    if outcome is Outcome.OBJECTIVE_UNKNOWN:
        return _without_frontier(frontier)
    if outcome is not Outcome.FITS:
        return _with_parameters(explanation(frontier.judgement))
    candidates = counted(frontier.considered, "candidate")
    are = "is" if frontier.on_frontier == 1 else "are"
    lacking_one = f" {frontier.unknown} lack one of the two numbers." if frontier.unknown else ""
    return ExplanationView(
        text=f"{frontier.on_frontier} of {candidates} on {target} {are} on the frontier of {names}: by "
        f"these numbers, no candidate is at least as good in both and better in one.{_alike(frontier)}"
        f"{lacking_one}"
    )


def _alike(frontier: Frontier) -> str:
    """How many neighbours of the frontier the numbers do not tell apart, after a blank. Empty where they all
    are apart."""
    count = sum(map(bool, frontier.within_error))
    if not count:
        return ""
    metrics = either(
        metric for metric in frontier.metrics if any(metric in of for of in frontier.within_error)
    )
    rows = "1 of them lies" if count == 1 else f"{count} of them lie"
    return (
        f" {rows} within the error of the one before, in {metrics}. Which of the two is better there is "
        "unknown."
    )


def _with_parameters(explained: ExplanationView) -> ExplanationView:
    """The explanation whose `instead` goes by the parameters of the query, so that it can be sent."""
    instead = {_PARAMETERS.get(field, field): values for field, values in explained.instead.items()}
    return explained.model_copy(update={"instead": instead})


def _without_frontier(frontier: Frontier) -> ExplanationView:
    """The explanation where no candidate has both numbers."""
    judgement, target = frontier.judgement, frontier.target.id
    usable = judgement.columns.take(np.flatnonzero(judgement.columns.usable))
    lacked = {
        field: metric
        for field, metric in zip(("x", "y"), frontier.metrics, strict=True)
        if np.isnan(usable.metrics[metric].value).all()
    }
    candidates = counted(frontier.considered, "candidate")
    if not lacked:
        return ExplanationView(
            text=f"None of {candidates} on {target} has both {' and '.join(frontier.metrics)}.",
            remedy="Ask for other metrics.",
        )
    instead = {
        field: [str(other) for other in stand_ins(metric, usable) if other not in frontier.metrics]
        for field, metric in lacked.items()
    }
    swaps = [
        f"Ask for {either(others)} instead of {lacked[field]}, which candidates there have."
        for field, others in instead.items()
        if others
    ]
    first = next(iter(lacked.values()))
    advice = remedy(first, lacking(judgement, first), local=judgement.is_local)
    return ExplanationView(
        text=f"The {' and '.join(lacked.values())} of none of {candidates} on {target} is known, so there is "
        "no frontier.",
        remedy=" ".join([*swaps, advice.text]),
        command=advice.command,
        instead=instead,
    )
