"""Dominance and the Pareto frontier. Pure: arrays in, arrays out."""

from collections.abc import Sequence

import numpy as np

from app.ranking.speed import image_ms
from catalog.candidates import Bools, CandidateColumns, Floats, Ints
from catalog.words.metrics import Metric

# Rows that are compared at a time. The first batch dominates most rows, and a small one is compared fast.
_BATCH = 32


def non_dominated(costs: Floats) -> Bools:
    """Which rows of `costs` (n x metrics, finite, lower is better) no other row dominates."""
    answer = np.zeros(len(costs), dtype=np.bool_)
    span = np.ptp(costs, axis=0) if len(costs) else np.ones(costs.shape[1])
    sums = (costs / np.where(span > 0, span, 1.0)).sum(axis=1)
    # In the order of their sums, a row can only be dominated by a row before it, or of the same sum. What a
    # batch dominates is dropped. Few rows are left after the first batches.
    left = np.argsort(sums, kind="stable")
    while len(left):
        size = int(np.searchsorted(sums[left], sums[left[min(_BATCH, len(left)) - 1]], side="right"))
        batch, left = left[:size], left[size:]
        first = batch[~_dominated(costs[batch], costs[batch])]
        answer[first] = True
        left = left[~_dominated(costs[left], costs[first])]
    return answer


def _dominated(costs: Floats, rivals: Floats) -> Bools:
    """Which rows of `costs` any row of `rivals` dominates. Both have the metrics as columns."""
    contiguous = costs.T.copy()
    return np.asarray(_dominates(rivals.T[:, :, np.newaxis], contiguous[:, np.newaxis, :]).any(axis=0))


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
