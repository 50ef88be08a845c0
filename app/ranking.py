"""The order of candidates. Pure; arrays in, row numbers out."""

from enum import StrEnum

import numpy as np

from app.budget import Bools
from app.objective import Objective, Scores
from catalog.columns import CandidateColumns, Floats, Ints, MetricColumn
from catalog.metrics import Direction, Metric


class Collapse(StrEnum):
    """What gets one row in the answer."""

    ARCHITECTURE = "architecture"
    CHECKPOINT = "checkpoint"
    CONFIGURATION = "configuration"


def rank(columns: CandidateColumns, rows: Ints, objective: Objective, scores: Scores) -> Ints:
    """`rows` from best to worst: by the metric, or by front and score where metrics are several (unknown
    last), then the faster (by latency, then by throughput), then by name."""
    names = np.lexsort(
        (
            columns.configuration[rows],
            columns.input_size[rows],
            columns.checkpoint[rows].astype(str),
            columns.architecture[rows].astype(str),
        )
    )
    named = rows[names]
    latency = _costs(columns.metrics[Metric.LATENCY_MS], Metric.LATENCY_MS)[named]
    throughput = _costs(columns.metrics[Metric.THROUGHPUT_IPS], Metric.THROUGHPUT_IPS)[named]
    # lexsort is stable, its last key is the first; NaN sorts last.
    if objective.single is not None:
        primary = _costs(columns.metrics[objective.single], objective.single)[named]
        return named[np.lexsort((throughput, latency, primary))]
    return named[np.lexsort((throughput, latency, -scores.total[named], scores.front[named]))]


def collapse(columns: CandidateColumns, ranked: Ints, by: Collapse) -> Ints:
    """The best row of each architecture or checkpoint, in the order of `ranked`."""
    if by is Collapse.CONFIGURATION:
        return ranked
    names = columns.architecture if by is Collapse.ARCHITECTURE else columns.checkpoint
    seen: set[str | None] = set()
    kept: list[int] = []
    for row in ranked:
        name = names[row] or columns.architecture[row]
        if name not in seen:
            seen.add(name)
            kept.append(int(row))
    return np.array(kept, dtype=np.int64)


def on_frontier(columns: CandidateColumns, rows: Ints, among: Bools, metrics: tuple[Metric, ...]) -> Bools:
    """Which of `rows` no candidate of `among` dominates: at least as good in every one of `metrics` and
    better in one. A row that lacks one of them is not on the frontier."""
    costs = np.stack([_costs(columns.metrics[metric], metric) for metric in metrics], axis=1)
    rivals = costs[among & ~np.isnan(costs).any(axis=1)]
    answer = np.zeros(len(rows), dtype=np.bool_)
    for position, row in enumerate(rows):
        mine = costs[row]
        if not np.isnan(mine).any():
            dominated = (rivals <= mine).all(axis=1) & (rivals < mine).any(axis=1)
            answer[position] = not dominated.any()
    return answer


def _costs(column: MetricColumn, metric: Metric) -> Floats:
    """Lower is better."""
    return column.value if metric.direction is Direction.LOWER else -column.value
