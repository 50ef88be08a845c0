"""What to rank by: one metric, or several at once. Pure: arrays in, scores out.

Several metrics are ranked by one number, the weighted sum of utilities (simple additive weighting, Hwang and
Yoon, 1981). A utility is the metric scaled to [0, 1] between the worst and the best of the Pareto frontier.
Dominated candidates cannot move the scale. Accuracies are scaled linearly, quantities by their logarithm,
since a factor matters there and not a difference. What dominates another candidate never scores less.

The knee is the point of the frontier that lies farthest beyond the plane through its extremes (Das, 1999).
On that plane the utilities sum to 1, so the knee has the largest sum. Where no point lies beyond the plane,
there is no knee.

Numbers are not exact. Two candidates share a rank where the 95 % intervals of their scores overlap, and those
of every metric of the objective (`app.ranking.margins`). Within a score the errors add up as independent
errors do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.ranking.budget import Bound
from app.ranking.margins import by_logarithm, margin
from app.ranking.pareto import non_dominated
from catalog.candidates import Bools, CandidateColumns, Floats, Ints
from catalog.words.metrics import SPEED_METRICS, Metric


class Scheme(StrEnum):
    """Ways to rank by several metrics without naming weights."""

    BALANCED = "balanced"
    KNEE = "knee"


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
    """The scores of n candidates. NaN where a metric is unknown or the budget is missed.

    `positions` (n x metrics) are 1 at the best of the frontier, 0 at its worst and below 0 beyond. `margins`
    are the half-widths of their 95 % intervals. `total` in [0, 1] sums up the weighted utilities, which are
    positions of at least 0. `distance` sums up the positions themselves, which distinguishes candidates far
    behind the frontier. `margin` is the half-width of its 95 % interval.
    """

    metrics: tuple[Metric, ...]
    positions: Floats
    margins: Floats
    total: Floats
    distance: Floats
    margin: Floats

    @property
    def utilities(self) -> Mapping[Metric, Floats]:
        """The utilities by metric."""
        return dict(zip(self.metrics, np.maximum(self.positions, 0.0).T, strict=True))

    @property
    def has_knee(self) -> bool:
        """Whether a candidate lies beyond the plane through the extremes of the frontier, by its margin."""
        return bool((self.total - self.margin > 1 / len(self.metrics)).any())

    def apart(self, rows: Ints, row: int | Ints) -> Bools:
        """Which of `rows` can be told apart from `row`, or each from its own `row`. Unknown scores cannot."""
        overlapping = np.abs(self.distance[rows] - self.distance[row]) <= self.margin[rows] + self.margin[row]
        shifts = np.abs(self.positions[rows] - self.positions[row])
        overlapping &= (shifts <= self.margins[rows] + self.margins[row]).all(axis=1)
        unknown = np.isnan(self.distance[rows]) & np.isnan(self.distance[row])
        return np.asarray(~overlapping & ~unknown)


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


@dataclass(frozen=True)
class Scale:
    """What utilities are measured on: the best cost of each metric, and the span from it to the worst."""

    best: Floats
    span: Floats

    def positions(self, costs: Floats) -> Floats:
        """1 at the best, 0 at the worst, and below 0 or above 1 beyond. `costs` are n x metrics."""
        return np.asarray(1 - (costs - self.best) / self.span)

    def distance(self, costs: Floats, objective: Objective) -> Floats:
        """The weighted sum of the positions."""
        return np.asarray(self.positions(costs) @ np.array(list(objective.weights.values())))


def objective_costs(columns: CandidateColumns, objective: Objective) -> Floats:
    """The costs (n x metrics) of every candidate in the objective: lower is better. NaN is unknown."""
    return np.stack([_costs(columns, metric) for metric in objective.metrics], axis=1)


def scale_of(costs: Floats, objective: Objective) -> Scale:
    """The scale over the frontier of the candidates with these `costs`, of which there is at least one."""
    frontier = costs if objective.single else costs[non_dominated(costs)]
    best, worst = frontier.min(axis=0), frontier.max(axis=0)
    return Scale(best, np.where(worst > best, worst - best, 1.0))


def score(columns: CandidateColumns, rows: Ints, objective: Objective) -> Scores:
    """Scores of the candidates `rows`, relative to one another."""
    size, metrics = len(columns), objective.metrics
    positions, margins = (np.full((size, len(metrics)), np.nan) for _ in range(2))
    for metric in metrics:
        rows = rows[~np.isnan(columns.metrics[metric].value[rows])]
    if len(rows):
        costs = objective_costs(columns, objective)[rows]
        scale = scale_of(costs, objective)
        positions[rows] = scale.positions(costs)
        margins[rows] = np.stack([margin(columns, metric, rows) for metric in metrics], axis=1) / scale.span
    weights = np.array(list(objective.weights.values()))
    return Scores(
        metrics,
        positions,
        margins,
        total=np.maximum(positions, 0.0) @ weights,
        distance=positions @ weights,
        margin=np.sqrt(((margins * weights) ** 2).sum(axis=1)),
    )


def _costs(columns: CandidateColumns, metric: Metric) -> Floats:
    """Costs: lower is better. Quantities count by their logarithm."""
    values = columns.metrics[metric].value
    if by_logarithm(metric):
        values = np.log(np.maximum(values, _LEAST_QUANTITY))
    return metric.cost_sign * values
