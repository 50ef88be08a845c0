"""How a row stands to the bounds of a budget: slack, and the probability to lie within."""

from collections.abc import Sequence
from math import inf, prod

from catalog.words.vocabulary import Provenance
from tests.oracle.questions import Bound, Budget, sides
from tests.oracle.rows import Row

MEMORY = ("peak_memory_mb", "device_memory_mb", "train_memory_mb")


def slack(row: Row, metric: str, bound: Bound) -> float:
    """The room to the nearer limit, negative outside. The row's number must be known."""
    value = row.values[metric]
    return min(sign * (value - limit) for limit, sign in sides(bound))


def relative_slack(row: Row, metric: str, bound: Bound) -> float:
    """The smallest slack of a side as a share of its limit. Of a limit of zero it is the slack itself.

    A limit next to zero counts as 1e-15, of which shares can be computed.
    """
    value = row.values[metric]
    return min(sign * (value - limit) / (max(limit, 1e-15) if limit else 1.0) for limit, sign in sides(bound))


def distance(row: Row, budget: Budget, required: float | None) -> float:
    """The smallest share of themselves by which all limits must widen to admit the row. Of a limit of zero it
    is the number itself. Infinite where no share admits it."""
    by_value = max([0.0, *(-relative_slack(row, metric, bound) for metric, bound in budget.items())])
    if required is None or not any(row.deviations.get(metric, 0.0) for metric in budget):
        return by_value
    exact = [metric for metric in budget if not row.deviations.get(metric, 0.0)]
    least = max([0.0, *(-relative_slack(row, metric, budget[metric]) for metric in exact)])
    if joint_probability(row, widened(budget, least * (1 + 1e-9), zero=1.0)) >= required:
        return least
    low, high = 0.0, 1e-6
    while joint_probability(row, widened(budget, high, zero=1.0)) < required:
        low, high = high, high * 2
        if high > 1e9:
            return inf
    for _ in range(60):
        middle = (low + high) / 2
        if joint_probability(row, widened(budget, middle, zero=1.0)) < required:
            low = middle
        else:
            high = middle
    return high


def widened(budget: Budget, factor: float, zero: float = 0.0) -> dict[str, dict[str, float]]:
    """Every limit, moved outwards by the share `factor` of itself, or of `zero` where it is 0."""
    return {
        metric: {
            side: max(0.0, limit * (1 - factor)) if side == "min" else limit + (limit or zero) * factor
            for side, limit in bound.items()
        }
        for metric, bound in budget.items()
    }


def knows(row: Row, budget: Budget) -> bool:
    """Whether the row has all the numbers that the budget bounds."""
    return all(metric in row.values for metric in budget)


def probability(row: Row, metric: str, bound: Bound) -> float:
    """P(the row's number lies within the bound). A number without an interval is exact."""
    spread = row.spreads.get(metric)
    if spread is None or spread.scale == 0:
        return float(slack(row, metric, bound) >= 0)
    inside = 1.0
    for limit, sign in sides(bound):
        below = spread.below(limit)
        inside -= below if sign > 0 else 1 - below
    return min(1.0, max(0.0, inside))


def joint_probability(row: Row, budget: Budget) -> float:
    """P(all bounds hold), the numbers taken as independent."""
    return prod(probability(row, metric, bound) for metric, bound in budget.items())


def chance(row: Row, metric: str, bound: Bound, *, confident: bool) -> float | None:
    """The probability, where a confidence was asked for. Without one, whether the value itself lies within
    (0 or 1). None where the number is unknown. Memory below which the weights alone lie is 0."""
    if metric not in row.values:
        return 0.0 if metric in MEMORY and weights_mb(row) > bound.get("max", inf) else None
    return probability(row, metric, bound) if confident else float(slack(row, metric, bound) >= 0)


def weights_mb(row: Row) -> float:
    """The memory that the weights take."""
    size = {"int8": 1, "fp16": 2, "bf16": 2}.get(row.configuration.precision, 4)
    return row.values.get("params_m", 0.0) * size


def required_probabilities(
    rows: Sequence[Row], budget: Budget, confidence: float | None
) -> list[float] | None:
    """What each row needs, so that with the `confidence` no measured row that fits breaks the budget.

    The more noisy measurements were tried, the likelier it is that one of them was lucky (Bonferroni). A
    measurement that several rows share counts once. A number without an interval is not noisy. The interval
    of a published or an estimated one says what a measurement shows of it, so it needs no correction.
    """
    if confidence is None:
        return None
    tried = [
        {
            row.measurement_of(metric)
            for metric in budget
            if row.deviations.get(metric, 0) > 0 and row.provenance_of(metric) is Provenance.MEASURED
        }
        for row in rows
    ]
    noisy = set().union(*tried)
    corrected = max(confidence, 1 - (1 - confidence) / max(1, len(noisy)))
    return [corrected if own else confidence for own in tried]
