"""Every question put to the catalog, answered with entities. (Ranking's columns: catalog/columns.py.)"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, or_, select
from sqlalchemy.orm import aliased, undefer

from catalog.database import ReadSession
from catalog.entities import (
    Accuracy,
    Architecture,
    Artefact,
    Backbone,
    Checkpoint,
    CountedWorkload,
    Environment,
    LastMeasured,
    Measurement,
    MetricValue,
    PendingSample,
    ProcessSample,
    Target,
    TrainingRun,
)
from catalog.mapping import (
    accuracy_from_row,
    architecture_from_row,
    artefact_from_row,
    checkpoint_from_row,
    configuration_from_row,
    counted_from_row,
    entity_from_row,
    sample_from_json,
    samples_from_row,
    target_from_row,
    workload_from_row,
)
from catalog.metrics import Metric
from catalog.published import device_memory
from catalog.tables import (
    AccuracyRow,
    ArchitectureRow,
    ArtefactRow,
    CheckpointRow,
    ConfigurationRow,
    EnvironmentRow,
    MeasurementRow,
    PendingSampleRow,
    TargetRow,
    ValueRow,
    WorkloadRow,
)
from catalog.vocabulary import (
    Doubt,
    FailureReason,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)

# The operators that hold the weights of a layer.
_WEIGHTED = ("conv", "linear", "addmm")


@dataclass(frozen=True)
class Card:
    """All that the catalog knows of one architecture. `workloads` and `artefacts` need no target."""

    architecture: Architecture
    workloads: tuple[CountedWorkload, ...]
    artefacts: tuple[Artefact, ...]
    checkpoints: tuple[Checkpoint, ...]
    accuracies: tuple[Accuracy, ...]
    measurements: tuple[Measurement, ...]

    @property
    def default_workload(self) -> CountedWorkload | None:
        """The deployed workload at the default checkpoint's classes and size, where it was counted."""
        default = (Form.DEPLOYED, self.architecture.num_classes, self.architecture.native_size)
        for counted in self.workloads:
            workload = counted.workload
            if (workload.form, workload.num_classes, workload.input_size) == default:
                return counted
        return None


@dataclass(frozen=True)
class MeasurementQuery:
    """Filters of `find_measurements`; None lets everything pass."""

    architecture: str | None = None
    target: str | None = None
    runtime: RuntimeName | None = None
    status: Status | None = None


def find_targets(session: ReadSession) -> list[Target]:
    """Every target, by id."""
    return [target_from_row(row) for row in session.scalars(select(TargetRow).order_by(TargetRow.id))]


def find_target(session: ReadSession, id: str) -> Target | None:  # noqa: A002 - the field's name
    """The target with this id."""
    row = session.get(TargetRow, id)
    return None if row is None else target_from_row(row)


def architecture_names(session: ReadSession) -> list[str]:
    """The name of every architecture, sorted."""
    return list(session.scalars(select(ArchitectureRow.name).order_by(ArchitectureRow.name)))


def knows(session: ReadSession, name: str) -> bool:
    """Whether there is a checkpoint or an architecture of this name."""
    table = CheckpointRow if "." in name else ArchitectureRow
    return session.get(table, name) is not None


def checkpoint_names(session: ReadSession, architecture: str) -> list[str]:
    """The name of every checkpoint of the architecture, sorted."""
    query = select(CheckpointRow.name).where(CheckpointRow.architecture == architecture)
    return sorted(session.scalars(query))


def families(session: ReadSession) -> list[str]:
    """Every family that an architecture of the catalog belongs to, sorted."""
    query = select(ArchitectureRow.family).where(ArchitectureRow.family.is_not(None)).distinct()
    return sorted(family for family in session.scalars(query) if family is not None)


def tags(session: ReadSession) -> list[str]:
    """Every tag that an architecture of the catalog has, sorted."""
    # As text, of which few are different.
    texts = session.scalars(select(cast(ArchitectureRow.tags, String)).distinct())
    return sorted({tag for text in texts for tag in (json.loads(text) if text else ())})


