"""Which candidate represents a network that is named, beside others."""

import numpy as np

from app.ranking.order.margins import apart_by
from app.ranking.order.pareto import costs_of
from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Metric


def most_accurate(columns: CandidateColumns, rows: Ints, slowness: Floats | Ints) -> int:
    """The one of `rows` with the most accurate checkpoint. Of several such rows, the least in `slowness`.

    Where its licence does not allow commercial use, the most accurate checkpoint whose licence does takes its
    place, if that is as accurate within the error.
    """

    def first(among: Ints) -> int:
        costs = costs_of(columns, Metric.TOP1)[among]
        return int(among[np.lexsort((slowness[among], costs))[0]])

    best = first(rows)
    if columns.commercial_use[best]:
        return best
    unknown = np.isnan(columns.metrics[Metric.TOP1].value)
    apart = apart_by(columns, Metric.TOP1, rows, np.full(len(rows), best))
    alike = rows[~apart & (unknown[rows] == unknown[best])]
    free = alike[columns.commercial_use.mask(lambda use: use is True)[alike]]
    return first(free) if len(free) else best
