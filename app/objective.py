"""What to rank by: one metric, or several at once. Pure; arrays in, scores out.

Several metrics are ranked by Pareto fronts (non-dominated sorting; Deb et al., NSGA-II, 2002), and within a
front by a weighted sum of utilities (simple additive weighting; Hwang and Yoon, 1981). A utility is the
metric scaled to [0, 1] between the worst and the best of the first front, which is the Pareto frontier: what
others dominate cannot move the scale. Accuracies are scaled linearly, quantities by their logarithm, since a
factor matters there and not a difference.

The knee is the point of the frontier that lies farthest from the plane through its extremes (Das, 1999): the
largest sum of utilities that are all linear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.budget import Bools, Bound
from catalog.columns import CandidateColumns, Floats, Ints
from catalog.metrics import Direction, Metric, Subject


class Scheme(StrEnum):
    """Ways to rank by several metrics without naming weights."""

    BALANCED = "balanced"
    KNEE = "knee"


Asked = Metric | Scheme | Mapping[Metric, float]


@dataclass(frozen=True)
class Objective:
    """What was `asked`, as `weights` that sum to 1; one of them alone is a metric in its own direction."""

    asked: Asked
    weights: Mapping[Metric, float]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return tuple(self.weights)

    @property
    def single(self) -> Metric | None:
        return self.metrics[0] if len(self.weights) == 1 else None


@dataclass(frozen=True)
class Scores:
    """Of n candidates: `total` in [0, 1] (NaN where a metric is unknown or the budget is missed), the
    utilities that it sums up, and the front (0 is the Pareto frontier) where metrics are several."""

    total: Floats
    utilities: Mapping[Metric, Floats]
    front: Ints


def objective_of(asked: Asked, bounds: Sequence[Bound], columns: CandidateColumns) -> Objective:
    """`asked` with its weights. Balanced and knee weigh top-1 and every bounded metric equally; where the
    budget bounds nothing else, the speed that the target's candidates have.
    """
    if isinstance(asked, Metric):
        return Objective(asked, {asked: 1.0})
    if isinstance(asked, Mapping):
        total = sum(asked.values())
        return Objective(asked, {metric: weight / total for metric, weight in asked.items()})
    metrics = dict.fromkeys([Metric.TOP1, *(bound.metric for bound in bounds)])
    if len(metrics) == 1:
        latency = columns.metrics[Metric.LATENCY_MS].value
        metrics[Metric.THROUGHPUT_IPS if np.isnan(latency).all() else Metric.LATENCY_MS] = None
    return Objective(asked, dict.fromkeys(metrics, 1 / len(metrics)))


def score(columns: CandidateColumns, rows: Ints, objective: Objective, wanted: int) -> Scores:
    """Scores of the candidates `rows`, relative to one another.

    Fronts are told apart until they hold `wanted` architectures; the rest shares the last.
    """
    size = len(columns)
    total, front = np.full(size, np.nan), np.full(size, size, dtype=np.int64)
    utilities = {metric: np.full(size, np.nan) for metric in objective.metrics}
    for metric in objective.metrics:
        rows = rows[~np.isnan(columns.metrics[metric].value[rows])]
    if not len(rows):
        return Scores(total, utilities, front)
    linear = objective.asked is Scheme.KNEE
    costs = np.stack([_costs(columns, metric, linear=linear)[rows] for metric in objective.metrics], axis=1)
    fronts = (
        _fronts(costs, columns.architecture[rows], wanted)
        if objective.single is None
        else np.zeros(len(rows), dtype=np.int64)
    )
    front[rows] = fronts
    scaled = _scaled(costs, costs[fronts == 0])
    for place, metric in enumerate(objective.metrics):
        utilities[metric][rows] = scaled[:, place]
    total[rows] = scaled @ np.array(list(objective.weights.values()))
    return Scores(total, utilities, front)


def _costs(columns: CandidateColumns, metric: Metric, *, linear: bool) -> Floats:
    """Lower is better; quantities by their logarithm unless `linear`."""
    values = columns.metrics[metric].value
    if metric.subject is not Subject.CHECKPOINT and not linear:
        with np.errstate(divide="ignore"):
            values = np.log(values)
    return values if metric.direction is Direction.LOWER else -values


def _scaled(costs: Floats, reference: Floats) -> Floats:
    """Utilities in [0, 1]: 1 at the best of `reference`, 0 at its worst and beyond."""
    best, worst = reference.min(axis=0), reference.max(axis=0)
    span = np.where(worst > best, worst - best, 1.0)
    utilities: Floats = np.clip(1 - (costs - best) / span, 0.0, 1.0)
    return utilities


def _fronts(costs: Floats, names: "np.ndarray[tuple[int], np.dtype[np.object_]]", wanted: int) -> Ints:
    """The front of each row, until `wanted` names are in fronts; the others share the one behind."""
    found = np.zeros(len(costs), dtype=np.int64)
    left = np.arange(len(costs))
    seen: set[str] = set()
    number = 0
    while len(left) and len(seen) < wanted:
        first = non_dominated(costs[left])
        found[left[first]] = number
        seen.update(names[left[first]])
        left = left[~first]
        number += 1
    found[left] = number
    return found


def non_dominated(costs: Floats) -> Bools:
    """Which rows of `costs` (n x metrics, lower is better) no other row dominates: at least as good in every
    metric and better in one."""
    answer = np.zeros(len(costs), dtype=np.bool_)
    # The least sum of what is left is dominated by nothing; what it dominates need not be looked at again.
    left = np.argsort(costs.sum(axis=1), kind="stable")
    while len(left):
        best = costs[left[0]]
        here = costs[left]
        answer[left[(here == best).all(axis=1)]] = True
        left = left[(here < best).any(axis=1)]
    return answer
