"""The plain search: what becomes of each candidate under a question."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.oracle.budget import chance, distance, knows, required_probabilities
from tests.oracle.filters import passing
from tests.oracle.order import collapsed, ranked
from tests.oracle.questions import Budget, Question
from tests.oracle.rows import Row


@dataclass(frozen=True, eq=False)
class Search:
    """What becomes of the `rows` that pass the filters. Rows go by their number in the list."""

    question: Question
    rows: list[Row]

    @property
    def budget(self) -> Budget:
        budget: Budget = self.question.get("budget", {})
        return budget

    @cached_property
    def required(self) -> list[float] | None:
        """The probability that each row needs. None without a confidence."""
        return required_probabilities(self.rows, self.budget, self.question.get("confidence"))

    @cached_property
    def chances(self) -> dict[str, list[float | None]]:
        """By metric, the chance of each row to be within the bound. None where the number is unknown."""
        return {
            metric: [chance(row, metric, bound, confident=self.required is not None) for row in self.rows]
            for metric, bound in self.budget.items()
        }

    def holds(self, number: int, metrics: Sequence[str]) -> bool:
        """Whether the row is within the bounds on `metrics`, jointly where there is a confidence."""
        joint = 1.0
        for metric in metrics:
            within = self.chances[metric][number]
            if not within:
                return False
            joint *= within
        return joint >= (1.0 if self.required is None else self.required[number])

    @cached_property
    def usable(self) -> list[int]:
        """Whose measurement did not fail."""
        return [number for number, row in enumerate(self.rows) if not row.failed]

    @cached_property
    def fits(self) -> list[int]:
        metrics = list(self.budget)
        return [number for number in self.usable if self.holds(number, metrics)]

    @cached_property
    def fitting(self) -> list[Row]:
        return [self.rows[number] for number in self.fits]

    @cached_property
    def misses(self) -> list[int]:
        """What did not fail, and does not fit."""
        return sorted(set(self.usable) - set(self.fits))

    @cached_property
    def outside(self) -> list[tuple[str, ...]]:
        """The metrics whose bounds eliminate each row. Bounds that hold one by one may fail jointly: that is
        put to the least certain of them."""
        metrics = list(self.budget)
        found = []
        for number in range(len(self.rows)):
            judged = [metric for metric in metrics if self.chances[metric][number] is not None]
            broken = tuple(metric for metric in judged if not self.holds(number, [metric]))
            if not broken and judged and len(judged) == len(metrics) and not self.holds(number, judged):
                broken = (min(judged, key=lambda metric: self.chances[metric][number] or 0.0),)
            found.append(broken)
        return found

    @cached_property
    def together(self) -> Counter[tuple[str, ...]]:
        """How many rows just these bounds eliminate."""
        return Counter(self.outside[number] for number in self.misses if self.outside[number])

    def unknown(self, metric: str) -> int:
        """How many rows that did not fail lack the metric."""
        return sum(self.chances[metric][number] is None for number in self.usable)

    def eliminated(self, metric: str) -> int:
        return sum(metric in self.outside[number] for number in self.usable)

    def eliminated_only_by(self, metric: str) -> list[int]:
        """What would fit if the bound on `metric` were dropped, and whose number is known."""
        others = [other for other in self.budget if other != metric]
        chances = self.chances[metric]
        return [
            number for number in self.misses if chances[number] is not None and self.holds(number, others)
        ]

    @cached_property
    def ranked(self) -> list[Row]:
        """What fits, best first, where the objective is a metric."""
        return ranked(self.fitting, self.question)

    @cached_property
    def collapsed(self) -> list[Row]:
        return collapsed(self.ranked, self.question)

    def near_misses(self, most: int = 3) -> list[Row]:
        """The nearest row outside of each architecture that has none inside, nearest first."""
        inside = {row.architecture for row in self.fitting}
        nearest: dict[str, tuple[float, Row]] = {}
        for number in self.misses:
            row = self.rows[number]
            if row.architecture in inside or not knows(row, self.budget):
                continue
            away = distance(row, self.budget, None if self.required is None else self.required[number])
            if row.architecture not in nearest or away < nearest[row.architecture][0]:
                nearest[row.architecture] = away, row
        return [row for _, row in sorted(nearest.values(), key=lambda pair: (pair[0], pair[1].key))][:most]


def search(rows: list[Row], question: Question) -> Search:
    """The search among those of the `rows` that pass the filters of the question."""
    return Search(question, passing(rows, question))
