"""Candidates as the contract shows them."""

from math import isfinite, isnan
from typing import Any

from app.contract.candidates import CandidateView
from app.contract.fields import MetricSchema
from app.ranking.budget import BudgetFit
from catalog.candidates import CandidateColumns
from catalog.words.metrics import Metric, Subject


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
        "metrics": _metrics(columns, row),
        "slack": {bound.metric: float(test.slack[row]) for bound, test in fit.by_bound.items()},
        "binding": min(relative, key=relative.__getitem__) if relative else None,
        "fit_probability": number_or_none(float(fit.probability[row])),
    }


def _metrics(columns: CandidateColumns, row: int) -> dict[Metric, MetricSchema]:
    measured_at = columns.measurement[row].measured_at
    return {
        metric: MetricSchema(
            value=value,
            low=number_or_none(low),
            high=number_or_none(high),
            level=number_or_none(level),
            degrees_of_freedom=None if isnan(level) or not isfinite(freedom) else freedom,
            provenance=columns.provenance(metric, row),
            doubts=list(columns.doubts(metric, row)),
            measured_at=measured_at if metric.subject is Subject.CASE else None,
        )
        for metric, value, low, high, level, freedom in columns.metrics.numbers(row)
    }


def number_or_none(number: float) -> float | None:
    """`number`, or None where it is NaN: unknown."""
    return None if isnan(number) else number


def candidate_name(columns: CandidateColumns, row: int) -> str:
    """The name of the checkpoint, or of an architecture without one."""
    return str(columns.checkpoint[row] or columns.architecture[row])
