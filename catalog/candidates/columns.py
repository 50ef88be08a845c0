"""The candidates of a target as numpy arrays, one row a candidate. Imports no database.

A candidate is a checkpoint x input size x configuration on a target. Each case is represented by the
measurement that arrived last and was not withdrawn. A candidate that was measured in inference also has the
numbers of its training run. An architecture without a known checkpoint is a candidate without accuracy.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from catalog.candidates.category import Bools, Category, Floats, Ints
from catalog.candidates.metric_columns import MetricTable, accuracy_error
from catalog.entities.configurations import Configuration
from catalog.words.doubts import Doubt, FailureReason, bears_on
from catalog.words.metrics import DATASETS, RATIO_COSTS, TRAINING_METRICS, Metric, Subject
from catalog.words.vocabulary import Precision, Provenance

Made = TypeVar("Made")

# Of so many rows is held what follows from each by itself: up to 10 kB a row, and some 2 kB for its JSON.
_MAX_ROWS = 1000


@dataclass(frozen=True, eq=False)
class CandidateColumns:
    """The n candidates of one target, ordered by name, input size and configuration.

    None is unknown, as is an empty tuple of `training_data`, `training_methods` or `tags`.

    `training` is the measurement behind the numbers of training, `measurement` that behind all others of the
    case. Both have the same `values`, and the same code where a candidate was measured in one scenario only.
    `training_configuration` is that of another measurement behind the numbers of training, None without.

    `usable` says which cases did not fail. `speed_order` is each row's place when all are sorted by speed.
    `changed` is the revision of the catalog at which they last changed. `evaluated` has, for each accuracy,
    the checkpoints that have one at some input size, be it none of these. It is None where nobody looked it
    up.
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
    changed: int
    evaluated: Mapping[Metric, frozenset[str]] | None = None

    # Of candidates that were taken: all candidates of the target, and which of these they are.
    _source: "CandidateColumns | None" = field(default=None, init=False, repr=False)
    _rows: Ints | None = field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.usable)

    @cached_property
    def provenances(self) -> frozenset[Provenance]:
        """The provenances of the measurements."""
        both = (self.measurement, self.training)
        return frozenset(facts.provenance for category in both for facts in category.values)

    @cached_property
    def network(self) -> Category[tuple[str, int]]:
        """The architecture and the input size of each candidate."""
        return Category.of(zip(self.architecture, self.input_size.tolist(), strict=True))

    def take(self, rows: Ints) -> "CandidateColumns":
        """The candidates of `rows` alone. Each column is taken when it is first asked for."""
        taken = object.__new__(CandidateColumns)
        taken.__dict__.update(
            _source=self._source or self,
            _rows=rows if self._rows is None else self._rows[rows],
            usable=self.usable[rows],
            metrics=self.metrics.take(rows),
            changed=self.changed,
            evaluated=self.evaluated,
        )
        return taken

    def __getattr__(self, name: str) -> Any:
        source: CandidateColumns | None = self.__dict__.get("_source")
        if source is None or name not in source.__dict__:
            raise AttributeError(name)
        column = source.__dict__[name]
        self.__dict__[name] = taken = (
            column[self._rows] if isinstance(column, np.ndarray) else column.take(self._rows)
        )
        return taken

    def derived(self, of: Callable[..., Floats], *arguments: Hashable) -> Floats:
        """What `of` computes for each candidate by itself, from these columns and the `arguments`.

        It is computed once for all candidates of the target. So `of` is the same function at every call.
        """
        key = (of, *arguments)
        numbers = self._derived.get(key)
        if numbers is None:
            source = self._source
            numbers = of(self, *arguments) if source is None else source.derived(of, *arguments)[self._rows]
            numbers.setflags(write=False)
            self._derived[key] = numbers
        return numbers

    @cached_property
    def _derived(self) -> dict[tuple[Any, ...], Floats]:
        return {}

    def of_row(self, make: Callable[["CandidateColumns", int], Made], row: int) -> Made:
        """What `make` makes of a single candidate.

        It is held for some rows, so `make` is the same function at every call. Nobody changes what it made.
        """
        if self._source is not None and self._rows is not None:
            return self._source.of_row(make, int(self._rows[row]))
        key = make, row
        if key not in self._made:
            while len(self._made) >= _MAX_ROWS:
                self._made.pop(next(iter(self._made)), None)
            self._made[key] = make(self, row)
        return cast(Made, self._made[key])

    @cached_property
    def _made(self) -> dict[tuple[Any, int], Any]:
        return {}

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
        return np.asarray(accuracy_error(column.value * divisor, DATASETS[metric].images) / divisor)

    def provenance(self, metric: Metric, row: int) -> Provenance:
        """Where the number of `metric` in `row` comes from."""
        if metric.subject is Subject.CHECKPOINT:
            return Provenance.PUBLISHED
        if metric.subject is Subject.CASE:
            return self.measurement_of(metric)[row].provenance
        # What was counted is exact. The size of a file that was not made has an interval.
        return Provenance.COUNTED if np.isnan(self.metrics[metric].level[row]) else Provenance.ESTIMATED

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


class MeasurementFacts(NamedTuple):
    """Facts of the measurement behind a candidate, which answers repeat.

    Behind an estimated candidate, `id` names the case, and `measured_at` is when it was estimated. `workload`
    is an id, empty where nobody looked it up. `processes` is the number of processes that its numbers rest
    on, and `blocks` that of their blocks of calls. None is unknown. `has_other_classes` says that the network
    has the classes of its checkpoint, which are not those of the architecture's default checkpoint.
    """

    id: str
    provenance: Provenance
    measured_at: datetime
    failure: FailureReason | None
    doubts: tuple[Doubt, ...]
    processes: int | None = None
    blocks: int | None = None
    workload: str = ""
    has_other_classes: bool = False


@cache
def _doubts_about(metric: Metric) -> Callable[[MeasurementFacts], float]:
    """How many doubts of a measurement bear on its number of `metric`."""
    return lambda facts: sum(bears_on(doubt, metric) for doubt in facts.doubts)
