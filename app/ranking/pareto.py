"""Dominance and Pareto fronts. Pure: arrays in, arrays out."""

from collections.abc import Sequence

import numpy as np

from catalog.candidates import Bools, CandidateColumns, Floats, Ints
from catalog.words.metrics import Metric

_BATCH = 32


def fronts_of(costs: Floats, names: Ints, wanted: int) -> Ints:
    """The front of each row, until `wanted` names are in fronts; the others share the one behind."""
    found = np.zeros(len(costs), dtype=np.int64)
    left = np.arange(len(costs))
    seen: set[int] = set()
    number = 0
    while len(left) and len(seen) < wanted:
        first = non_dominated(costs[left])
        found[left[first]] = number
        seen.update(names[left[first]].tolist())
        left = left[~first]
        number += 1
    found[left] = number
    return found


def non_dominated(costs: Floats) -> Bools:
    """Which rows of `costs` (n x metrics, finite, lower is better) no other row dominates: at least as good
    in every metric and better in one."""
    answer = np.zeros(len(costs), dtype=np.bool_)
    span = np.ptp(costs, axis=0) if len(costs) else np.ones(costs.shape[1])
    sums = (costs / np.where(span > 0, span, 1.0)).sum(axis=1)
    # In the order of their sums, a row can only be dominated by one before it, or of the same sum. What a
    # batch dominates need not be looked at again; few are left after the first batches.
    left = np.argsort(sums, kind="stable")
    while len(left):
        size = int(np.searchsorted(sums[left], sums[left[min(_BATCH, len(left)) - 1]], side="right"))
        batch, left = left[:size], left[size:]
        first = batch[~_dominated(costs[batch], costs[batch])]
        answer[first] = True
        left = left[~_dominated(costs[left], costs[first])]
    return answer


def _dominated(costs: Floats, rivals: Floats) -> Bools:
    """Which of the n rows of `costs` one of the m `rivals` dominates."""
    as_good = np.ones((len(rivals), len(costs)), dtype=np.bool_)
    better = np.zeros_like(as_good)
    for mine, theirs in zip(costs.T.copy(), rivals.T, strict=True):
        as_good &= theirs[:, np.newaxis] <= mine
        better |= theirs[:, np.newaxis] < mine
    return np.asarray((as_good & better).any(axis=0))


def dominators(
    columns: CandidateColumns, shown: Ints, ranked: Ints, metrics: Sequence[Metric]
) -> list[Ints | None]:
    """For each of `shown` the rows of `ranked`, in their order, that dominate it: at least as good in every
    one of `metrics` and better in one. None for a row that lacks one of them."""
    as_good = np.ones((len(shown), len(ranked)), dtype=np.bool_)
    better = np.zeros_like(as_good)
    unknown = np.zeros(len(shown), dtype=np.bool_)
    for metric in metrics:
        costs = costs_of(columns, metric)
        mine, theirs = costs[shown], costs[ranked]
        unknown |= np.isnan(mine)
        as_good &= theirs <= mine[:, np.newaxis]
        better |= theirs < mine[:, np.newaxis]
    better &= as_good
    return [
        None if lacking else ranked[rivals] for lacking, rivals in zip(unknown.tolist(), better, strict=True)
    ]


def costs_of(columns: CandidateColumns, metric: Metric) -> Floats:
    """The metric of every candidate, its sign such that lower is better. NaN is unknown."""
    return metric.cost_sign * columns.metrics[metric].value
