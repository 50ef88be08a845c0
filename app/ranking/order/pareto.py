"""Dominance and the Pareto frontier. Pure: arrays in, arrays out."""

from collections.abc import Sequence

import numpy as np

from app.ranking.speed import image_ms
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Metric

# Rows that are compared at a time: at first two, which dominate most of all rows, then more of those left.
_FIRST, _MOST = 2, 32


def non_dominated(costs: Floats) -> Bools:
    """Which rows of `costs` (n x metrics, finite, lower is better) no other row dominates."""
    answer = np.zeros(len(costs), dtype=np.bool_)
    by_metric = np.ascontiguousarray(costs.T)  # what is done to a metric at a time is done fast
    span = np.ptp(by_metric, axis=1, keepdims=True) if len(costs) else np.ones((len(by_metric), 1))
    sums = (by_metric / np.where(span > 0, span, 1.0)).sum(axis=0)
    # In the order of their sums, a row can only be dominated by a row before it, or of the same sum. What a
    # batch dominates is dropped. Few rows are left after the first batches.
    left = np.argsort(sums, kind="stable")
    batch_size = _FIRST
    while len(left):
        last = left[min(batch_size, len(left)) - 1]
        size = int(np.searchsorted(sums[left], sums[last], side="right"))
        batch_size = min(2 * batch_size, _MOST)
        batch, left = left[:size], left[size:]
        first = batch[~_dominated(by_metric[:, batch], by_metric[:, batch])]
        answer[first] = True
        left = left[~_dominated(by_metric[:, left], by_metric[:, first])]
    return answer


def _dominated(costs: Floats, rivals: Floats) -> Bools:
    """Which of the candidates with these `costs` (metrics x n) any of the `rivals` dominates."""
    return np.asarray(_dominates(rivals[:, :, np.newaxis], costs[:, np.newaxis, :]).any(axis=0))


def dominators(
    columns: CandidateColumns, shown: Ints, ranked: Ints, metrics: Sequence[Metric]
) -> list[Ints | None]:
    """For each of `shown` the rows of `ranked`, in their order, that dominate it in `metrics` and in speed.

    Speed is the time per image. It is left out where nothing ranked has any. None for a row that lacks a
    number.
    """
    costs = [costs_of(columns, metric) for metric in metrics]
    times = image_ms(columns)
    if not np.isnan(times[ranked]).all():
        costs.append(times)
    mine, theirs = (np.stack([cost[rows] for cost in costs]) for rows in (shown, ranked))
    lacking = np.asarray(np.isnan(mine).any(axis=0), dtype=np.bool_)
    dominating = _dominates(theirs[:, np.newaxis, :], mine[:, :, np.newaxis])
    return [
        None if lacks else ranked[rivals] for lacks, rivals in zip(lacking.tolist(), dominating, strict=True)
    ]


def _dominates(theirs: Floats, mine: Floats) -> Bools:
    """Where `theirs` dominate `mine`: at least as good in every metric and better in one.

    The metrics are the first axis of both, lower is better, and the other axes are broadcast. NaN neither
    dominates nor is dominated.
    """
    as_good, better = theirs[0] <= mine[0], theirs[0] < mine[0]
    for their, my in zip(theirs[1:], mine[1:], strict=True):
        as_good &= their <= my
        better |= their < my
    as_good &= better
    return np.asarray(as_good)


def costs_of(columns: CandidateColumns, metric: Metric) -> Floats:
    """The metric of every candidate, its sign such that lower is better. NaN is unknown."""
    return metric.cost_sign * columns.metrics[metric].value
