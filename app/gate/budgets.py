"""Budgets: bounds that every measured case of an architecture must keep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from scipy.special import stdtr

from app.gate.history import value_of
from app.gate.numbers import number_of
from catalog.entities.measurements import Measurement, MetricValue
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class Limit:
    """The least and the most that a metric may be, in its unit. None is no limit."""

    metric: Metric
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True)
class Checked:
    """How a case keeps a limit. `probability` is None where the case lacks the number."""

    measurement: Measurement
    limit: Limit
    value: MetricValue | None
    probability: float | None
    is_kept: bool


def check(
    measurements: Iterable[Measurement], limits: Sequence[Limit], confidence: float | None
) -> list[Checked]:
    """How each measurement keeps each limit.

    With a `confidence`, a limit is kept where the number lies within it with that probability. Without, where
    the number itself does. A number without an interval is exact. A case that lacks the number does not keep
    the limit.
    """
    return [_checked(one, limit, confidence) for one in measurements for limit in limits]


def _checked(measurement: Measurement, limit: Limit, confidence: float | None) -> Checked:
    value = _value(measurement, limit.metric)
    if value is None or value.value is None:
        return Checked(measurement, limit, None, None, is_kept=False)
    inside = _is_inside(value.value, limit)
    probability = _probability(value, limit)
    is_kept = inside if confidence is None else probability >= confidence
    return Checked(measurement, limit, value, probability, is_kept)


def _value(measurement: Measurement, metric: Metric) -> MetricValue | None:
    if metric is Metric.SIZE_MB and measurement.artefact is not None:
        return MetricValue(metric, measurement.artefact.bytes / 1e6)
    return value_of(measurement, metric)


def _is_inside(value: float, limit: Limit) -> bool:
    return (limit.at_least is None or value >= limit.at_least) and (
        limit.at_most is None or value <= limit.at_most
    )


def _probability(value: MetricValue, limit: Limit) -> float:
    number = number_of(value)
    if number is None or value.value is None:
        return float(_is_inside(value.value or 0.0, limit))

    def below(bound: float) -> float:
        if bound <= 0:
            return 0.0
        return float(stdtr(min(number.freedom, 1e9), (log(bound) - number.log) / number.error))

    most = 1.0 if limit.at_most is None else below(limit.at_most)
    least = 0.0 if limit.at_least is None else below(limit.at_least)
    return max(0.0, most - least)
