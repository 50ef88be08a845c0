"""What the sentences of one answer's reasons are about, by the plain ranker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Scenario
from tests.oracle.identity import by_identity, identity_of
from tests.oracle.order import differs, image_ms, is_faster_or_slower
from tests.oracle.rows import Row
from tests.oracle.search import Search

SUPERLATIVES = {
    "top1": "most accurate",
    "latency_ms": "fastest",
    "size_mb": "smallest on disk",
    "throughput_ips": "highest throughput",
    "peak_memory_mb": "least memory",
    "params_m": "fewest parameters",
    "gmacs": "fewest MACs",
}
ADJECTIVES = ("top1", "latency_ms", "size_mb")
ORDINALS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True)
class Reasons:
    """What the sentences of one answer are about."""

    answer: Mapping[str, Any]
    search: Search

    @cached_property
    def shown(self) -> list[Row]:
        rows = by_identity(self.search.fitting)
        return [rows[identity_of(one)] for one in self.answer["recommendations"]]

    @cached_property
    def objective(self) -> list[str]:
        return list(self.answer["weights"])

    @cached_property
    def metrics(self) -> list[str]:
        return list(dict.fromkeys([*self.objective, *self.search.budget]))

    @cached_property
    def by(self) -> str:
        return str(self.search.question.get("collapse", "architecture"))

    @cached_property
    def count(self) -> int:
        """How many rows the ranking has, shown or not."""
        return self._count(self.search.fitting)

    @property
    def known(self) -> int:
        """How many of them have every number of the objective."""
        return self._count(
            [row for row in self.search.fitting if all(metric in row.values for metric in self.objective)]
        )

    def _count(self, rows: Sequence[Row]) -> int:
        """How many of what gets a row of the answer these rows are of."""
        if self.by == "architecture":
            return len({row.architecture for row in rows})
        if self.by == "checkpoint":
            return len({(row.architecture, row.checkpoint) for row in rows})
        return len(rows)

    @cached_property
    def rows(self) -> Sequence[Row] | None:
        """All rows of the ranking. None where the plain ranker cannot order them, and some are not shown."""
        if len(self.objective) == 1 and self.answer["objective"] == self.objective[0]:
            return self.search.collapsed
        return self.shown if len(self.shown) == self.count else None

    @cached_property
    def training(self) -> bool:
        """Whether times are those of training steps."""
        first = self.shown[0].configuration.scenario is Scenario.TRAINING
        return first or self.objective == ["train_throughput_ips"]

    def time(self, row: Row) -> float:
        if self.training:
            speed = row.values.get("train_throughput_ips")
            return 1000 / speed if speed else inf
        return inf if row.configuration.scenario is Scenario.TRAINING else image_ms(row)

    def apart(self, row: Row, other: Row) -> bool:
        """Whether the times of two rows differ by more than the error."""
        if inf in (self.time(row), self.time(other)):
            return False
        if self.training:
            return differs(row, other, Metric.TRAIN_THROUGHPUT_IPS)
        return is_faster_or_slower(row, other)

    def tied(self, position: int) -> list[Row] | None:
        """The rows that share a rank, the leader first. None where not all of them are shown."""
        rank = self.answer["recommendations"][position]["rank"]
        rows = [
            row
            for row, one in zip(self.shown, self.answer["recommendations"], strict=True)
            if one["rank"] == rank
        ]
        all_shown = len(rows) == 1 + self.answer["recommendations"][position]["shares_rank_with"]
        return rows if all_shown else None

    def superlative(self, rank: int) -> str:
        nth = "" if rank == 1 else f"{ordinal(rank)} "
        if self.known == self.count:
            return f"{nth}{self._best} of {self.count} {self.by}s{self.within}"
        known = f"whose {' and '.join(self.objective)} is known"
        return f"{nth}{self._best} of the {self.known} {self.by}s{self.within} {known}"

    @cached_property
    def within(self) -> str:
        """What the rows of the ranking are within. Nothing where no metric is bounded."""
        return " within the budget" if self.search.budget else ""

    @property
    def _best(self) -> str:
        if len(self.objective) == 1:
            (name,) = self.objective
            lower = Metric(name).direction is Direction.LOWER
            return SUPERLATIVES.get(name, f"{'lowest' if lower else 'highest'} {name}")
        metrics = " and ".join([", ".join(self.objective[:-1]), self.objective[-1]])
        return f"{'nearest the knee' if self.has_knee else 'best balance'} of {metrics}"

    @property
    def has_knee(self) -> bool:
        return bool(self.answer["objective"] == "knee" and self.answer["outcome"] != "no_knee")

    @property
    def which(self) -> str:
        if self.has_knee:
            return "which is"
        return "the" if self.objective[0] in ADJECTIVES and len(self.objective) == 1 else "which has the"


def ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else ORDINALS.get(number % 10, "th")
    return f"{number}{suffix}"


def counted(others: int) -> str:
    return f"{others} other" if others == 1 else f"{others} others"


def name_beside(row: Row, other: Row) -> str:
    """The shortest name of `row` that `other` has not."""
    if row.architecture != other.architecture:
        return row.architecture
    if row.checkpoint != other.checkpoint:
        return str(row.checkpoint)
    return f"{row.architecture} at {row.input_size} px through {row.configuration}"
