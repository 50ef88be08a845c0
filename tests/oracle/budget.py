"""How a row stands to the bounds of a budget: slack, and the probability to lie within."""

from collections.abc import Sequence
from math import log, prod
from statistics import NormalDist

from tests.oracle.questions import Bound, Budget, sides
from tests.oracle.rows import Row


def slack(row: Row, metric: str, bound: Bound) -> float:
    """The room to the nearer limit, negative outside. The row's number must be known."""
    value = row.values[metric]
    return min(sign * (value - limit) for limit, sign in sides(bound))


def relative_slack(row: Row, metric: str, bound: Bound) -> float:
    """The slack as a share of the limit. Of a limit of zero it is the slack itself."""
    value = row.values[metric]
    room, limit = min(
        ((sign * (value - limit), limit) for limit, sign in sides(bound)), key=lambda pair: pair[0]
    )
    return room / limit if limit else room


def distance(row: Row, budget: Budget) -> float:
    """The largest relative violation of a bound. 0 inside."""
    return max([0.0, *(-relative_slack(row, metric, bound) for metric, bound in budget.items())])


def knows(row: Row, budget: Budget) -> bool:
    """Whether the row has all the numbers that the budget bounds."""
    return all(metric in row.values for metric in budget)


def probability(row: Row, metric: str, bound: Bound) -> float:
    """P(the row's number lies within the bound). A number without an interval is exact."""
    deviation = row.deviations.get(metric, 0.0)
    if deviation == 0:
        return float(slack(row, metric, bound) >= 0)
    normal, inside = NormalDist(log(row.values[metric]), deviation), 1.0
    for limit, sign in sides(bound):
        below = normal.cdf(log(limit)) if limit > 0 else 0.0
        inside -= below if sign > 0 else 1 - below
    return min(1.0, max(0.0, inside))


def joint_probability(row: Row, budget: Budget) -> float:
    """P(all bounds hold), the numbers taken as independent."""
    return prod(probability(row, metric, bound) for metric, bound in budget.items())


def chance(row: Row, metric: str, bound: Bound, *, confident: bool) -> float | None:
    """The probability, where a confidence was asked for. Without one, whether the value itself lies within
    (0 or 1). None where the number is unknown."""
    if metric not in row.values:
        return None
    return probability(row, metric, bound) if confident else float(slack(row, metric, bound) >= 0)


def required_probability(rows: Sequence[Row], budget: Budget, confidence: float | None) -> float | None:
    """What each row needs, so that with the `confidence` none that fits breaks the budget.

    The more noisy measurements were tried, the likelier it is that one of them was lucky (Bonferroni). A
    measurement that several rows share counts once. A number without an interval is not noisy.
    """
    if confidence is None:
        return None
    noisy = {row.measurement for row in rows if any(row.deviations.get(metric, 0) > 0 for metric in budget)}
    return max(confidence, 1 - (1 - confidence) / max(1, len(noisy)))
