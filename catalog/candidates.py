"""The candidates of a target as numpy arrays, one row a candidate. Imports no database.

A candidate is a checkpoint x input size x configuration on a target. Each case is represented by its latest
measurement. An architecture without a known checkpoint is a candidate without accuracy.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import isnan
from statistics import NormalDist
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from catalog.entities.configurations import Configuration
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import DATASETS, RATIO_COSTS, Metric, Subject
from catalog.words.vocabulary import Precision, Provenance

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Word = TypeVar("Word", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Category(Generic[Word]):
    """A column of n words, few of them different: `values`, into which `codes` point."""

    values: tuple[Word, ...]
    codes: Ints

    @classmethod
    def of(cls, words: Iterable[Word]) -> "Category[Word]":
        """The column that holds `words`."""
        seen: dict[Word, int] = {}
        codes = [seen.setdefault(word, len(seen)) for word in words]
        return cls(tuple(seen), np.array(codes, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> Word:
        return self.values[int(self.codes[row])]

    def __iter__(self) -> Iterator[Word]:
        return (self.values[code] for code in self.codes)

    def take(self, rows: Ints) -> "Category[Word]":
        """The words of `rows` alone."""
        return Category(self.values, self.codes[rows])

    def where(self, admits: Callable[[Word], bool]) -> Bools:
        """The rows whose word is admitted; each different word is asked once."""
        return np.array([admits(word) for word in self.values], dtype=np.bool_)[self.codes]


@dataclass(frozen=True)
class MetricColumn:
    """One metric of every candidate; NaN is unknown, also for the interval [low, high].

    `deviation` is the standard deviation of the number's logarithm that the interval tells, read as a normal
    one; 0 where there is none. `freedom` is the degrees of freedom that make it a t interval (processes - 1),
    infinite where unknown.
    """

    value: Floats
    low: Floats
    high: Floats
    level: Floats
    deviation: Floats
    freedom: Floats

    @classmethod
    def of(
        cls, value: Floats, low: Floats, high: Floats, level: Floats, freedom: Floats | None = None
    ) -> "MetricColumn":
        """With the deviation that follows from the interval; every freedom infinite where none is given."""
        deviation = np.zeros(len(value))
        for one in np.unique(level[~np.isnan(level)]):
            here = level == one
            quantile = NormalDist().inv_cdf((1 + float(one)) / 2)
            deviation[here] = np.log(high[here] / low[here]) / 2 / quantile
        endless = np.full(len(value), np.inf)
        return cls(value, low, high, level, deviation, endless if freedom is None else freedom)

    def take(self, rows: Ints) -> "MetricColumn":
        """The numbers of `rows` alone."""
        return MetricColumn(
            *(self.value[rows], self.low[rows], self.high[rows], self.level[rows]),
            *(self.deviation[rows], self.freedom[rows]),
        )


class MetricTable(Mapping[Metric, MetricColumn]):
    """The metrics of some rows of `source` (all of them without `rows`), each taken when it is first asked
    for: a question looks at a few of them."""

    def __init__(self, source: Mapping[Metric, MetricColumn], rows: Ints | None = None) -> None:
        self._source, self._rows = source, rows
        self._taken: dict[Metric, MetricColumn] = {}

    def __getitem__(self, metric: Metric) -> MetricColumn:
        if self._rows is None:
            return self._source[metric]
        found = self._taken.get(metric)
        if found is None:
            found = self._taken[metric] = self._source[metric].take(self._rows)
        return found

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._source)

    def __len__(self) -> int:
        return len(self._source)

    def take(self, rows: Ints) -> "MetricTable":
        """The metrics of `rows` alone."""
        return MetricTable(self._source, rows if self._rows is None else self._rows[rows])

    def known(self, row: int) -> Iterator[tuple[Metric, float, float, float, float]]:
        """Value, low, high and level of each metric that one row has; NaN where it has no interval."""
        at = row if self._rows is None else int(self._rows[row])
        for metric, column in self._source.items():
            value = float(column.value[at])
            if not isnan(value):
                yield metric, value, float(column.low[at]), float(column.high[at]), float(column.level[at])


@dataclass(frozen=True, eq=False)
class CandidateColumns:
    """The n candidates of one target, ordered by name, input size and configuration. None is unknown, as is
    an empty tuple of `training_data` or `tags`.

    `usable` tells which cases did not fail. `speed_order` is each row's place when all are sorted by latency,
    then throughput, then their own order. `revision` is the catalog's when they were read.
    """

    architecture: Category[str]
    family: Category[str | None]
    tags: Category[tuple[str, ...]]
    checkpoint: Category[str | None]
    license: Category[str | None]
    commercial_use: Category[bool | None]
    training_data: Category[tuple[str, ...]]
    input_size: Ints
    configuration: Category[Configuration]
    measurement: Category["MeasurementFacts"]
    usable: Bools
    speed_order: Ints
    metrics: MetricTable
    revision: int

    def __len__(self) -> int:
        return len(self.architecture)

    @cached_property
    def provenances(self) -> frozenset[Provenance]:
        """Of the measurements."""
        return frozenset(facts.provenance for facts in self.measurement.values)

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
            input_size=self.input_size[rows],
            configuration=self.configuration.take(rows),
            measurement=self.measurement.take(rows),
            usable=self.usable[rows],
            speed_order=self.speed_order[rows],
            metrics=self.metrics.take(rows),
            revision=self.revision,
        )

    def standard_error(self, metric: Metric) -> Floats:
        """Of an accuracy (or a ratio of it), as a share p of N images: sqrt(p (1 - p) / N), in the metric's
        unit; of another metric, its value x `deviation`; 0 where the number is exact, NaN where unknown."""
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
            return self.measurement[row].provenance
        return Provenance.COUNTED

    def doubts(self, metric: Metric, row: int) -> tuple[Doubt, ...]:
        """The doubts that bear on the number of `metric` in `row`."""
        if metric.subject is Subject.CASE:
            return self.measurement[row].doubts
        precision = self.configuration[row].precision
        if metric.subject is Subject.CHECKPOINT and precision is not Precision.FP32:
            return (Doubt.ACCURACY_TRANSFERRED,)
        return ()


@dataclass(frozen=True)
class MeasurementFacts:
    """What an answer says of the measurement behind a candidate."""

    id: str
    provenance: Provenance
    measured_at: datetime
    failure: FailureReason | None
    doubts: tuple[Doubt, ...]


def speed_order(metrics: Mapping[Metric, MetricColumn]) -> Ints:
    """The place of each row among all, the faster first: by latency, then by throughput (unknown last)."""
    latency, throughput = metrics[Metric.LATENCY_MS].value, metrics[Metric.THROUGHPUT_IPS].value
    places = np.empty(len(latency), dtype=np.int64)
    places[np.lexsort((-throughput, latency))] = np.arange(len(latency))
    return places