def find_card(session: ReadSession, name: str) -> Card | None:
    """All that is known of the architecture `name`; None where it is unknown."""
    row = session.get(ArchitectureRow, name)
    if row is None:
        return None
    workloads = session.scalars(
        select(WorkloadRow).where(WorkloadRow.architecture == name).order_by(WorkloadRow.id)
    )
    artefacts = session.execute(
        select(ArtefactRow, WorkloadRow)
        .join(WorkloadRow, ArtefactRow.workload == WorkloadRow.id)
        .where(WorkloadRow.architecture == name)
        .order_by(ArtefactRow.id)
    )
    checkpoints = session.scalars(
        select(CheckpointRow).where(CheckpointRow.architecture == name).order_by(CheckpointRow.name)
    )
    accuracies = session.scalars(
        select(AccuracyRow)
        .join(CheckpointRow, AccuracyRow.checkpoint == CheckpointRow.name)
        .where(CheckpointRow.architecture == name)
        .order_by(*_key(AccuracyRow))
    )
    return Card(
        architecture=architecture_from_row(row),
        workloads=tuple(counted_from_row(workload) for workload in workloads),
        artefacts=tuple(artefact_from_row(artefact, workload) for artefact, workload in artefacts),
        checkpoints=tuple(checkpoint_from_row(checkpoint) for checkpoint in checkpoints),
        accuracies=tuple(accuracy_from_row(accuracy) for accuracy in accuracies),
        measurements=tuple(find_measurements(session, MeasurementQuery(architecture=name))),
    )


def find_backbone(session: ReadSession, name: str) -> Backbone | None:
    """The architecture `name` with what building it takes, where that is known; without checkpoints."""
    row = session.get(ArchitectureRow, name)
    if row is None or row.family is None or row.num_classes is None or row.native_size is None:
        return None
    return Backbone(architecture_from_row(row), (), row.num_classes, row.native_size)


def find_measurements(
    session: ReadSession,
    query: MeasurementQuery,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int | None = None,
    with_samples: bool = False,
) -> list[Measurement]:
    """Measurements, newest first, behind the (time, id) `after`."""
    statement = (
        _joined_measurements()
        .where(*_conditions(query))
        .order_by(MeasurementRow.measured_at.desc(), MeasurementRow.id.desc())
        .limit(limit)
    )
    if after is not None:
        time, identity = after
        same_time = and_(MeasurementRow.measured_at == time, MeasurementRow.id < identity)
        statement = statement.where(or_(MeasurementRow.measured_at < time, same_time))
    if with_samples:
        statement = statement.options(undefer(MeasurementRow.samples), undefer(MeasurementRow.set_aside))
    return _measurements(session, statement, with_samples=with_samples)


def last_measured(session: ReadSession, target: str) -> list[LastMeasured]:
    """Every case of `target` that was measured, with its latest outcome; ordered by workload and
    configuration."""
    query = (
        select(
            WorkloadRow,
            ConfigurationRow,
            MeasurementRow.status,
            MeasurementRow.environment,
            MeasurementRow.protocol,
        )
        .select_from(MeasurementRow)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .where(
            MeasurementRow.target == target,
            MeasurementRow.provenance == Provenance.MEASURED,
        )
        .order_by(MeasurementRow.measured_at, MeasurementRow.id)
    )
    latest = {
        (workload.id, configuration.id): LastMeasured(
            workload_from_row(workload),
            configuration_from_row(configuration),
            Status(status),
            environment,
            protocol,
        )
        for workload, configuration, status, environment, protocol in session.execute(query)
    }
    return [latest[key] for key in sorted(latest)]


def recent_samples(session: ReadSession, target: str, measurements: int) -> list[ProcessSample]:
    """The samples of the newest measurements taken on `target`, the older first."""
    query = (
        select(MeasurementRow.samples)
        .where(MeasurementRow.target == target, MeasurementRow.provenance == Provenance.MEASURED)
        .order_by(MeasurementRow.measured_at.desc(), MeasurementRow.id)
        .limit(measurements)
    )
    newest_first = list(session.scalars(query))
    return [sample for row in reversed(newest_first) for sample in samples_from_row(row)]


