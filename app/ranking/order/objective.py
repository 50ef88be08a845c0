"""What to rank by: one metric, or several at once. Pure: arrays in, scores out.

Several metrics are ranked by one number, the weighted sum of utilities (simple additive weighting, Hwang and
Yoon, 1981). A utility is the metric on a scale from 0 at the worst of the Pareto frontier to 1 at its best.
What is worse than the whole frontier has less than 0. Dominated candidates cannot move the scale. Accuracies
are scaled linearly, quantities by their logarithm, since a factor matters there and not a difference. What
dominates another candidate scores more.

The knee is the point of the frontier that lies farthest beyond the plane through its extremes (Das, 1999).
On that plane the utilities sum to 1, so the knee has the largest sum. Where no point lies beyond the plane,
there is no knee.

Numbers are not exact. Two candidates share a rank where their scores differ by less than the error, at 95 %,
and their numbers of every metric of the objective too (`app.ranking.order.margins`). Within a score the
errors add up as independent errors do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.ranking.budget.budget import Bound
from app.ranking.order.margins import by_logarithm, margin, of_difference
from app.ranking.order.pareto import non_dominated
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns
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

    The utilities, `positions` (n x metrics), are 1 at the best of the frontier, 0 at its worst and below 0
    beyond. `margins` are the half-widths of their 95 % intervals. `total` is their weighted sum. `margin` is
    the half-width of its 95 % interval. `scale` is what they are measured on, None without any score.
    """

    metrics: tuple[Metric, ...]
    positions: Floats
    margins: Floats
    total: Floats
    margin: Floats
    scale: "Scale | None" = None

    @property
    def utilities(self) -> Mapping[Metric, Floats]:
        """The utilities by metric."""
        return dict(zip(self.metrics, self.positions.T, strict=True))

    @property
    def has_knee(self) -> bool:
        """Whether a candidate lies beyond the plane through the extremes of the frontier, by its margin."""
        return bool((self.total - self.margin > 1 / len(self.metrics)).any())

    def apart(self, rows: Ints, row: int | Ints) -> Bools:
        """Which of `rows` can be told apart from `row`, or each from its own `row`. Unknown scores cannot."""
        total, own = self.total[rows], self.total[row]
        alike = np.abs(total - own) <= of_difference(self.margin[rows], self.margin[row])
        near = np.flatnonzero(alike)  # few of many rows
        rows, row = rows[near], row if isinstance(row, int) else row[near]
        shifts = np.abs(self.positions[rows] - self.positions[row])
        alike[near] = (shifts <= of_difference(self.margins[rows], self.margins[row])).all(axis=1)
        return np.asarray(~alike & ~(np.isnan(total) & np.isnan(own)))

    def beaten(self, rows: Ints) -> Bools:
        """Which of `rows` are worse than another of them by more than the error. Unknown scores are not."""
        total, margin = self.total[rows], self.margin[rows]
        order = np.argsort(margin, kind="stable")
        # Whoever is worse than a row that is known as well beats none that this row does not beat.
        best_before = np.maximum.accumulate(np.concatenate([[-np.inf], total[order][:-1]]))
        worse = np.zeros(len(rows), dtype=np.bool_)
        for best in order[total[order] > best_before].tolist():
            worse |= total[best] - total > of_difference(margin, margin[best])
        return worse


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
        metrics[speed_metric_of(columns)] = None
    return Objective(asked, dict.fromkeys(metrics, 1 / len(metrics)))


def speed_metric_of(columns: CandidateColumns) -> Metric:
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

    def total(self, costs: Floats, objective: Objective) -> Floats:
        """The weighted sum of the positions."""
        return np.asarray(self.positions(costs) @ np.array(list(objective.weights.values())))


def objective_costs(columns: CandidateColumns, objective: Objective, rows: Ints | Bools) -> Floats:
    """The costs (n x metrics) of `rows` in the objective: lower is better. NaN is unknown."""
    return np.stack([columns.derived(_costs, metric)[rows] for metric in objective.metrics]).T


def scale_of(costs: Floats, objective: Objective) -> Scale:
    """The scale over the frontier of the candidates with these `costs`, of which there is at least one.

    Where the frontier has one value of a metric, the scale spans all of these candidates.
    """
    frontier = costs if objective.single else costs[non_dominated(costs)]
    best = frontier.min(axis=0)
    span = np.ptp(frontier, axis=0)
    span = np.where(span > 0, span, np.ptp(costs, axis=0))
    return Scale(best, np.where(span > 0, span, 1.0))


def score(columns: CandidateColumns, rows: Ints, objective: Objective) -> Scores:
    """Scores of the candidates `rows`, relative to one another."""
    size, metrics = len(columns), objective.metrics
    positions, margins = (np.full((size, len(metrics)), np.nan) for _ in range(2))
    scale, margin_of_total = None, np.full(size, np.nan)
    weights = np.array(list(objective.weights.values()))
    for metric in metrics:
        rows = rows[~np.isnan(columns.metrics[metric].value[rows])]
    if len(rows):
        costs = objective_costs(columns, objective, rows)
        scale = scale_of(costs, objective)
        positions[rows] = scale.positions(costs)
        errors = np.stack([margin(columns, metric, rows) for metric in metrics]) / scale.span[:, np.newaxis]
        margins[rows] = errors.T
        margin_of_total[rows] = np.sqrt(((errors * weights[:, np.newaxis]) ** 2).sum(axis=0))
    return Scores(metrics, positions, margins, positions @ weights, margin_of_total, scale)


def _costs(columns: CandidateColumns, metric: Metric) -> Floats:
    """Costs: lower is better. Quantities count by their logarithm."""
    values = columns.metrics[metric].value
    if by_logarithm(metric):
        values = np.log(np.maximum(values, _LEAST_QUANTITY))
    return metric.cost_sign * values
