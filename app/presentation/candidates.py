"""Candidates as the contract shows them."""

from math import isfinite, isnan
from typing import Any

from app.contract.candidates import CandidateView
from app.contract.fields import MetricSchema
from app.ranking.budget import BudgetFit
from catalog.candidates import CandidateColumns
from catalog.words.doubts import Doubt
from catalog.words.metrics import MEMORY_METRICS, Metric, Subject


def candidate_view(columns: CandidateColumns, fit: BudgetFit, row: int) -> CandidateView:
    """A candidate with its numbers, and the distance of each to its bound."""
    return CandidateView(**candidate_fields(columns, fit, row))


def candidate_fields(columns: CandidateColumns, fit: BudgetFit, row: int) -> dict[str, Any]:
    """The fields of `CandidateView`, for it and for the views that add to it."""
    relative = {bound.metric: float(test.relative_slack[row]) for bound, test in fit.by_bound.items()}
    return {
        "architecture": columns.architecture[row],
        "checkpoint": columns.checkpoint[row],
        "input_size": int(columns.input_size[row]),
        "configuration": columns.configuration[row],
        "training_configuration": columns.training_configuration[row],
        "metrics": candidate_metrics(columns, row),
        "license": columns.license[row],
        "commercial_use": columns.commercial_use[row],
        "training_data": list(columns.training_data[row]),
        "training_methods": list(columns.training_methods[row]),
        "slack": {bound.metric: float(test.slack[row]) for bound, test in fit.by_bound.items()},
        "binding": min(relative, key=relative.__getitem__) if relative else None,
        "fit_probability": number_or_none(float(fit.probability[row])),
    }


def candidate_metrics(columns: CandidateColumns, row: int) -> dict[Metric, MetricSchema]:
    """Every known number of the candidate, with its interval and origin."""
    return {
        metric: MetricSchema(
            value=value,
            low=number_or_none(low),
            high=number_or_none(high),
            level=number_or_none(level),
            processes=None if isnan(level) else columns.measurement_of(metric)[row].processes,
            blocks=None
            if isnan(level) or metric in MEMORY_METRICS
            else columns.measurement_of(metric)[row].blocks,
            degrees_of_freedom=None if isnan(level) or not isfinite(freedom) else freedom,
            provenance=columns.provenance(metric, row),
            doubts=list(columns.doubts(metric, row)),
            measured_at=columns.measurement_of(metric)[row].measured_at
            if metric.subject is Subject.CASE
            else None,
        )
        for metric, value, low, high, level, freedom in columns.metrics.numbers(row)
    }


def number_or_none(number: float) -> float | None:
    """`number`, or None where it is NaN: unknown."""
    return None if isnan(number) else number


def candidate_name(columns: CandidateColumns, row: int) -> str:
    """The name of the checkpoint, or of an architecture without one."""
    return str(columns.checkpoint[row] or columns.architecture[row])


def origin(candidate: CandidateView) -> str:
    """The licence of a candidate's weights, whether it allows commercial use, and how they were trained."""
    license_ = f"licence {candidate.license or 'unknown'}"
    use = {True: "commercial use allowed", False: "no commercial use", None: "commercial use unclear"}
    data = f"trained on {', '.join(candidate.training_data) or 'unknown data'}"
    methods = f" ({', '.join(candidate.training_methods)})" if candidate.training_methods else ""
    return f"{license_}, {use[candidate.commercial_use]}, {data}{methods}"


def accuracy_doubts(candidate: CandidateView) -> list[Doubt]:
    """The doubts that bear on the candidate's top-1."""
    top1 = candidate.metrics.get(Metric.TOP1)
    return top1.doubts if top1 else []
