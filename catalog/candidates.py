"""The candidates of a target as numpy arrays, one row a candidate. Imports no database.

A candidate is a checkpoint x input size x configuration on a target. Each case is represented by the
measurement that arrived last and was not withdrawn. A candidate that was measured in inference also has the
numbers of its training run. An architecture without a known checkpoint is a candidate without accuracy.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from math import isnan
from statistics import NormalDist
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from catalog.entities.configurations import Configuration
from catalog.words.doubts import Doubt, FailureReason, bears_on
from catalog.words.metrics import DATASETS, RATIO_COSTS, SPEED_METRICS, TRAINING_METRICS, Metric, Subject
from catalog.words.vocabulary import Precision, Provenance

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Word = TypeVar("Word", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Category(Generic[Word]):
    """A column of n words, few of them different. `codes` are positions in `values`."""

    values: tuple[Word, ...]
    codes: Ints
    _numbers: dict[Callable[[Word], float], Floats] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, words: Iterable[Word]) -> "Category[Word]":
        """The column that holds `words`."""
        column = tuple(words)
        values = tuple(dict.fromkeys(column))
        places = dict(zip(values, range(len(values)), strict=True))
        return cls(values, np.fromiter(map(places.__getitem__, column), np.int64, len(column)))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> Word:
        return self.values[int(self.codes[row])]

    def __iter__(self) -> Iterator[Word]:
        return (self.values[code] for code in self.codes)

    def map(self, translate: Callable[[Word], Other]) -> "Category[Other]":
        """The column of what `translate` makes of each word. It is called once for each different word."""
        return Category(tuple(translate(word) for word in self.values), self.codes)

    def take(self, rows: Ints) -> "Category[Word]":
        """The words of `rows` alone."""
        return Category(self.values, self.codes[rows], self._numbers)

    def mask(self, admits: Callable[[Word], bool]) -> Bools:
        """Which rows hold a word that `admits` admits. It is called once for each different word."""
        return np.array([admits(word) for word in self.values], dtype=np.bool_)[self.codes]

    def numbers(self, of: Callable[[Word], float]) -> Floats:
        """What `of` says of the word of each row.

        It is called once for each different word, also where rows were taken. Answers are kept, so `of` is
        the same function at every call.
        """
        answers = self._numbers.get(of)
        if answers is None:
            answers = self._numbers[of] = np.array([of(word) for word in self.values], dtype=np.float64)
        return answers[self.codes]


@dataclass(frozen=True)
class MetricColumn:
    """One metric of every candidate, with its interval [low, high] at the confidence `level`. NaN is unknown.

    `half_width` is that of the interval of the number's logarithm, 0 where there is none. The interval is a t
    interval with `degrees_of_freedom`. They are infinite where unknown: a normal interval. `scale` is that of
    the t distribution, 0 without an interval.
    """

    value: Floats
    low: Floats
    high: Floats
    level: Floats
    half_width: Floats
    degrees_of_freedom: Floats
    scale: Floats

    @classmethod
    def of(
        cls,
        value: Floats,
        low: Floats,
        high: Floats,
        level: Floats,
        degrees_of_freedom: Floats | None = None,
    ) -> "MetricColumn":
        """The column whose half-widths follow from its intervals.

        Without `degrees_of_freedom`, all are infinite.
        """
        half_width = np.zeros(len(value))
        spread = ~np.isnan(level)
        half_width[spread] = np.log(high[spread] / low[spread]) / 2
        if degrees_of_freedom is None:
            degrees_of_freedom = np.full(len(value), np.inf)
        scale = np.zeros(len(value))
        scale[spread] = half_width[spread] / _t_quantile(degrees_of_freedom[spread], level[spread])
        return cls(value, low, high, level, half_width, degrees_of_freedom, scale)

    @classmethod
    def exact(cls, value: Floats) -> "MetricColumn":
        """The column of numbers without intervals."""
        unknown, none = np.full(len(value), np.nan), np.zeros(len(value))
        return cls(value, unknown, unknown, unknown, none, np.full(len(value), np.inf), none)

    @property
    def deviation(self) -> Floats:
        """The standard deviation of each number's logarithm, by a normal interval. 0 without one."""
        deviation = np.zeros(len(self.value))
        spread = np.flatnonzero(self.half_width > 0)
        deviation[spread] = self.half_width[spread] / normal_quantile(self.level[spread])
        return deviation

    def take(self, rows: Ints) -> "MetricColumn":
        """The numbers of `rows` alone."""
        return MetricColumn(
            *(self.value[rows], self.low[rows], self.high[rows], self.level[rows]),
            *(self.half_width[rows], self.degrees_of_freedom[rows], self.scale[rows]),
        )


