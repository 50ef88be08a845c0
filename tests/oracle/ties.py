"""Which of the rows that share a rank is recommended, and why, by decision 14."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, log, sqrt

from catalog.words.metrics import Metric, Subject
from tests.oracle.budget import joint_probability
from tests.oracle.order import HALF_WIDTH, octaves, speed_error, standard_error, uncertainty
from tests.oracle.reasons import Reasons
from tests.oracle.rows import Row
from tests.oracle.scores import cost

SPEEDS = ("latency_ms", "throughput_ips", "train_throughput_ips")
# Smaller differences are no differences to a reader, who sees a decimal of an accuracy and whole per cent.
SAME_ACCURACY, SAME_RATIO = 0.05, 0.005
SURE = "that keep the budget with a probability of at least 90 %"
NEAR, FREE = "whose inputs are the nearest to your images", "whose licences allow commercial use"

ALONE = {
    SURE: "it keeps the budget with a probability of at least 90 %, alone of {}",
    NEAR: "its input is the nearest to your images",
    FREE: "its licence allows commercial use, alone of {}",
}


@dataclass(frozen=True, eq=False)
class Quality:
    """What sets rows apart. `costs` (lower is better) and `errors` go by the place of a row in `rows`."""

    title: str
    rows: Sequence[Row]
    costs: Sequence[object]
    errors: Sequence[float]

    @property
    def best(self) -> list[Row]:
        """The rows that cannot be told apart from the best. All, where a number is unknown."""
        if inf in self.costs:
            return list(self.rows)
        least = min(range(len(self.rows)), key=lambda place: self.costs[place])  # type: ignore[arg-type, return-value]
        return [row for place, row in enumerate(self.rows) if self._alike(place, least)]

    def _alike(self, place: int, least: int) -> bool:
        mine, best = self.costs[place], self.costs[least]
        if isinstance(mine, float) and isinstance(best, float):
            return mine - best <= hypot(self.errors[place], self.errors[least])
        return mine == best


def qualities(reasons: Reasons, rows: Sequence[Row]) -> Iterator[Quality]:
    """What sets the rows apart and the objective does not hold, the most useful first."""
    top1, none = Metric.TOP1, [0.0] * len(rows)
    if "top1" not in reasons.objective:
        costs = [-row.values[top1] if top1 in row.values else inf for row in rows]
        least = SAME_ACCURACY / sqrt(2)
        errors = [
            max(HALF_WIDTH * standard_error(row, top1), least) if top1 in row.values else 0.0 for row in rows
        ]
        yield Quality("most accurate", rows, costs, errors)
    if not set(SPEEDS) & set(reasons.objective):
        times = [reasons.time(row) for row in rows]
        costs = [log(time) for time in times]
        errors = [max(HALF_WIDTH * _speed_error(reasons, row), SAME_RATIO / sqrt(2)) for row in rows]
        yield Quality(f"fastest{' to train' if reasons.training else ''}", rows, costs, errors)
    if "params_m" not in reasons.objective:
        costs = [log(row.values["params_m"]) if "params_m" in row.values else inf for row in rows]
        yield Quality("lightest", rows, costs, [SAME_RATIO / sqrt(2)] * len(rows))
    yield Quality("surest in speed", rows, [uncertainty(row) for row in rows], none)


def _speed_error(reasons: Reasons, row: Row) -> float:
    if reasons.training:
        return standard_error(row, Metric.TRAIN_THROUGHPUT_IPS)
    return speed_error(row)


def close_ones(reasons: Reasons, rows: Sequence[Row]) -> Sequence[Row]:
    """Those within a tenth of the best number of the objective, where it is one quantity."""
    metric = Metric(reasons.objective[0])
    if len(reasons.objective) > 1 or metric.subject is Subject.CHECKPOINT:
        return rows
    best = min(cost(row, metric) for row in rows)
    return [row for row in rows if cost(row, metric) <= best + log(1.1)]


def recommendation(reasons: Reasons, tied: Sequence[Row]) -> tuple[Row, str]:
    """The recommended row of the tied ones, the leader first, and why it is."""
    question = reasons.search.question
    left, clauses = list(tied), list[str]()
    close = f"within 10 % of the best {reasons.objective[0]}"
    alone = ALONE | {close: f"it is {close}, alone of {{}}"}
    rules: Mapping[str, Callable[[Sequence[Row]], Sequence[Row]]] = {
        SURE: lambda rows: [row for row in rows if joint_probability(row, reasons.search.budget) >= 0.9],
        close: lambda rows: close_ones(reasons, rows),
        NEAR: lambda rows: [
            row for row in rows if octaves(row, question) == min(octaves(each, question) for each in rows)
        ],
        FREE: lambda rows: [row for row in rows if row.commercial_use is True],
    }
    for clause, kept_of in rules.items():
        kept = list(kept_of(left))
        if len(kept) == 1 < len(left):
            among = f"the {len(left)} {clauses[0]}" if clauses else "them"
            return kept[0], alone[clause].format(among)
        if 0 < len(kept) < len(left):
            left = kept
            clauses.append(clause)
    titles = [quality.title for quality in qualities(reasons, left)]
    for title in titles:
        (quality,) = [each for each in qualities(reasons, left) if each.title == title]
        of = f" of the {len(left)} {' and '.join(clauses)}" if clauses else ""
        if len(quality.best) == 1 < len(left):
            return quality.best[0], f"it is the {title}{of}"
        if len(quality.best) < len(left):
            left = quality.best
            clauses.append(f"that are the {title}")
    if not clauses:
        return tied[0], "it is first by its value, and nothing else sets them apart"
    return left[0], f"it is the first by its value of the {len(left)} {' and '.join(clauses)}"
