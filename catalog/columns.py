"""The candidates of a target as columns: numpy arrays straight from SQL, one row a candidate.

A candidate is a checkpoint x input size x configuration on a target. The latest measurement of a case
speaks for it; an architecture without a known checkpoint is a candidate without accuracy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Select, and_, case, func, or_, select

from catalog.database import ReadSession
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
Strings = npt.NDArray[np.object_]

# How far the accuracy of one precision speaks for another: fp32's is carried over with a doubt.
_TRANSFERS_ACCURACY = set(Precision) - {Precision.INT8}
_TOP1: Mapping[str, Metric] = {
    Dataset.IMAGENET_VAL: Metric.TOP1,
    Dataset.IMAGENET_REAL: Metric.TOP1_REAL,
    Dataset.IMAGENET_V2: Metric.TOP1_V2,
    Dataset.IMAGENET_SKETCH: Metric.TOP1_SKETCH,
    Dataset.IMAGENET_A: Metric.TOP1_A,
    Dataset.IMAGENET_R: Metric.TOP1_R,
}
_ACCURACIES = (*_TOP1.values(), Metric.TOP5)


@dataclass(frozen=True)
class MetricColumn:
    """One metric of every candidate; NaN is unknown, also for the interval [low, high]."""

    value: Floats
    low: Floats
    high: Floats
    level: Floats

    def take(self, rows: Ints) -> "MetricColumn":
        """The numbers of `rows` alone."""
        return MetricColumn(self.value[rows], self.low[rows], self.high[rows], self.level[rows])


@dataclass(frozen=True)
class CandidateColumns:
    """The n candidates of one target. Arrays have length n; strings may be None where unknown.

    `commercial_use` holds True, False or None; `training_data` holds tuples, empty where unknown.
    `configuration` and `measurement` index into `configurations` and `measurements`.
    """

    architecture: Strings
    family: Strings
    checkpoint: Strings
    license: Strings
    commercial_use: Strings
    training_data: Strings
    input_size: Ints
    configuration: Ints
    configurations: tuple[Configuration, ...]
    measurement: Ints
    measurements: tuple["MeasurementFacts", ...]
    metrics: Mapping[Metric, MetricColumn]

    def __len__(self) -> int:
        return len(self.architecture)

    def take(self, rows: Ints) -> "CandidateColumns":
        """The candidates of `rows` alone."""
        return replace(
            self,
            architecture=self.architecture[rows],
            family=self.family[rows],
            checkpoint=self.checkpoint[rows],
            license=self.license[rows],
            commercial_use=self.commercial_use[rows],
            training_data=self.training_data[rows],
            input_size=self.input_size[rows],
            configuration=self.configuration[rows],
            measurement=self.measurement[rows],
            metrics={metric: column.take(rows) for metric, column in self.metrics.items()},
        )

    def usable(self) -> npt.NDArray[np.bool_]:
        """Where the case did not fail."""
        succeeded = np.array([one.failure is None for one in self.measurements], dtype=np.bool_)
        return succeeded[self.measurement]

    def configuration_of(self, row: int) -> Configuration:
        return self.configurations[int(self.configuration[row])]

    def facts_of(self, row: int) -> "MeasurementFacts":
        return self.measurements[int(self.measurement[row])]

    def provenance(self, metric: Metric, row: int) -> Provenance:
        """Where the number of `metric` in `row` comes from."""
        if metric.subject is Subject.CHECKPOINT:
            return Provenance.PUBLISHED
        if metric.subject is Subject.CASE:
            return self.facts_of(row).provenance
        return Provenance.COUNTED

    def doubts(self, metric: Metric, row: int) -> tuple[Doubt, ...]:
        """The doubts that bear on the number of `metric` in `row`."""
        if metric.subject is Subject.CASE:
            return self.facts_of(row).doubts
        precision = self.configuration_of(row).precision
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
    measurements = {row.id: position for position, row in enumerate(_distinct(rows, "id"))}
    configurations = _distinct(rows, "configuration")
    found = _configurations(session, [row.configuration for row in configurations])
    configuration_index = {one.id: position for position, one in enumerate(found)}
    measurement = np.array([measurements[row.id] for row in rows], dtype=np.int64)
    metrics = _case_metrics(session, measurements, measurement)
    precisions = [found[configuration_index[row.configuration]].precision for row in rows]
    evaluations = _evaluations(session)
    evaluated = [
        evaluations.get((row.checkpoint, row.input_size), {}) if precision in _TRANSFERS_ACCURACY else {}
        for row, precision in zip(rows, precisions, strict=True)
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
    unknown = np.full(len(rows), np.nan)
    for metric in Metric:
        if metric not in metrics:
            metrics[metric] = MetricColumn(exact.get(metric, unknown), unknown, unknown, unknown)
    return CandidateColumns(
        architecture=_strings(row.architecture for row in rows),
        family=_strings(row.family for row in rows),
        checkpoint=_strings(row.checkpoint for row in rows),
        license=_strings(row.license for row in rows),
        commercial_use=_strings(row.commercial_use for row in rows),
        training_data=_tuples(row.training_data for row in rows),
        input_size=np.array([row.input_size for row in rows], dtype=np.int64),
        configuration=np.array([configuration_index[row.configuration] for row in rows], dtype=np.int64),
        configurations=tuple(found),
        measurement=measurement,
        measurements=tuple(
            MeasurementFacts(
                row.id,
                Provenance(row.provenance),
                row.measured_at,
                FailureReason(row.reason) if row.reason else None,
                tuple(Doubt(doubt) for doubt in row.doubts),
            )
            for row in _distinct(rows, "id")
        ),
        metrics=metrics,
    )


def _candidates(target: str, evidence: Sequence[Provenance]) -> Select[*tuple[Any, ...]]:
    run = ConfigurationRow
    # A batch that was shrunk to what fits is an outcome: it does not tell one case from another.
    batch = case((run.batch_policy == BatchPolicy.FIXED, run.batch_size), else_=0)
    newest = func.row_number().over(
        partition_by=(
            *(MeasurementRow.workload, run.runtime, run.compiled, run.device, run.precision, run.layout),
            *(run.threads, run.arena, run.scenario, run.batch_policy, batch),
        ),
        order_by=(MeasurementRow.measured_at.desc(), MeasurementRow.id.desc()),
    )
    ranked = (
        select(MeasurementRow.id, newest.label("age"))
        .join(run, MeasurementRow.configuration == run.id)
        .where(MeasurementRow.target == target)
    )
    if evidence:
        ranked = ranked.where(MeasurementRow.provenance.in_(evidence))
    latest = ranked.subquery()
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
        found[_TOP1[dataset]] = top1
        if dataset == Dataset.IMAGENET_VAL:
            found[Metric.TOP5] = top5
    best: dict[tuple[str, int], dict[Metric, float]] = {}
    for (checkpoint, size, *_), found in sorted(crops.items(), reverse=True):  # of equals, the smallest crop
        known = best.get((checkpoint, size), {})
        if found.get(Metric.TOP1, -1.0) >= known.get(Metric.TOP1, -1.0):
            best[checkpoint, size] = found
    return best


def _case_metrics(
    session: ReadSession, measurements: Mapping[str, int], measurement: Ints
) -> dict[Metric, MetricColumn]:
    """The values stored with the measurements, spread over the candidates that share them."""
    stored: dict[Metric, Floats] = {}
    ids = list(measurements)
    for start in range(0, len(ids), 500):
        query = select(ValueRow).where(ValueRow.measurement.in_(ids[start : start + 500]))
        for row in session.scalars(query):
            table = stored.setdefault(Metric(row.metric), np.full((4, len(ids)), np.nan))
            numbers = (row.value, row.low, row.high, row.level)
            table[:, measurements[row.measurement]] = [
                np.nan if number is None else number for number in numbers
            ]
    return {
        metric: MetricColumn(*(column[measurement] for column in table)) for metric, table in stored.items()
    }


def _configurations(session: ReadSession, ids: Sequence[str]) -> list[Configuration]:
    query = select(ConfigurationRow).where(ConfigurationRow.id.in_(ids)).order_by(ConfigurationRow.id)
    return [configuration_from_row(row) for row in session.scalars(query)]


def _distinct(rows: Sequence[Any], name: str) -> list[Any]:
    return list({getattr(row, name): row for row in rows}.values())


def _floats(values: Any) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _strings(values: Any) -> Strings:
    return np.array(list(values), dtype=np.object_)


def _tuples(values: Any) -> Strings:
    rows = [tuple(value or ()) for value in values]
    found = np.empty(len(rows), dtype=np.object_)
    found[:] = rows
    return found
