"""What a ranking came to, in one word. Pure."""

from enum import StrEnum

import numpy as np

from app.ranking.budget.budget import BudgetFit
from app.ranking.budget.eliminations import Elimination
from app.ranking.order.objective import Objective, Scheme
from catalog.candidates.columns import CandidateColumns


class Outcome(StrEnum):
    """What a ranking came to. Where nothing fits, it is the cause."""

    FITS = "fits"
    OBJECTIVE_UNKNOWN = "objective_unknown"
    NO_KNEE = "no_knee"
    FILTERED_OUT = "filtered_out"
    ALL_FAILED = "all_failed"
    ALL_UNKNOWN = "all_unknown"
    ALL_EXCEED = "all_exceed"


def outcome_of(
    columns: CandidateColumns, fit: BudgetFit, found: Elimination, objective: Objective, *, has_knee: bool
) -> Outcome:
    """The outcome of the candidates that passed the filters, where they are ranked by an objective."""
    outcome = outcome_of_budget(columns, found)
    if outcome is not Outcome.FITS:
        return outcome
    known = [~np.isnan(columns.metrics[metric].value) for metric in objective.metrics]
    if not np.logical_and.reduce([fit.fits, *known]).any():
        return Outcome.OBJECTIVE_UNKNOWN
    return Outcome.NO_KNEE if objective.asked is Scheme.KNEE and not has_knee else Outcome.FITS


def outcome_of_budget(columns: CandidateColumns, found: Elimination) -> Outcome:
    """The outcome of the candidates that passed the filters, whatever they are ranked by.

    Where some exceed the budget and others are unknown, they count as exceeding.
    """
    if found.fitting:
        return Outcome.FITS
    if not len(columns):
        return Outcome.FILTERED_OUT
    if found.failed == len(columns):
        return Outcome.ALL_FAILED
    return Outcome.ALL_UNKNOWN if found.undecided + found.failed == len(columns) else Outcome.ALL_EXCEED
