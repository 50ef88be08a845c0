"""How far two numbers must lie apart to be told apart. Pure: arrays in, arrays out.

Two candidates are told apart by a number where the 95 % interval of its difference does not hold 0. The
errors of the two are taken as independent. The interval of an accuracy is that of a share of the images it
was taken over. Other metrics have the interval of their measurement.

Of a published speed a part of the interval counts. The interval says what another run shows of the number,
and a few networks change much. But two networks seldom change places: of two that differ by more than the
parts of their intervals say, 95 of 100 keep their order in another run (decision 16).
"""

from collections.abc import Iterable
from math import log
from typing import Protocol

import numpy as np

from app.ranking.speed import by_time, image_ms
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.candidates.metric_columns import accuracy_error, normal_quantile
from catalog.words.metrics import DATASETS, Metric, Subject
from catalog.words.vocabulary import Provenance

# The confidence level of the intervals.
_LEVEL = np.array(0.95)
_PUBLISHED_PART = 0.6
"""The part of a published speed's interval that counts. Learnt from the shipped pairs (decision 16)."""


class Number(Protocol):
    """A number with its interval at the confidence `level`, which are None where it has none."""

    @property
    def value(self) -> float: ...

    @property
    def low(self) -> float | None: ...

    @property
    def high(self) -> float | None: ...

    @property
    def level(self) -> float | None: ...

    @property
    def provenance(self) -> Provenance: ...


def by_logarithm(metric: Metric) -> bool:
    """Whether the metric is a quantity, of which a factor matters, and not a difference."""
    return metric.subject is not Subject.CHECKPOINT


def of_difference(first: Floats | float, second: Floats | float) -> Floats:
    """Half of the interval of the difference of two numbers, of which `first` and `second` are half of the
    intervals."""
    return np.hypot(first, second)


def margin(columns: CandidateColumns, metric: Metric, rows: Ints) -> Floats:
    """Half of the interval of the metric of each of `rows`, or of its logarithm. 0 where it is exact."""
    return columns.derived(_margin, metric)[rows]


def _margin(columns: CandidateColumns, metric: Metric) -> Floats:
    if not by_logarithm(metric):
        return np.asarray(normal_quantile(_LEVEL) * columns.standard_error(metric))
    column = columns.metrics[metric]
    half_width, level = column.half_width.copy(), column.level
    other = np.flatnonzero((half_width > 0) & (level != _LEVEL))
    half_width[other] *= _scale(level[other])
    return np.asarray(half_width * columns.measurement.numbers(_part_of))


def are_apart(metric: Metric, one: Number, other: Number) -> bool:
    """Whether two numbers of the metric are told apart, as the candidates that have them would be."""
    first, second = (
        number.value if not by_logarithm(metric) else log(number.value) for number in (one, other)
    )
    return bool(_differ(first - second, _margin_of(metric, one), _margin_of(metric, other)))


def apart_by(columns: CandidateColumns, metric: Metric, rows: Ints, others: Ints) -> Bools:
    """Which of `rows` the metric tells apart, each from its own of `others`. An unknown number tells nobody
    apart."""
    values = _comparable(columns, metric)
    errors = margin(columns, metric, rows), margin(columns, metric, others)
    return _differ(values[rows] - values[others], *errors)


def _comparable(columns: CandidateColumns, metric: Metric) -> Floats:
    """The numbers of the metric, or their logarithms, whose differences are compared with margins."""
    values = columns.metrics[metric].value
    with np.errstate(divide="ignore"):
        return np.log(values) if by_logarithm(metric) else values


def _differ(differences: Floats | float, first: Floats | float, second: Floats | float) -> Bools:
    """Which differences are larger than their error, where `first` and `second` are the margins of the two
    numbers. Unknown differences are not."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(differences) > of_difference(first, second))


def _margin_of(metric: Metric, number: Number) -> float:
    if metric in DATASETS:
        error = accuracy_error(np.array(number.value), DATASETS[metric].images)
        return float(normal_quantile(_LEVEL) * error)
    if number.low is None or number.high is None or number.level is None:
        return 0.0
    half_width = log(number.high / number.low) / 2
    return half_width * float(_scale(np.array(number.level))) * _part(number.provenance)


def _part_of(facts: MeasurementFacts) -> float:
    return _part(facts.provenance)


def _scale(level: Floats) -> Floats:
    """How many times as wide an interval of this level is at the level of margins."""
    return np.asarray(normal_quantile(_LEVEL) / normal_quantile(level))


def _part(provenance: Provenance) -> float:
    """The part of the intervals of numbers of this origin that counts."""
    return _PUBLISHED_PART if provenance is Provenance.PUBLISHED else 1.0


def speed_margin(columns: CandidateColumns, rows: Ints) -> Floats:
    """Half of the interval of the logarithm of each row's time per image. 0 where it has none."""
    return columns.derived(_speed_margin)[rows]


def _speed_margin(columns: CandidateColumns) -> Floats:
    return by_time(columns, lambda metric: columns.derived(_margin, metric), 0.0)


class Distinction:
    """Tells some of the candidates apart, by `metrics` or by the time per image."""

    def __init__(self, columns: CandidateColumns, metrics: Iterable[Metric], rows: Ints) -> None:
        """Only `rows` can be told apart."""
        self._numbers = [(np.log(image_ms(columns, rows)), speed_margin(columns, rows))]
        for metric in metrics:
            self._numbers.append((_comparable(columns, metric)[rows], margin(columns, metric, rows)))
        self._places = np.full(len(columns), -1)
        self._places[rows] = np.arange(len(rows))

    def apart(self, rows: Ints, row: int) -> Bools:
        """Which of `rows` can be told apart from `row` by a number. An unknown number tells nobody apart."""
        places, place = self._places[rows], self._places[row]
        differ = np.zeros(len(rows), dtype=np.bool_)
        for values, errors in self._numbers:
            differ |= _differ(values[places] - values[place], errors[places], errors[place])
        return differ
