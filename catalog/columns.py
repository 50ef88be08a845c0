"""The candidates of a target as columns: numpy arrays straight from SQL, one row a candidate.

A candidate is a checkpoint x input size x configuration on a target. The latest measurement of a case
speaks for it; an architecture without a known checkpoint is a candidate without accuracy.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from statistics import NormalDist
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from sqlalchemy import Select, and_, case, func, or_, select

from catalog.database import ReadSession, revision
from catalog.entities import Configuration
from catalog.mapping import configuration_from_row
from catalog.metrics import Metric, Subject
from catalog.tables import (
    AccuracyRow,
    ArchitectureRow,
    ArtefactRow,
    CheckpointRow,
    ConfigurationRow,
    MeasurementRow,
    ValueRow,
    WorkloadRow,
)
from catalog.vocabulary import (
    BatchPolicy,
    Dataset,
    Doubt,
    FailureReason,
    Form,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Word = TypeVar("Word", bound=Hashable)

# What accuracy is divided by in a ratio.
_COSTS = {Metric.TOP1_PER_GMAC: Metric.GMACS, Metric.TOP1_PER_MPARAM: Metric.PARAMS_M}
# How far the accuracy of one precision speaks for another: fp32's is carried over with a doubt.
_TRANSFERS_ACCURACY = set(Precision) - {Precision.INT8}
_TOP1: Mapping[Dataset, Metric] = {
    Dataset.IMAGENET_VAL: Metric.TOP1,
    Dataset.IMAGENET_REAL: Metric.TOP1_REAL,
    Dataset.IMAGENET_V2: Metric.TOP1_V2,
    Dataset.IMAGENET_SKETCH: Metric.TOP1_SKETCH,
    Dataset.IMAGENET_A: Metric.TOP1_A,
    Dataset.IMAGENET_R: Metric.TOP1_R,
}
_ACCURACIES = (*_TOP1.values(), Metric.TOP5)
_DATASETS = {
    **{metric: dataset for dataset, metric in _TOP1.items()},
    Metric.TOP5: Dataset.IMAGENET_VAL,
    Metric.TOP1_PER_GMAC: Dataset.IMAGENET_VAL,
    Metric.TOP1_PER_MPARAM: Dataset.IMAGENET_VAL,
}


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
            if value == value:  # noqa: PLR0124 - not NaN, and the fastest way to tell
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
        if metric not in _DATASETS:
            return column.value * column.deviation
        cost = _COSTS.get(metric)
        divisor = 1.0 if cost is None else self.metrics[cost].value
        share = np.clip(column.value * divisor / 100, 0.0, 1.0)
        return np.asarray(100 * np.sqrt(share * (1 - share) / _DATASETS[metric].images) / divisor)

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


def candidate_columns(
    session: ReadSession, target: str, evidence: Sequence[Provenance] = ()
) -> CandidateColumns:
    """All candidates of the target with the id `target`, ordered by name, size and configuration.

    With `evidence`, only measurements of these provenances speak.
    """
    # Sorted here, because databases differ in how they order text and where they put nulls.
    rows = sorted(
        session.execute(_candidates(target, evidence)).all(),
        key=lambda row: (row.architecture, row.checkpoint or "", row.input_size, row.configuration),
    )
    measurement = Category.of(row.id for row in rows)
    configurations = _configurations(session, {row.configuration for row in rows})
    metrics = _case_metrics(session, measurement)
    evaluations = _evaluations(session)
    evaluated = [
        evaluations.get((row.checkpoint, row.input_size), {})
        if configurations[row.configuration].precision in _TRANSFERS_ACCURACY
        else {}
        for row in rows
    ]
    accuracies = {metric: _floats(one.get(metric) for one in evaluated) for metric in _ACCURACIES}
    top1 = accuracies[Metric.TOP1]
    gmacs, params_m = _floats(row.gmacs for row in rows), _floats(row.params_m for row in rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = {
            Metric.SIZE_MB: _floats(_size_mb(row) for row in rows),
            Metric.PARAMS_M: params_m,
            Metric.GMACS: gmacs,
            Metric.GFLOPS: 2 * gmacs,
            Metric.ACTIVATIONS_M: _floats(row.activations_m for row in rows),
            **accuracies,
            Metric.TOP1_PER_GMAC: top1 / gmacs,
            Metric.TOP1_PER_MPARAM: top1 / params_m,
        }
    unknown, no_deviation = np.full(len(rows), np.nan), np.zeros(len(rows))
    endless = np.full(len(rows), np.inf)
    for metric in Metric:
        if metric not in metrics:
            value = exact.get(metric, unknown)
            metrics[metric] = MetricColumn(value, unknown, unknown, unknown, no_deviation, endless)
    facts = {row.id: _facts(row) for row in rows}
    return CandidateColumns(
        architecture=Category.of(row.architecture for row in rows),
        family=Category.of(row.family for row in rows),
        tags=Category.of(tuple(row.tags or ()) for row in rows),
        checkpoint=Category.of(row.checkpoint for row in rows),
        license=Category.of(row.license for row in rows),
        commercial_use=Category.of(row.commercial_use for row in rows),
        training_data=Category.of(tuple(row.training_data or ()) for row in rows),
        input_size=np.array([row.input_size for row in rows], dtype=np.int64),
        configuration=Category.of(configurations[row.configuration] for row in rows),
        measurement=Category(tuple(facts[one] for one in measurement.values), measurement.codes),
        usable=np.array([row.reason is None for row in rows], dtype=np.bool_),
        speed_order=speed_order(metrics),
        metrics=MetricTable({metric: metrics[metric] for metric in Metric}),
        revision=revision(session),
    )


def speed_order(metrics: Mapping[Metric, MetricColumn]) -> Ints:
    """The place of each row among all, the faster first: by latency, then by throughput (unknown last)."""
    latency, throughput = metrics[Metric.LATENCY_MS].value, metrics[Metric.THROUGHPUT_IPS].value
    places = np.empty(len(latency), dtype=np.int64)
    places[np.lexsort((-throughput, latency))] = np.arange(len(latency))
    return places


def _candidates(target: str, evidence: Sequence[Provenance]) -> Select[*tuple[Any, ...]]:
    run = ConfigurationRow
    allowed = [MeasurementRow.target == target]
    if evidence:
        allowed.append(MeasurementRow.provenance.in_(evidence))
    # First within a configuration, which an index answers however long the history is.
    last = (
        select(
            MeasurementRow.workload,
            MeasurementRow.configuration,
            func.max(MeasurementRow.measured_at).label("measured_at"),
        )
        .where(*allowed)
        .group_by(MeasurementRow.workload, MeasurementRow.configuration)
        .subquery()
    )
    # A batch that was shrunk to what fits is an outcome: it does not tell one case from another.
    batch = case((run.batch_policy == BatchPolicy.FIXED, run.batch_size), else_=0)
    newest = func.row_number().over(
        partition_by=(
            *(MeasurementRow.workload, run.runtime, run.compiled, run.device, run.precision, run.layout),
            *(run.threads, run.arena, run.scenario, run.clients, run.batch_policy, batch),
        ),
        order_by=(MeasurementRow.measured_at.desc(), MeasurementRow.id.desc()),
    )
    same = [MeasurementRow.workload, MeasurementRow.configuration, MeasurementRow.measured_at]
    latest = (
        select(MeasurementRow.id, newest.label("age"))
        .join(last, and_(*(column == last.c[column.key] for column in same)))
        .join(run, MeasurementRow.configuration == run.id)
        .where(*allowed)
        .subquery()
    )
    return (
        select(
            MeasurementRow.id,
            MeasurementRow.configuration,
            MeasurementRow.provenance,
            MeasurementRow.measured_at,
            MeasurementRow.reason,
            MeasurementRow.doubts,
            WorkloadRow.architecture,
            WorkloadRow.input_size,
            WorkloadRow.params_m,
            WorkloadRow.gmacs,
            WorkloadRow.activations_m,
            WorkloadRow.weights_bytes,
            ConfigurationRow.runtime,
            ArchitectureRow.family,
            ArchitectureRow.tags,
            CheckpointRow.name.label("checkpoint"),
            CheckpointRow.license,
            CheckpointRow.commercial_use,
            CheckpointRow.training_data,
            ArtefactRow.bytes,
        )
        .join(latest, and_(latest.c.id == MeasurementRow.id, latest.c.age == 1))
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .join(ArchitectureRow, WorkloadRow.architecture == ArchitectureRow.name)
        .outerjoin(ArtefactRow, MeasurementRow.artefact == ArtefactRow.id)
        .outerjoin(
            CheckpointRow,
            and_(
                CheckpointRow.architecture == WorkloadRow.architecture,
                CheckpointRow.num_classes == WorkloadRow.num_classes,
            ),
        )
        .where(
            or_(WorkloadRow.form == Form.DEPLOYED, ConfigurationRow.scenario == Scenario.TRAINING),
        )
    )


def _size_mb(row: Any) -> float | None:
    """The artefact's size; PyTorch deploys the checkpoint's weights, whose size is counted."""
    size = row.weights_bytes if row.bytes is None and row.runtime == RuntimeName.PYTORCH else row.bytes
    return None if size is None else size / 1e6


def _evaluations(session: ReadSession) -> dict[tuple[str, int], dict[Metric, float]]:
    """The accuracies of every checkpoint at every input size: of the crop that is best on ImageNet, also for
    the robustness sets."""
    crops: dict[tuple[str, int, float, str], dict[Metric, float]] = {}
    query = select(
        AccuracyRow.dataset,
        AccuracyRow.top1,
        AccuracyRow.top5,
        AccuracyRow.checkpoint,
        AccuracyRow.input_size,
        AccuracyRow.crop_pct,
        AccuracyRow.interpolation,
    ).where(AccuracyRow.dataset.in_(list(_TOP1)), AccuracyRow.precision == Precision.FP32)
    for dataset, top1, top5, checkpoint, size, crop_pct, interpolation in session.execute(query):
        found = crops.setdefault((checkpoint, size, crop_pct, interpolation), {})
        found[_TOP1[Dataset(dataset)]] = top1
        if dataset == Dataset.IMAGENET_VAL:
            found[Metric.TOP5] = top5
    best: dict[tuple[str, int], dict[Metric, float]] = {}
    for (checkpoint, size, *_), found in sorted(crops.items(), reverse=True):  # of equals, the smallest crop
        known = best.get((checkpoint, size), {})
        if found.get(Metric.TOP1, -1.0) >= known.get(Metric.TOP1, -1.0):
            best[checkpoint, size] = found
    return best


def _case_metrics(session: ReadSession, measurement: Category[str]) -> dict[Metric, MetricColumn]:
    """The values stored with the measurements, spread over the candidates that share them."""
    stored: dict[Metric, Floats] = {}
    places = {one: place for place, one in enumerate(measurement.values)}
    for start in range(0, len(places), 500):
        ids = measurement.values[start : start + 500]
        for row in session.scalars(select(ValueRow).where(ValueRow.measurement.in_(ids))):
            table = stored.setdefault(Metric(row.metric), np.full((5, len(places)), np.nan))
            freedom = np.inf if row.processes is None else row.processes - 1
            numbers = (row.value, row.low, row.high, row.level, freedom)
            table[:, places[row.measurement]] = [np.nan if number is None else number for number in numbers]
    return {metric: MetricColumn.of(*table).take(measurement.codes) for metric, table in stored.items()}


def _configurations(session: ReadSession, ids: Iterable[str]) -> dict[str, Configuration]:
    query = select(ConfigurationRow).where(ConfigurationRow.id.in_(ids))
    return {row.id: configuration_from_row(row) for row in session.scalars(query)}


def _facts(row: Any) -> MeasurementFacts:
    return MeasurementFacts(
        row.id,
        Provenance(row.provenance),
        row.measured_at,
        FailureReason(row.reason) if row.reason else None,
        tuple(Doubt(doubt) for doubt in row.doubts),
    )


def _floats(values: Any) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
