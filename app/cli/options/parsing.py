"""From the texts of the command line to fields of a request."""

from collections.abc import Callable, Mapping, Sequence

from app.errors import InvalidBound, InvalidObjective
from app.presentation.requests.quantities import PERCENT, parse_quantity, parse_weight
from catalog.words.metrics import Metric
from catalog.words.spelling import nearest

METRIC_VALUE = "METRIC=VALUE"


def parse_bounds(at_most: Sequence[str], at_least: Sequence[str]) -> dict[Metric, dict[str, float]]:
    """The field `budget` from METRIC=VALUE texts: `min` and `max` by metric.

    Raises:
        InvalidBound: a text of another form, an unknown metric, an invalid value, or min above max.
    """
    highest, lowest = _values(at_most, "--max", parse_quantity), _values(at_least, "--min", parse_quantity)
    for metric in highest.keys() & lowest.keys():
        if lowest[metric] > highest[metric]:
            raise InvalidBound(
                f"{metric}: --min {lowest[metric]:g} is above --max {highest[metric]:g}.",
                "Give a --min that is at most --max.",
            )
    return {
        metric: {
            side: values[metric] for side, values in (("min", lowest), ("max", highest)) if metric in values
        }
        for metric in dict.fromkeys([*highest, *lowest])
    }


def share_hints(budget: Mapping[Metric, Mapping[str, float]]) -> list[str]:
    """A sentence for each bound on an accuracy that is likely meant as a share, as top1=0.78."""
    return [
        f"{metric}={value:g} means {value:g} %. For {100 * value:g} %, write {metric}={100 * value:g}."
        for metric, sides in budget.items()
        for value in sides.values()
        if metric.unit == PERCENT and 0 < value < 1
    ]


def parse_objective(text: str) -> str | Mapping[str, Mapping[Metric, float]]:
    """The field `objective`: the name of a metric or a scheme, or weights from METRIC=WEIGHT texts between
    commas.

    Raises:
        InvalidObjective: a text of another form.
    """
    from app.contract.answers.questions import ObjectiveName

    if "=" in text:
        return {"weights": _values(text.split(","), "--objective", lambda weight, _: parse_weight(weight))}
    if text not in set(ObjectiveName):
        raise InvalidObjective(
            f"Unknown objective {text!r}.",
            f"Choose one of {', '.join(ObjectiveName)}, or give weights as top1=0.6,gmacs=0.4.",
        )
    return text


def _values(texts: Sequence[str], option: str, read: Callable[[str, Metric], float]) -> dict[Metric, float]:
    """What `read` makes of the value of each metric in METRIC=VALUE texts.

    Raises:
        InvalidBound, InvalidObjective: a text of another form, an unknown metric, an invalid value, or a
            metric given twice.
    """
    invalid = InvalidObjective if option == "--objective" else InvalidBound
    values: dict[Metric, float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            metric = Metric(name.strip())
        except ValueError as error:
            close = nearest(name, Metric)
            remedy = f"Did you mean {close}? " if close else ""
            raise invalid(
                f"{option} {text}: unknown metric {name!r}.", f"{remedy}Known metrics: {', '.join(Metric)}."
            ) from error
        if not number.strip():
            raise invalid(f"{option} {text} is not {METRIC_VALUE}.", "Give a number, as latency_ms=60.")
        try:
            value = read(number, metric)
        except (InvalidBound, InvalidObjective) as error:
            raise invalid(f"{option} {text}: {error.message}", error.remedy) from error
        if metric in values:
            raise invalid(f"{option} {text}: {metric} is given twice.", "Give each metric once.")
        values[metric] = value
    return values
