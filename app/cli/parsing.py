"""From the texts of the command line to bounds, sizes and objectives."""

from typing import TYPE_CHECKING

from catalog.words.metrics import Metric

if TYPE_CHECKING:
    from app.ranking.budget import Bound
    from app.ranking.objective import Asked

METRIC_VALUE = "METRIC=VALUE"


def parse_bounds(at_most: list[str], at_least: list[str]) -> tuple["Bound", ...]:
    """Bounds from METRIC=VALUE texts, one for each metric named.

    Raises:
        InvalidBound: a text of another form, an unknown metric, an invalid value, or min above max.
    """
    from app.errors import InvalidBound
    from app.ranking.budget import Bound

    highest, lowest = _values(at_most, "--max"), _values(at_least, "--min")
    bounds = []
    for metric in dict.fromkeys([*highest, *lowest]):
        bound = Bound(metric, lowest.get(metric), highest.get(metric))
        if bound.minimum is not None and bound.maximum is not None and bound.minimum > bound.maximum:
            raise InvalidBound(
                f"{metric}: --min {bound.minimum:g} is above --max {bound.maximum:g}.",
                "Give a --min that is at most --max.",
            )
        bounds.append(bound)
    return tuple(bounds)


def parse_size(text: str) -> tuple[int, int]:
    """Width and height from WIDTHxHEIGHT.

    Raises:
        InvalidBound: a text of another form.
    """
    from app.contract.fields import MOST_PIXELS
    from app.errors import InvalidBound

    width, _, height = text.lower().partition("x")
    sides = [
        int(side) if side.isdecimal() and len(side) <= len(str(MOST_PIXELS)) else 0
        for side in (width, height)
    ]
    if not all(0 < side <= MOST_PIXELS for side in sides):
        raise InvalidBound(
            f"--typical-image {text} is not WIDTHxHEIGHT.", "Give the size in pixels, as 640x480."
        )
    return sides[0], sides[1]


def parse_objective(text: str) -> "Asked":
    """A metric, a scheme, or weights from METRIC=WEIGHT texts between commas.

    Raises:
        InvalidObjective: neither of them.
    """
    from app.errors import InvalidBound, InvalidObjective
    from app.ranking.objective import Scheme

    if "=" in text:
        try:
            weights = _values(text.split(","), "--objective")
        except InvalidBound as error:
            raise InvalidObjective(error.message, error.remedy) from error
        if min(weights.values()) <= 0:
            raise InvalidObjective(f"--objective {text} has a weight of 0.", "Give weights above 0.")
        return weights
    for kind in (Scheme, Metric):
        if text in set(kind):
            return kind(text)
    known = ", ".join([*Scheme, *Metric])
    raise InvalidObjective(
        f"Unknown objective {text!r}.", f"Choose one of {known}, or give weights as top1=0.6,gmacs=0.4."
    )


def _values(texts: list[str], option: str) -> dict[Metric, float]:
    from app.errors import InvalidBound

    values: dict[Metric, float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            metric = Metric(name.strip())
        except ValueError as error:
            raise InvalidBound(
                f"{option} {text}: unknown metric {name!r}.", f"Known metrics: {', '.join(Metric)}."
            ) from error
        try:
            value = float(number)
        except ValueError as error:
            raise InvalidBound(
                f"{option} {text} is not {METRIC_VALUE}.", "Give a number, as latency_ms=60."
            ) from error
        if not 0 <= value < float("inf"):
            raise InvalidBound(
                f"{option} {text}: the value is negative or infinite.", "Give a number of at least 0."
            )
        if metric in values:
            raise InvalidBound(f"{option} {text}: {metric} is bounded twice.", "Bound each metric once.")
        values[metric] = value
    return values