def counted_workloads(session: ReadSession, ids: Iterable[str]) -> set[str]:
    """Which of the workloads were counted, or found uncountable."""
    query = select(WorkloadRow.id).where(
        WorkloadRow.id.in_(list(ids)),
        or_(WorkloadRow.gmacs.is_not(None), WorkloadRow.count_failure.is_not(None)),
    )
    return set(session.scalars(query))


def pending_samples(session: ReadSession, case: PendingSample) -> list[ProcessSample]:
    """Samples of the unfinished case under its environment and protocol, in the order taken."""
    query = (
        select(PendingSampleRow.sample)
        .where(
            PendingSampleRow.workload == case.workload,
            PendingSampleRow.configuration == case.configuration,
            PendingSampleRow.target == case.target,
            PendingSampleRow.environment == case.environment,
            PendingSampleRow.protocol == case.protocol,
        )
        .order_by(PendingSampleRow.id)
    )
    return [sample_from_json(sample) for sample in session.scalars(query)]


def everything(
    session: ReadSession,
) -> Iterable[Architecture | Checkpoint | Accuracy | Target | CountedWorkload | Measurement]:
    """All of the catalog, each kind ordered by its key, what is referred to before what refers."""
    # Sorted here, because databases differ in how they order text.
    architectures = map(architecture_from_row, session.scalars(select(ArchitectureRow)))
    yield from sorted(architectures, key=lambda one: one.name)
    checkpoints = map(checkpoint_from_row, session.scalars(select(CheckpointRow)))
    yield from sorted(checkpoints, key=lambda one: one.name)
    accuracies = map(accuracy_from_row, session.scalars(select(AccuracyRow)))
    yield from sorted(
        accuracies,
        key=lambda one: (
            one.checkpoint,
            one.dataset,
            one.input_size,
            one.crop_pct,
            one.interpolation,
            one.precision,
        ),
    )
    targets = map(target_from_row, session.scalars(select(TargetRow)))
    yield from sorted(targets, key=lambda one: one.id)
    workloads = map(counted_from_row, session.scalars(select(WorkloadRow)))
    yield from sorted(workloads, key=lambda one: one.workload.id)
    after = ""
    while page := _measurements(
        session,
        _joined_measurements()
        .where(MeasurementRow.id > after)
        .order_by(MeasurementRow.id)
        .limit(200)
        .options(undefer(MeasurementRow.samples), undefer(MeasurementRow.set_aside)),
        with_samples=True,
    ):
        yield from page
        after = page[-1].id


def _joined_measurements() -> Select[*tuple[Any, ...]]:
    return (
        select(MeasurementRow, WorkloadRow, ConfigurationRow, TargetRow, EnvironmentRow, ArtefactRow)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .join(TargetRow, MeasurementRow.target == TargetRow.id)
        .join(EnvironmentRow, MeasurementRow.environment == EnvironmentRow.id)
        .outerjoin(ArtefactRow, MeasurementRow.artefact == ArtefactRow.id)
    )


def _conditions(query: MeasurementQuery) -> list[ColumnElement[bool]]:
    wanted = {
        WorkloadRow.architecture: query.architecture,
        MeasurementRow.target: query.target,
        ConfigurationRow.runtime: query.runtime,
        MeasurementRow.status: query.status,
    }
    return [column == value for column, value in wanted.items() if value is not None]


def _measurements(
    session: ReadSession, statement: Select[*tuple[Any, ...]], *, with_samples: bool
) -> list[Measurement]:
    rows = session.execute(statement).all()
    values = _values(session, [row.MeasurementRow.id for row in rows])
    return [
        Measurement(
            workload=workload_from_row(row.WorkloadRow),
            configuration=configuration_from_row(row.ConfigurationRow),
            target=target_from_row(row.TargetRow),
            environment=entity_from_row(Environment, row.EnvironmentRow),
            artefact=artefact_from_row(row.ArtefactRow, row.WorkloadRow) if row.ArtefactRow else None,
            provenance=Provenance(row.MeasurementRow.provenance),
            status=Status(row.MeasurementRow.status),
            reason=FailureReason(row.MeasurementRow.reason) if row.MeasurementRow.reason else None,
            detail=row.MeasurementRow.detail,
            protocol=row.MeasurementRow.protocol,
            measured_at=row.MeasurementRow.measured_at,
            source=row.MeasurementRow.source,
            doubts=tuple(Doubt(doubt) for doubt in row.MeasurementRow.doubts),
            values=values.get(row.MeasurementRow.id, ()),
            precision_met=row.MeasurementRow.precision_met,
            samples=samples_from_row(row.MeasurementRow.samples) if with_samples else (),
            set_aside=samples_from_row(row.MeasurementRow.set_aside) if with_samples else (),
        )
        for row in rows
    ]


