"""Which candidates are most worth a measurement, of those that cannot be ranked yet."""

import numpy as np

from app.ranking.budget.budget import BudgetFit
from app.ranking.budget.floors import NOT_BELOW_LATENCY
from app.ranking.order.objective import Objective, objective_costs
from app.ranking.speed import image_ms
from catalog.candidates.category import Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Metric


def most_promising(columns: CandidateColumns, fit: BudgetFit, objective: Objective, rows: Ints) -> Ints:
    """`rows`, the likeliest winner first.

    Whoever breaks a bound by a number that is known comes last, and before them whoever lacks a number of the
    objective: measuring does not make them first. A call takes at least as long as an image takes in the
    fastest batch, so the time of an image breaks a bound of latency too. Of the others, those that compute
    more than every candidate that fits come last, the smallest of them first, since they hardly keep a bound
    of time or memory. The rest are in the order of the objective's first metric.
    """
    breaks = np.zeros(len(columns), dtype=np.bool_)
    for test in fit.by_bound.values():
        breaks |= test.judged & ~test.within
    with np.errstate(invalid="ignore"):
        for bound in fit.by_bound:
            if bound.maximum is not None and bound.metric in (Metric.LATENCY_MS, *NOT_BELOW_LATENCY):
                breaks |= image_ms(columns) > bound.maximum
    costs = objective_costs(columns, objective, rows)
    gmacs = columns.metrics[Metric.GMACS].value
    fitting = gmacs[fit.fits & ~np.isnan(gmacs)]
    most = fitting.max() if len(fitting) else np.inf
    with np.errstate(invalid="ignore"):
        is_larger = gmacs[rows] > most
    within = np.where(is_larger, gmacs[rows], costs[:, 0])
    # lexsort's last key comes first.
    order = np.lexsort((gmacs[rows], within, is_larger, np.isnan(costs).any(axis=1), breaks[rows]))
    return np.asarray(rows[order])
