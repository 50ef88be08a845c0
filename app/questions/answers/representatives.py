"""Which candidate represents each architecture where all are looked at, and not only those that fit."""

import numpy as np

from app.questions.answers.recommend import Answer
from app.ranking.groups import first_of_each
from app.ranking.order.pareto import costs_of
from catalog.candidates.category import Bools, Floats, Ints


def representatives(answer: Answer, known: Bools) -> Ints:
    """A row of each architecture that has one among the rows `known`, and all recommended rows among these.

    The row of an architecture is the recommended one. Of an architecture without one, it is the row that fits
    and is best, or else the row that is nearest to the budget.
    """
    columns = answer.columns
    shown = np.array([recommended.row for recommended in answer.recommendations], dtype=np.int64)
    rows = nearest_first(answer, np.flatnonzero(known & columns.usable))
    names = columns.architecture.codes
    first = rows[first_of_each(names[rows])] if len(rows) else rows
    others = first[~np.isin(names[first], names[shown])]
    return np.concatenate([shown[known[shown]], others])


def nearest_first(answer: Answer, rows: Ints) -> Ints:
    """`rows`, those first that are recommended, then those that fit, then those nearest to the budget."""
    columns, fit = answer.columns, answer.fit
    recommended = np.isin(rows, [one.row for one in answer.recommendations])
    shortfall = np.zeros(len(columns))
    for test in fit.by_bound.values():
        room = np.where(np.isnan(test.relative_slack), -np.inf, test.relative_slack)
        shortfall = np.maximum(shortfall, np.maximum(0.0, -room))
    keys: tuple[Floats | Ints | Bools, ...] = (  # the last one decides first
        columns.speed_order[rows],
        *(costs_of(columns, metric)[rows] for metric in answer.objective.metrics[:1]),
        shortfall[rows],
        ~fit.fits[rows],
        ~recommended,
    )
    return rows[np.lexsort(keys)]
