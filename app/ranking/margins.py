"""How far two numbers must lie apart to be told apart. Pure: arrays in, arrays out.

Two candidates are told apart by a number where their 95 % intervals do not overlap. The interval of an
accuracy is that of a share of the images it was taken over. Other metrics have the interval of their
measurement.

Of a published speed a part of the interval counts. The interval says what another run shows of the number,
and a few networks change much. But two networks seldom change places: of two that differ by more than the
parts of their intervals, 95 of 100 keep their order in another run (decision 16).
"""

from collections.abc import Iterable

import numpy as np

from app.ranking.speed import image_ms
from catalog.candidates import Bools, CandidateColumns, Floats, Ints, MeasurementFacts, normal_quantile
from catalog.words.metrics import SPEED_METRICS, Metric, Subject
from catalog.words.vocabulary import Provenance

# The confidence level of the intervals.
_LEVEL = np.array(0.95)
_PUBLISHED_PART = 0.42
"""The part of a published speed's interval that counts. Learnt from the shipped pairs (decision 16)."""


def by_logarithm(metric: Metric) -> bool:
    """Whether the metric is a quantity, of which a factor matters, and not a difference."""
    return metric.subject is not Subject.CHECKPOINT


def margin(columns: CandidateColumns, metric: Metric, rows: Ints) -> Floats:
    """Half of the interval of the metric of each of `rows`, or of its logarithm. 0 where it is exact."""
    if not by_logarithm(metric):
        return np.asarray(normal_quantile(_LEVEL) * columns.standard_error(metric)[rows])
    column = columns.metrics[metric]
    half_width, level = column.half_width[rows], column.level[rows]
    other = np.flatnonzero((half_width > 0) & (level != _LEVEL))
    half_width[other] *= normal_quantile(_LEVEL) / normal_quantile(level[other])
    return np.asarray(half_width * columns.measurement.take(rows).numbers(_part))


def _part(facts: MeasurementFacts) -> float:
    """The part of the intervals of a measurement that counts."""
    return _PUBLISHED_PART if facts.provenance is Provenance.PUBLISHED else 1.0


def speed_margin(columns: CandidateColumns, rows: Ints) -> Floats:
    """Half of the interval of the logarithm of each row's speed. 0 where it has none."""
    margins = np.zeros(len(rows))
    left = np.arange(len(rows))
    for metric in SPEED_METRICS:
        unknown = np.isnan(columns.metrics[metric].value[rows[left]])
        known, left = left[~unknown], left[unknown]
        if len(known):
            margins[known] = margin(columns, metric, rows[known])
    return margins


def told_apart(columns: CandidateColumns, metrics: Iterable[Metric], row: int, rivals: Ints) -> Bools:
    """Which of `rivals` can be told apart from `row`, by one of `metrics` or by the time per image. A number
    that is unknown tells nobody apart."""
    pair = np.append(rivals, row)
    numbers = [(np.log(image_ms(columns, pair)), speed_margin(columns, pair))]
    for metric in metrics:
        values = columns.metrics[metric].value[pair]
        numbers.append((np.log(values) if by_logarithm(metric) else values, margin(columns, metric, pair)))
    differ = [np.abs(values[:-1] - values[-1]) > error[:-1] + error[-1] for values, error in numbers]
    return np.asarray(np.any(differ, axis=0))
