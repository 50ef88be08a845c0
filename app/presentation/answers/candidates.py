"""Candidates as the contract shows them."""

from collections.abc import Mapping
from math import isfinite, isnan
from typing import Any

from app.contract.answers.candidates import CandidateView
from app.contract.common.fields import MetricSchema
from app.contract.common.writing import Written
from app.ranking.budget.budget import BudgetFit
from catalog.candidates.columns import CandidateColumns
from catalog.words.doubts import Doubt
from catalog.words.metrics import MEMORY_METRICS, Metric, Subject


def candidate_view(columns: CandidateColumns, fit: BudgetFit, row: int) -> CandidateView:
    """A candidate with its numbers, and the distance of each to its bound."""
    return CandidateView.model_construct(**candidate_fields(columns, fit, row))


def candidate_fields(columns: CandidateColumns, fit: BudgetFit, row: int) -> dict[str, Any]:
    """The fields of `CandidateView`, for it and for the views that add to it.

    Validation would copy the held numbers, and lose their JSON.
    """
    relative = {bound.metric: float(test.relative_slack[row]) for bound, test in fit.by_bound.items()}
    return {
        **columns.of_row(_constant_fields, row),
        "slack": {bound.metric: float(test.slack[row]) for bound, test in fit.by_bound.items()},
        "binding": min(relative, key=relative.__getitem__) if relative else None,
        "fit_probability": number_or_none(float(fit.probability[row])),
    }


def _constant_fields(columns: CandidateColumns, row: int) -> dict[str, Any]:
    """What every question is told of a candidate."""
    return {
        "architecture": columns.architecture[row],
        "checkpoint": columns.checkpoint[row],
        "input_size": int(columns.input_size[row]),
        "configuration": columns.configuration[row],
        "training_configuration": columns.training_configuration[row],
        "metrics": Written(_metrics(columns, row)),
        "license": columns.license[row],
        "commercial_use": columns.commercial_use[row],
        "training_data": list(columns.training_data[row]),
        "training_methods": list(columns.training_methods[row]),
    }


def candidate_metrics(columns: CandidateColumns, row: int) -> Mapping[Metric, MetricSchema]:
    """Every known number of the candidate, with its interval and origin."""
    metrics: Mapping[Metric, MetricSchema] = columns.of_row(_constant_fields, row)["metrics"]
    return metrics


def _metrics(columns: CandidateColumns, row: int) -> dict[Metric, MetricSchema]:
    return {
        metric: _number(columns, row, metric, *number) for metric, *number in columns.metrics.numbers(row)
    }


def _number(
    columns: CandidateColumns,
    row: int,
    metric: Metric,
    value: float,
    low: float,
    high: float,
    level: float,
    freedom: float,
) -> MetricSchema:
    facts = columns.measurement_of(metric)[row]
    origin = {
        "provenance": columns.provenance(metric, row),
        "doubts": list(columns.doubts(metric, row)),
        "measured_at": facts.measured_at if metric.subject is Subject.CASE else None,
    }
    if isnan(level):
        return MetricSchema(value=value, **origin)
    return MetricSchema(
        value=value,
        low=number_or_none(low),
        high=number_or_none(high),
        level=level,
        processes=facts.processes,
        blocks=None if metric in MEMORY_METRICS else facts.blocks,
        degrees_of_freedom=freedom if isfinite(freedom) else None,
        **origin,
    )


def number_or_none(number: float) -> float | None:
    """`number`, or None where it is NaN: unknown."""
    return None if isnan(number) else number


def candidate_name(columns: CandidateColumns, row: int) -> str:
    """The name of the checkpoint, or of an architecture without one."""
    return str(columns.checkpoint[row] or columns.architecture[row])


def origin(candidate: CandidateView) -> str:
    """The licence of a candidate's weights, whether it allows commercial use, and how they were trained."""
    data = f"trained on {', '.join(candidate.training_data) or 'unknown data'}"
    methods = f" ({', '.join(candidate.training_methods)})" if candidate.training_methods else ""
    return f"{license_in_words(candidate)}, {data}{methods}"


def license_in_words(candidate: CandidateView) -> str:
    """The licence of a candidate's weights, and whether it allows commercial use."""
    use = {True: "commercial use allowed", False: "no commercial use", None: "commercial use unclear"}
    return f"licence {candidate.license or 'unknown'}, {use[candidate.commercial_use]}"


def accuracy_doubts(candidate: CandidateView) -> list[Doubt]:
    """The doubts that bear on the candidate's top-1."""
    top1 = candidate.metrics.get(Metric.TOP1)
    return top1.doubts if top1 else []
