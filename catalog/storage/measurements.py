"""Measurements: adding them, finding them, and the latest outcome of each case. They are never changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select
from sqlalchemy.orm import undefer

from catalog.entities.configurations import Environment
from catalog.entities.measurements import (
    Failure,
    LastMeasured,
    Measurement,
    MetricValue,
    Outcome,
    Success,
)
from catalog.entities.samples import ProcessSample
from catalog.storage.bulk import chunks, insert_new, merge, with_id
from catalog.storage.database import ReadSession, WriteSession
from catalog.storage.facts import add_workloads, save_targets
from catalog.storage.mapping import (
    artefact_from_row,
    configuration_from_row,
    entity_from_row,
    samples_from_row,
    target_from_row,
    workload_from_row,
)
from catalog.storage.tables import (
    ArtefactRow,
    ConfigurationRow,
    EnvironmentRow,
    MeasurementRow,
    TargetRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance, RuntimeName, Status


@dataclass(frozen=True)
class MeasurementQuery:
    """Filters of `find_measurements`; None lets everything pass."""

    architecture: str | None = None
    target: str | None = None
    runtime: RuntimeName | None = None
    status: Status | None = None


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
        joined_measurements()
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
    return measurements_of(session, statement, with_samples=with_samples)


def last_measured(session: ReadSession, target: str) -> list[LastMeasured]:
    """Every case of `target` that was measured, with its latest outcome; ordered by workload and
    configuration."""
    query = (
        select(
            WorkloadRow,
            ConfigurationRow,
            MeasurementRow.status,
            MeasurementRow.environment,
            MeasurementRow.protocol_version,
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
            protocol_version,
        )
        for workload, configuration, status, environment, protocol_version in session.execute(query)
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


def joined_measurements() -> Select[*tuple[Any, ...]]:
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


def measurements_of(
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
            protocol=row.MeasurementRow.protocol,
            protocol_version=row.MeasurementRow.protocol_version,
            measured_at=row.MeasurementRow.measured_at,
            source=row.MeasurementRow.source,
            published_table=row.MeasurementRow.published_table,
            outcome=_outcome(row.MeasurementRow, values.get(row.MeasurementRow.id, ()), with_samples),
        )
        for row in rows
    ]


def _outcome(row: MeasurementRow, values: tuple[MetricValue, ...], with_samples: bool) -> Outcome:
    if row.reason is not None:
        return Failure(FailureReason(row.reason), row.detail)
    return Success(
        values=values,
        doubts=tuple(Doubt(doubt) for doubt in row.doubts),
        samples=samples_from_row(row.samples) if with_samples else (),
        set_aside=samples_from_row(row.set_aside) if with_samples else (),
        interval_target_met=row.interval_target_met,
    )


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


def add_measurements(session: WriteSession, measurements: Sequence[Measurement]) -> int:
    """Add measurements with all that they refer to; returns how many were new.

    Their architectures must be stored.
    """
    by_id = {measurement.id: measurement for measurement in measurements}
    known = _known(session, list(by_id))
    new = {id_: by_id[id_] for id_ in sorted(by_id.keys() - known)}  # in order, for the index's sake
    # Thousands of measurements share a few of each of these.
    targets = {one.target.id: one.target for one in new.values()}
    workloads = {one.workload.id: one.workload for one in new.values()}
    configurations = {one.configuration.id: one.configuration for one in new.values()}
    environments = {one.environment.id: one.environment for one in new.values()}
    artefacts = {one.artefact: None for one in new.values() if one.artefact is not None}
    save_targets(session, targets.values())
    add_workloads(session, workloads.values())
    merge(session, ConfigurationRow, [with_id(one) for one in configurations.values()])
    merge(session, EnvironmentRow, [with_id(one) for one in environments.values()])
    merge(session, ArtefactRow, [{**with_id(one), "workload": one.workload.id} for one in artefacts])
    insert_new(session, MeasurementRow, [_measurement_row(id_, one) for id_, one in new.items()])
    insert_new(
        session,
        ValueRow,
        [_value_row(id_, value) for id_, one in new.items() for value in _values_of(one.outcome)],
    )
    return len(new)


@contextmanager
def indexed_at_once(session: WriteSession) -> Iterator[None]:
    """For filling a new catalog: the indexes of measurements are made once, when all rows are there."""
    measurements = MeasurementRow.metadata.tables[MeasurementRow.__tablename__]
    indexes = tuple(measurements.indexes) if _is_empty(session) else ()
    for index in indexes:
        index.drop(session.connection())
    yield
    for index in indexes:
        index.create(session.connection())


def drop_published(session: WriteSession, table: str) -> None:
    """Remove the measurements that were read from any revision of the speed table with this file name."""
    of_table = MeasurementRow.published_table == table
    ids = select(MeasurementRow.id).where(of_table)
    session.execute(delete(ValueRow).where(ValueRow.measurement.in_(ids)))
    session.execute(delete(MeasurementRow).where(of_table))


def _is_empty(session: WriteSession) -> bool:
    """Whether there is no measurement yet."""
    return session.scalars(select(MeasurementRow.id).limit(1)).first() is None


def _known(session: WriteSession, ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    if _is_empty(session):
        return known
    for chunk in chunks(ids):
        known.update(session.scalars(select(MeasurementRow.id).where(MeasurementRow.id.in_(chunk))))
    return known


def _value_row(measurement: str, value: MetricValue) -> dict[str, Any]:
    return {
        "measurement": measurement,
        "metric": value.metric,
        "value": value.value,
        "low": value.low,
        "high": value.high,
        "level": value.level,
        "absent_reason": value.absent_reason,
        "processes": value.processes,
    }


def _values_of(outcome: Outcome) -> tuple[MetricValue, ...]:
    return outcome.values if isinstance(outcome, Success) else ()


def _measurement_row(id_: str, measurement: Measurement) -> dict[str, Any]:
    return {
        "id": id_,
        "workload": measurement.workload.id,
        "configuration": measurement.configuration.id,
        "target": measurement.target.id,
        "environment": measurement.environment.id,
        "artefact": measurement.artefact.id if measurement.artefact else None,
        "provenance": measurement.provenance,
        "protocol": measurement.protocol,
        "protocol_version": measurement.protocol_version,
        "measured_at": measurement.measured_at,
        "source": measurement.source,
        "published_table": measurement.published_table,
        "status": measurement.status,
        **_outcome_columns(measurement.outcome),
    }


def _outcome_columns(outcome: Outcome) -> dict[str, Any]:
    """The columns of both outcomes. What an outcome does not have is empty."""
    failure = outcome if isinstance(outcome, Failure) else None
    success = outcome if isinstance(outcome, Success) else Success()
    return {
        "reason": failure.reason if failure else None,
        "detail": _text(failure.detail) if failure else None,
        "doubts": success.doubts,
        "interval_target_met": success.interval_target_met,
        "samples": [asdict(sample) for sample in success.samples],
        "set_aside": [asdict(sample) for sample in success.set_aside] or None,
    }


def _text(words: str | None) -> str | None:
    """What crashed processes leave may hold zero bytes, which PostgreSQL does not store."""
    return None if words is None else words.replace("\0", "\N{REPLACEMENT CHARACTER}")
