"""The scores of several metrics by decision 14, in plain loops: utilities, weighted sums, ties."""

from collections.abc import Mapping, Sequence
from math import hypot, log

from catalog.words.metrics import Direction, Metric, Subject
from tests.oracle.order import HALF_WIDTH, standard_error
from tests.oracle.rows import Row

Weights = Mapping[str, float]


def cost(row: Row, metric: Metric) -> float:
    """Lower is better. Quantities count by their logarithm."""
    value = row.values[metric]
    value = value if metric.subject is Subject.CHECKPOINT else log(value)
    return value if metric.direction is Direction.LOWER else -value


class Scale:
    """What the rows that have every weighted metric are measured on: the ends of their frontier."""

    def __init__(self, rows: Sequence[Row], weights: Weights) -> None:
        self.weights = {Metric(name): weight for name, weight in weights.items()}
        self.rows = [row for row in rows if all(metric in row.values for metric in self.weights)]
        costs = [tuple(cost(row, metric) for metric in self.weights) for row in self.rows]
        frontier: list[tuple[float, ...]] = []
        for mine in sorted(costs):  # whoever dominates comes before
            if not any(_dominates(other, mine) for other in frontier):
                frontier.append(mine)
        self.best, self.span = {}, {}
        for place, metric in enumerate(self.weights):
            on_frontier, all_costs = ([each[place] for each in some] for some in (frontier, costs))
            if not costs:
                continue
            self.best[metric] = min(on_frontier)
            width = max(on_frontier) - min(on_frontier) if len(self.weights) > 1 else 0.0
            self.span[metric] = width or max(all_costs) - min(all_costs) or 1.0

    def utility(self, row: Row, metric: Metric) -> float:
        """1 at the best of the frontier, 0 at its worst, and less than 0 beyond."""
        return 1 - (cost(row, metric) - self.best[metric]) / self.span[metric]

    def score(self, row: Row) -> float:
        """The weighted sum of the utilities."""
        return sum(weight * self.utility(row, metric) for metric, weight in self.weights.items())

    def are_tied(self, row: Row, other: Row) -> bool:
        """Whether neither the scores nor any metric tell two rows apart."""
        margins = [self._margins(each) for each in (row, other)]
        reach = hypot(*(self.weights[metric] * own[metric] for own in margins for metric in own))
        shifts = {
            metric: abs(self.utility(row, metric) - self.utility(other, metric)) for metric in self.weights
        }
        alike = all(shift <= hypot(*(own[metric] for own in margins)) for metric, shift in shifts.items())
        return alike and abs(self.score(row) - self.score(other)) <= reach

    def _margins(self, row: Row) -> Mapping[Metric, float]:
        return {
            metric: HALF_WIDTH * standard_error(row, metric) / self.span[metric] for metric in self.weights
        }


def _dominates(mine: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(mine, other, strict=True)) and tuple(mine) != tuple(other)
