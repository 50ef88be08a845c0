"""What to rank by: one metric, or several at once. Pure: arrays in, scores out.

Several metrics are ranked by Pareto fronts (non-dominated sorting, Deb et al., NSGA-II, 2002), and within a
front by a weighted sum of utilities (simple additive weighting, Hwang and Yoon, 1981). A utility is the
metric scaled to [0, 1] between the worst and the best of the first front, which is the Pareto frontier.
Dominated candidates cannot move the scale. Accuracies are scaled linearly, quantities by their logarithm,
since a factor matters there and not a difference.

Numbers are not exact. Two candidates whose scores' 95 % intervals overlap share a rank. The interval of an
accuracy is that of a share of the images it was taken over. Other metrics have the interval of their
measurement. Within a score the errors add up as independent errors do.

The knee is the point of the frontier that lies farthest from the plane through its extremes (Das, 1999): the
largest sum of utilities that are all linear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.ranking.budget import Bound
from app.ranking.pareto import fronts_of
from catalog.candidates import CandidateColumns, Floats, Ints, normal_quantile
from catalog.words.metrics import SPEED_METRICS, Metric, Subject


class Scheme(StrEnum):
    """Ways to rank by several metrics without naming weights."""

    BALANCED = "balanced"
    KNEE = "knee"


# The confidence level of the intervals whose overlap makes candidates share a rank.
_LEVEL = np.array(0.95)
# A quantity of zero has no logarithm. It counts as this, which is below every quantity.
_LEAST_QUANTITY = 1e-300

Asked = Metric | Scheme | Mapping[Metric, float]


@dataclass(frozen=True)
class Objective:
    """What was `asked`, as `weights` that sum to 1. A single metric ranks by itself, in its own direction."""

    asked: Asked
    weights: Mapping[Metric, float]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The weighted metrics."""
        return tuple(self.weights)

    @property
    def single(self) -> Metric | None:
        """The only metric. None where there are several."""
        return self.metrics[0] if len(self.weights) == 1 else None


@dataclass(frozen=True)
class Scores:
    """The scores of n candidates.

    `total` in [0, 1] sums up the weighted `utilities`. It is NaN where a metric is unknown or the budget is
    missed. `front` is 0 for the Pareto frontier, where metrics are several. `distance` is the total with
    utilities that may be below 0, which distinguishes candidates far behind the frontier. `margin` is the
    half-width of its 95 % interval.
    """

    total: Floats
    distance: Floats
    margin: Floats
    utilities: Mapping[Metric, Floats]
    front: Ints


def objective_of(asked: Asked, bounds: Sequence[Bound], columns: CandidateColumns) -> Objective:
    """`asked` with its weights.

    Balanced and knee weigh top-1 and every bounded metric equally. Where the budget bounds nothing else, they
    weigh top-1 and the speed that the candidates have.
    """
    if isinstance(asked, Metric):
        return Objective(asked, {asked: 1.0})
    if isinstance(asked, Mapping):
        total = sum(asked.values())
        return Objective(asked, {metric: weight / total for metric, weight in asked.items()})
    metrics = dict.fromkeys([Metric.TOP1, *(bound.metric for bound in bounds)])
    if len(metrics) == 1:
        metrics[_speed_metric(columns)] = None
    return Objective(asked, dict.fromkeys(metrics, 1 / len(metrics)))


def _speed_metric(columns: CandidateColumns) -> Metric:
    """The first metric of speed that a candidate has. Where no candidate has any, the first of all."""
    return next(
        (metric for metric in SPEED_METRICS if not np.isnan(columns.metrics[metric].value).all()),
        SPEED_METRICS[0],
    )


def score(columns: CandidateColumns, rows: Ints, objective: Objective, wanted: int) -> Scores:
    """Scores of the candidates `rows`, relative to one another.

    Fronts are numbered until they hold `wanted` architectures. The other rows share the last front.
    """
    size = len(columns)
    total, distance, margin = (np.full(size, np.nan) for _ in range(3))
    front = np.full(size, size, dtype=np.int64)
    utilities = {metric: np.full(size, np.nan) for metric in objective.metrics}
    for metric in objective.metrics:
        rows = rows[~np.isnan(columns.metrics[metric].value[rows])]
    if not len(rows):
        return Scores(total, distance, margin, utilities, front)
    linear = objective.asked is Scheme.KNEE
    costs = np.stack([_costs(columns, metric, linear=linear)[rows] for metric in objective.metrics], axis=1)
    fronts = (
        fronts_of(costs, columns.architecture.codes[rows], wanted)
        if objective.single is None
        else np.zeros(len(rows), dtype=np.int64)
    )
    front[rows] = fronts
    weights = np.array(list(objective.weights.values()))
    scaled, span = _scaled(costs, costs[fronts == 0])
    for position, metric in enumerate(objective.metrics):
        utilities[metric][rows] = np.maximum(scaled[:, position], 0.0)
    total[rows] = np.maximum(scaled, 0.0) @ weights
    distance[rows] = scaled @ weights
    errors = np.stack([_errors(columns, metric, rows, linear=linear) for metric in objective.metrics], axis=1)
    margin[rows] = normal_quantile(_LEVEL) * np.sqrt(((errors / span * weights) ** 2).sum(axis=1))
    return Scores(total, distance, margin, utilities, front)


def _costs(columns: CandidateColumns, metric: Metric, *, linear: bool) -> Floats:
    """Costs: lower is better. Quantities count by their logarithm unless `linear`."""
    values = columns.metrics[metric].value
    if _by_logarithm(metric, linear=linear):
        values = np.log(np.maximum(values, _LEAST_QUANTITY))
    return metric.cost_sign * values


def _errors(columns: CandidateColumns, metric: Metric, rows: Ints, *, linear: bool) -> Floats:
    """The standard errors of the costs of `rows`."""
    if _by_logarithm(metric, linear=linear):
        return columns.metrics[metric].take(rows).deviation
    return columns.standard_error(metric)[rows]


def _by_logarithm(metric: Metric, *, linear: bool) -> bool:
    return metric.subject is not Subject.CHECKPOINT and not linear


def _scaled(costs: Floats, frontier: Floats) -> tuple[Floats, Floats]:
    """Utilities, and the span of each metric's costs in the frontier.

    A utility is 1 at the best of `frontier`, 0 at its worst, and below 0 beyond.
    """
    best, worst = frontier.min(axis=0), frontier.max(axis=0)
    span = np.where(worst > best, worst - best, 1.0)
    return 1 - (costs - best) / span, span
