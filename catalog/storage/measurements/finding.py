"""Finding measurements, and the latest outcome of each case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import undefer

from catalog.entities.configurations import Artefact, Environment
from catalog.entities.documents import from_document
from catalog.entities.measurements import (
    Failure,
    LastMeasured,
    Measurement,
    MetricValue,
    Outcome,
    Success,
    Withdrawal,
)
from catalog.entities.node_profiles import NodeProfile
from catalog.storage.bulk import chunks
from catalog.storage.database import ReadSession, WriteSession
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
    NodeProfileRow,
    TargetRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.doubts import Doubt, FailureReason, doubts_of_origin
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Provenance, RuntimeName, Status

_CPUS = ConfigurationRow.threads * ConfigurationRow.clients


@dataclass(frozen=True)
class MeasurementQuery:
    """Filters of `find_measurements`. None lets everything pass. Those that were withdrawn pass where they
    are asked for. `provenance`, `protocol_version`, `device`, `cpus` and `arrived_until` restrict them, too.
    The last is a place in the order of arrival."""

    architecture: str | None = None
    target: str | None = None
    runtime: RuntimeName | None = None
    status: Status | None = None
    withdrawn: bool = False
    provenance: Provenance | None = None
    protocol_version: int | None = None
    device: Device | None = None
    cpus: int | None = None
    arrived_until: int | None = None


def find_places(session: ReadSession, query: MeasurementQuery) -> list[tuple[Device, int]]:
    """On which devices, and on how many CPUs at once, the measurements of the query were taken."""
    statement = (
        select(ConfigurationRow.device, _CPUS)
        .distinct()
        .join(MeasurementRow, MeasurementRow.configuration == ConfigurationRow.id)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .where(*_conditions(query))
    )
    found = session.execute(statement).all()
    return sorted((Device(device), cpus) for device, cpus in found if cpus is not None)


def find_measurements(
    session: ReadSession,
    query: MeasurementQuery,
    *,
    after: str | None = None,
    limit: int | None = None,
    with_samples: bool = False,
    with_node_profiles: bool = False,
) -> list[Measurement]:
    """Measurements, the one that arrived last first. With `after`, those behind the measurement of this id.
    None follow an id that is unknown."""
    statement = (
        joined_measurements().where(*_conditions(query)).order_by(MeasurementRow.arrival.desc()).limit(limit)
    )
    if after is not None:
        place = select(MeasurementRow.arrival).where(MeasurementRow.id == after).scalar_subquery()
        statement = statement.where(MeasurementRow.arrival < place)
    return measurements_of(
        session, statement, with_samples=with_samples, with_node_profiles=with_node_profiles
    )


def measurements_with(session: ReadSession, ids: Sequence[str]) -> dict[str, Measurement]:
    """The measurements of these ids that there are, whole, by their ids."""
    return {
        measurement.id: measurement
        for chunk in chunks(ids)
        for measurement in measurements_of(
            session,
            joined_measurements().where(MeasurementRow.id.in_(chunk)),
            with_samples=True,
            with_node_profiles=True,
        )
    }


def artefacts_with(session: ReadSession, ids: Sequence[str]) -> dict[str, Artefact]:
    """The artefacts of these ids that there are, by their ids."""
    return {
        artefact.id: artefact_from_row(artefact, workload)
        for chunk in chunks(ids)
        for artefact, workload in session.execute(
            select(ArtefactRow, WorkloadRow)
            .join(WorkloadRow, ArtefactRow.workload == WorkloadRow.id)
            .where(ArtefactRow.id.in_(chunk))
        )
    }


def has_measurement(session: ReadSession, id: str) -> bool:  # noqa: A002 - the field's name
    """Whether there is a measurement of this id."""
    return session.scalar(select(MeasurementRow.id).where(MeasurementRow.id == id)) is not None


def newest_arrival(session: ReadSession | WriteSession) -> int:
    """The place of the measurement that arrived last. 0 where there is none."""
    return session.scalar(select(func.max(MeasurementRow.arrival))) or 0


def last_measured(session: ReadSession, target: str) -> list[LastMeasured]:
    """How every case of `target` was measured for the last time, ordered by workload and configuration. What
    was withdrawn was not measured."""
    query = (
        select(
            WorkloadRow,
            ConfigurationRow,
            MeasurementRow.status,
            MeasurementRow.environment,
            MeasurementRow.protocol_version,
            ArtefactRow.toolchain,
            NodeProfileRow.measurement,
        )
        .select_from(MeasurementRow)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .outerjoin(ArtefactRow, MeasurementRow.artefact == ArtefactRow.id)
        .outerjoin(NodeProfileRow, NodeProfileRow.measurement == MeasurementRow.id)
        .where(
            MeasurementRow.target == target,
            MeasurementRow.withdrawn_at.is_(None),
            MeasurementRow.provenance == Provenance.MEASURED,
        )
        .order_by(MeasurementRow.arrival)
    )
    latest = {
        (workload.id, configuration.id): LastMeasured(
            workload_from_row(workload),
            configuration_from_row(configuration),
            Status(status),
            environment,
            protocol_version,
            toolchain,
            profiled is not None,
        )
        for workload, configuration, status, environment, protocol_version, toolchain, profiled in (
            session.execute(query)
        )
    }
    return [latest[key] for key in sorted(latest)]


def joined_measurements() -> Select[*tuple[Any, ...]]:
    """Selects every measurement with the rows that it refers to."""
    return (
        select(MeasurementRow, WorkloadRow, ConfigurationRow, TargetRow, EnvironmentRow, ArtefactRow)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .join(TargetRow, MeasurementRow.target == TargetRow.id)
        .join(EnvironmentRow, MeasurementRow.environment == EnvironmentRow.id)
        .outerjoin(ArtefactRow, MeasurementRow.artefact == ArtefactRow.id)
    )


def measurements_of(
    session: ReadSession,
    statement: Select[*tuple[Any, ...]],
    *,
    with_samples: bool,
    with_node_profiles: bool = False,
    as_they_came: bool = False,
) -> list[Measurement]:
    """The measurements that a `statement` of `joined_measurements` selects, in its order. Those that are
    `as_they_came` lack the doubts that follow from their way into this catalog."""
    if with_samples:
        statement = statement.options(undefer(MeasurementRow.samples), undefer(MeasurementRow.set_aside))
    rows = session.execute(statement).all()
    ids = [row.MeasurementRow.id for row in rows]
    values = _values(session, ids)
    profiles = _node_profiles(session, ids) if with_node_profiles else {}
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
            withdrawn=_withdrawal(row.MeasurementRow),
            outcome=_outcome(
                row.MeasurementRow,
                values.get(row.MeasurementRow.id, ()),
                profiles.get(row.MeasurementRow.id),
                () if as_they_came else _doubts_of_origin(row.MeasurementRow),
                with_samples=with_samples,
            ),
        )
        for row in rows
    ]


def _conditions(query: MeasurementQuery) -> list[ColumnElement[bool]]:
    filters = {
        WorkloadRow.architecture: query.architecture,
        MeasurementRow.target: query.target,
        ConfigurationRow.runtime: query.runtime,
        MeasurementRow.status: query.status,
        MeasurementRow.provenance: query.provenance,
        MeasurementRow.protocol_version: query.protocol_version,
        ConfigurationRow.device: query.device,
        _CPUS: query.cpus,
    }
    conditions = [column == value for column, value in filters.items() if value is not None]
    if query.arrived_until is not None:
        conditions.append(MeasurementRow.arrival <= query.arrived_until)
    return conditions if query.withdrawn else [*conditions, MeasurementRow.withdrawn_at.is_(None)]


def _withdrawal(row: MeasurementRow) -> Withdrawal | None:
    if row.withdrawn_at is None:
        return None
    return Withdrawal(row.withdrawn_reason or "", row.withdrawn_at)


def _doubts_of_origin(row: MeasurementRow) -> tuple[Doubt, ...]:
    return doubts_of_origin(Provenance(row.provenance), row.imported_from)


def _outcome(
    row: MeasurementRow,
    values: tuple[MetricValue, ...],
    node_profile: NodeProfile | None,
    of_origin: tuple[Doubt, ...],
    *,
    with_samples: bool,
) -> Outcome:
    if row.reason is not None:
        return Failure(FailureReason(row.reason), row.detail)
    return Success(
        values=values,
        doubts=(*(Doubt(doubt) for doubt in row.doubts), *of_origin),
        samples=samples_from_row(row.samples) if with_samples else (),
        set_aside=samples_from_row(row.set_aside) if with_samples else (),
        interval_target_met=row.interval_target_met,
        node_profile=node_profile,
    )


def _values(session: ReadSession, ids: Sequence[str]) -> dict[str, tuple[MetricValue, ...]]:
    values: dict[str, tuple[MetricValue, ...]] = {}
    for chunk in chunks(ids):
        query = (
            select(ValueRow)
            .where(ValueRow.measurement.in_(chunk))
            .order_by(ValueRow.measurement, ValueRow.metric)
        )
        for row in session.scalars(query):
            value = MetricValue(
                *(Metric(row.metric), row.value, row.low, row.high, row.level),
                *(row.absent_reason, row.processes, row.degrees_of_freedom),
            )
            values[row.measurement] = (*values.get(row.measurement, ()), value)
    return values


def _node_profiles(session: ReadSession, ids: Sequence[str]) -> dict[str, NodeProfile]:
    """The node profiles of those of the measurements that have one."""
    return {
        row.measurement: from_document(NodeProfile, row.profile)
        for chunk in chunks(ids)
        for row in session.scalars(select(NodeProfileRow).where(NodeProfileRow.measurement.in_(chunk)))
    }