class MetricTable(Mapping[Metric, MetricColumn]):
    """The metrics of some rows of `source`, or of all without `rows`.

    Each metric is taken when it is first asked for, because a question looks at a few.
    """

    def __init__(self, source: Mapping[Metric, MetricColumn], rows: Ints | None = None) -> None:
        self._source, self._rows = source, rows
        self._taken: dict[Metric, MetricColumn] = {}

    def __getitem__(self, metric: Metric) -> MetricColumn:
        if self._rows is None:
            return self._source[metric]
        column = self._taken.get(metric)
        if column is None:
            column = self._taken[metric] = self._source[metric].take(self._rows)
        return column

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._source)

    def __len__(self) -> int:
        return len(self._source)

    def take(self, rows: Ints) -> "MetricTable":
        """The metrics of `rows` alone."""
        return MetricTable(self._source, rows if self._rows is None else self._rows[rows])

    def numbers(self, row: int) -> Iterator[tuple[Metric, float, float, float, float, float]]:
        """Value, low, high, level and degrees of freedom of each metric that `row` has.

        Low, high and level are NaN where it has no interval. Without one, the degrees of freedom say nothing.
        """
        at = row if self._rows is None else int(self._rows[row])
        for metric, column in self._source.items():
            value = float(column.value[at])
            if not isnan(value):
                interval = float(column.low[at]), float(column.high[at]), float(column.level[at])
                yield metric, value, *interval, float(column.degrees_of_freedom[at])


@dataclass(frozen=True, eq=False)
class CandidateColumns:
    """The n candidates of one target, ordered by name, input size and configuration.

    None is unknown, as is an empty tuple of `training_data`, `training_methods` or `tags`.

    `training` is the measurement behind the numbers of training, `measurement` that behind all others of the
    case. Both have the same `values`, and the same code where a candidate was measured in one scenario only.
    `training_configuration` is that of another measurement behind the numbers of training, None without.

    `usable` says which cases did not fail. `speed_order` is each row's place when all are sorted by speed.
    `revision` is the revision of the catalog that they were read from.
    """

    architecture: Category[str]
    family: Category[str | None]
    tags: Category[tuple[str, ...]]
    checkpoint: Category[str | None]
    license: Category[str | None]
    commercial_use: Category[bool | None]
    training_data: Category[tuple[str, ...]]
    training_methods: Category[tuple[str, ...]]
    input_size: Ints
    configuration: Category[Configuration]
    measurement: Category["MeasurementFacts"]
    training: Category["MeasurementFacts"]
    training_configuration: Category[Configuration | None]
    usable: Bools
    speed_order: Ints
    metrics: MetricTable
    revision: int

    def __len__(self) -> int:
        return len(self.architecture)

    @cached_property
    def provenances(self) -> frozenset[Provenance]:
        """The provenances of the measurements."""
        both = (self.measurement, self.training)
        return frozenset(facts.provenance for category in both for facts in category.values)

    def take(self, rows: Ints) -> "CandidateColumns":
        """The candidates of `rows` alone."""
        return CandidateColumns(
            architecture=self.architecture.take(rows),
            family=self.family.take(rows),
            tags=self.tags.take(rows),
            checkpoint=self.checkpoint.take(rows),
            license=self.license.take(rows),
            commercial_use=self.commercial_use.take(rows),
            training_data=self.training_data.take(rows),
            training_methods=self.training_methods.take(rows),
            input_size=self.input_size[rows],
            configuration=self.configuration.take(rows),
            measurement=self.measurement.take(rows),
            training=self.training.take(rows),
            training_configuration=self.training_configuration.take(rows),
            usable=self.usable[rows],
            speed_order=self.speed_order[rows],
            metrics=self.metrics.take(rows),
            revision=self.revision,
        )

    def measurement_of(self, metric: Metric) -> Category["MeasurementFacts"]:
        """The measurement behind the number of `metric`, if it is a metric of the case."""
        return self.training if metric in TRAINING_METRICS else self.measurement

    def standard_error(self, metric: Metric) -> Floats:
        """The standard error of each number, in the metric's unit.

        0 where the number is exact, NaN where unknown.

        An accuracy (or a ratio of it) is a share p of N images: sqrt(p (1 - p) / N). Any other metric has its
        value x `deviation`.
        """
        column = self.metrics[metric]
        if metric not in DATASETS:
            return column.value * column.deviation
        cost = RATIO_COSTS.get(metric)
        divisor = 1.0 if cost is None else self.metrics[cost].value
        share = np.clip(column.value * divisor / 100, 0.0, 1.0)
        return np.asarray(100 * np.sqrt(share * (1 - share) / DATASETS[metric].images) / divisor)

    def provenance(self, metric: Metric, row: int) -> Provenance:
        """Where the number of `metric` in `row` comes from."""
        if metric.subject is Subject.CHECKPOINT:
            return Provenance.PUBLISHED
        if metric.subject is Subject.CASE:
            return self.measurement_of(metric)[row].provenance
        return Provenance.COUNTED

    def doubts(self, metric: Metric, row: int) -> tuple[Doubt, ...]:
        """The doubts that bear on the number of `metric` in `row`."""
        if metric.subject is Subject.CASE:
            doubts = self.measurement_of(metric)[row].doubts
            return tuple(doubt for doubt in doubts if bears_on(doubt, metric))
        precision = self.configuration[row].precision
        if metric.subject is Subject.CHECKPOINT and precision is not Precision.FP32:
            return (Doubt.ACCURACY_TRANSFERRED,)
        return ()

    def is_doubtful(self, metric: Metric) -> Bools:
        """Which candidates have a doubt that bears on their number of `metric`."""
        if metric.subject is Subject.CASE:
            return self.measurement_of(metric).numbers(_doubts_about(metric)) > 0
        if metric.subject is Subject.CHECKPOINT:
            return self.configuration.mask(lambda run: run.precision is not Precision.FP32)
        return np.zeros(len(self), dtype=np.bool_)