def _values(session: ReadSession, ids: Sequence[str]) -> dict[str, tuple[MetricValue, ...]]:
    found: dict[str, tuple[MetricValue, ...]] = {}
    for start in range(0, len(ids), 500):
        query = (
            select(ValueRow)
            .where(ValueRow.measurement.in_(ids[start : start + 500]))
            .order_by(ValueRow.measurement, ValueRow.metric)
        )
        for row in session.scalars(query):
            value = MetricValue(
                *(Metric(row.metric), row.value, row.low, row.high, row.level),
                *(row.absent_reason, row.processes),
            )
            found[row.measurement] = (*found.get(row.measurement, ()), value)
    return found


def _key(table: Any) -> tuple[Any, ...]:
    return tuple(table.__table__.primary_key)


def training_runs(
    session: ReadSession, architectures: Iterable[str]
) -> Mapping[str, tuple[TrainingRun, ...]]:
    """The successful training runs of the architectures, on every target, those with a large batch first.
    Architectures without any are absent."""
    query = (
        select(
            WorkloadRow.architecture,
            WorkloadRow.input_size,
            ConfigurationRow.batch_size,
            ConfigurationRow.precision,
            ConfigurationRow.layout,
            TargetRow.id,
            TargetRow.label,
            MeasurementRow.provenance,
            MeasurementRow.source,
            ValueRow.value,
        )
        .select_from(MeasurementRow)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .join(TargetRow, MeasurementRow.target == TargetRow.id)
        .outerjoin(
            ValueRow,
            and_(ValueRow.measurement == MeasurementRow.id, ValueRow.metric == Metric.TRAIN_MEMORY_MB),
        )
        .where(
            ConfigurationRow.scenario == Scenario.TRAINING,
            MeasurementRow.status == Status.OK,
            WorkloadRow.architecture.in_(list(architectures)),
        )
    )
    found: dict[str, list[TrainingRun]] = {}
    for row in session.execute(query):
        memory, memory_source = device_memory(row.id) or (None, None)
        run = TrainingRun(
            batch_size=row.batch_size,
            input_size=row.input_size,
            precision=Precision(row.precision),
            layout=Layout(row.layout),
            target=row.label,
            provenance=Provenance(row.provenance),
            source=row.source,
            train_memory_mb=row.value,
            device_memory_mb=memory,
            device_memory_source=memory_source,
        )
        found.setdefault(row.architecture, []).append(run)
    # Sorted here, because databases differ in how they order text.
    return {
        architecture: tuple(
            sorted(runs, key=lambda run: (-run.batch_size, -run.input_size, run.target, run.source))
        )
        for architecture, runs in sorted(found.items())
    }


def weight_layers(session: ReadSession, measurements: Iterable[str]) -> Mapping[str, int]:
    """How many layers with weights, convolutions and linear layers, the network of each measurement (ids)
    has: in the form that is trained where that was counted, else in the deployed one; absent where neither
    was."""
    trained = aliased(WorkloadRow)
    query = (
        select(MeasurementRow.id, trained.operator_calls)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(
            trained,
            and_(
                trained.architecture == WorkloadRow.architecture,
                trained.num_classes == WorkloadRow.num_classes,
                trained.input_size == WorkloadRow.input_size,
            ),
        )
        .where(MeasurementRow.id.in_(list(measurements)))
        .order_by(case((trained.form == Form.TRAINING, 1), else_=0))  # the last of an id stays
    )
    return {
        id_: sum(calls.get(operator, 0) for operator in _WEIGHTED)
        for id_, calls in session.execute(query)
        if calls
    }
