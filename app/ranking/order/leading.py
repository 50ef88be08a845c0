"""Which candidates are best, and which of neighbours are better, by more than the error.

Pure: arrays in, positions and metrics out.
"""

from collections.abc import Sequence

import numpy as np

from app.ranking.order.margins import apart_by
from app.ranking.order.pareto import costs_of
from catalog.candidates.category import Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Metric


def leading(columns: CandidateColumns, metric: Metric, rows: Ints) -> frozenset[int]:
    """The positions in `rows` of the best number of the metric, and of those that are as good: within the
    error of it, or with the same digits where it is shown.

    Empty where fewer than two rows have the number, and where all that have it are as good: no row is better
    there.
    """
    values = columns.metrics[metric].value
    known = np.flatnonzero(~np.isnan(values[rows]))
    if len(known) < 2:  # noqa: PLR2004 - nothing to compare with
        return frozenset()
    best = rows[known[np.argmin(costs_of(columns, metric)[rows[known]])]]
    digits = metric.show(float(values[best]))
    is_shown_alike = np.array([metric.show(value) == digits for value in values[rows[known]].tolist()])
    alike = known[is_shown_alike | ~apart_by(columns, metric, rows[known], np.full(len(known), best))]
    return frozenset() if len(alike) == len(known) else frozenset(alike.tolist())


def within_error_of_previous(
    columns: CandidateColumns, metrics: Sequence[Metric], rows: Ints
) -> list[tuple[Metric, ...]]:
    """For each of `rows`, the metrics in which it is within the error of the row before it.

    Every row has all metrics. The first row has no row before it.
    """
    alike = [~apart_by(columns, metric, rows[1:], rows[:-1]) for metric in metrics]
    neighbours = [
        tuple(metric for metric, is_alike in zip(metrics, pair, strict=True) if is_alike)
        for pair in zip(*alike, strict=True)
    ]
    return [(), *neighbours][: len(rows)]