@dataclass(frozen=True)
class MeasurementFacts:
    """Facts of the measurement behind a candidate, which answers repeat.

    Behind an estimated candidate, `id` names the case, and `measured_at` is when it was estimated. `workload`
    is an id, empty where nobody looked it up. `processes` is the number of processes that its numbers rest
    on, and `blocks` that of their blocks of calls. None is unknown, and `blocks` also where nobody looked it
    up.
    """

    id: str
    provenance: Provenance
    measured_at: datetime
    failure: FailureReason | None
    doubts: tuple[Doubt, ...]
    processes: int | None = None
    blocks: int | None = None
    workload: str = ""


def _t_quantile(degrees_of_freedom: Floats, level: Floats) -> Floats:
    """The half-width of a t interval at the confidence `level`, in units of its scale."""
    if np.isinf(degrees_of_freedom).all():
        return normal_quantile(level)
    from scipy.special import stdtrit  # noqa: PLC0415 - 0.15 s that normal intervals do not need

    return np.asarray(stdtrit(degrees_of_freedom, (1 + level) / 2))


def normal_quantile(level: Floats) -> Floats:
    """The half-width of a normal interval at the confidence `level`, in standard deviations."""
    levels, places = np.unique(level, return_inverse=True)
    quantiles = [NormalDist().inv_cdf((1 + one) / 2) for one in levels.tolist()]
    return np.array(quantiles, dtype=np.float64)[places]


def speed_order(metrics: Mapping[Metric, MetricColumn]) -> Ints:
    """The place of each row among all, the fastest first.

    They are sorted by each of SPEED_METRICS in turn, unknown last. Equally fast rows keep their order.
    """
    costs = [metric.cost_sign * metrics[metric].value for metric in SPEED_METRICS]
    order = np.lexsort(costs[::-1])  # the last key comes first
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places


@cache
def _doubts_about(metric: Metric) -> Callable[[MeasurementFacts], float]:
    """How many doubts of a measurement bear on its number of `metric`."""
    return lambda facts: sum(bears_on(doubt, metric) for doubt in facts.doubts)
