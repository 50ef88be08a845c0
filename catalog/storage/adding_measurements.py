"""Adding measurements, and removing those of a published table. No measurement is changed."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select

from catalog.entities.measurements import Failure, Measurement, MetricValue, Outcome, Success
from catalog.storage.bulk import chunks, insert_new, merge, with_id
from catalog.storage.database import WriteSession
from catalog.storage.facts import add_workloads, save_targets
from catalog.storage.tables import (
    ArtefactRow,
    ConfigurationRow,
    EnvironmentRow,
    MeasurementRow,
    ValueRow,
)


def add_measurements(session: WriteSession, measurements: Sequence[Measurement]) -> int:
    """Add measurements with all that they refer to. Their architectures must be stored.

    Returns how many were new.
    """
    by_id = {measurement.id: measurement for measurement in measurements}
    stored = _stored(session, list(by_id))
    # In order of their ids, for the index's sake.
    new = {id_: by_id[id_] for id_ in sorted(by_id.keys() - stored)}
    _add_what_they_refer_to(session, new.values())
    rows = [_measurement_row(id_, measurement) for id_, measurement in new.items()]
    values = [
        _value_row(id_, value)
        for id_, measurement in new.items()
        for value in _values_of(measurement.outcome)
    ]
    insert_new(session, MeasurementRow, rows)
    insert_new(session, ValueRow, values)
    return len(new)


@contextmanager
def indexed_at_once(session: WriteSession) -> Iterator[None]:
    """Within the context, an empty catalog has no indexes of measurements. They are made again at its end,
    which is faster than row by row. A catalog that has measurements keeps its indexes."""
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


def _add_what_they_refer_to(session: WriteSession, measurements: Collection[Measurement]) -> None:
    # Thousands of measurements share a few of each.
    targets = {measurement.target.id: measurement.target for measurement in measurements}
    workloads = {measurement.workload.id: measurement.workload for measurement in measurements}
    configurations = {measurement.configuration.id: measurement.configuration for measurement in measurements}
    environments = {measurement.environment.id: measurement.environment for measurement in measurements}
    artefacts = dict.fromkeys(measurement.artefact for measurement in measurements if measurement.artefact)
    save_targets(session, targets.values())
    add_workloads(session, workloads.values())
    merge(session, ConfigurationRow, [with_id(configuration) for configuration in configurations.values()])
    merge(session, EnvironmentRow, [with_id(environment) for environment in environments.values()])
    merge(
        session,
        ArtefactRow,
        [{**with_id(artefact), "workload": artefact.workload.id} for artefact in artefacts],
    )


def _is_empty(session: WriteSession) -> bool:
    """Whether there is no measurement yet."""
    return session.scalars(select(MeasurementRow.id).limit(1)).first() is None


def _stored(session: WriteSession, ids: Sequence[str]) -> set[str]:
    """Which of the `ids` are those of stored measurements."""
    stored: set[str] = set()
    if _is_empty(session):
        return stored
    for chunk in chunks(ids):
        stored.update(session.scalars(select(MeasurementRow.id).where(MeasurementRow.id.in_(chunk))))
    return stored


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
        "degrees_of_freedom": value.degrees_of_freedom,
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
        "detail": _without_zero_bytes(failure.detail) if failure else None,
        "doubts": success.doubts,
        "interval_target_met": success.interval_target_met,
        "samples": [asdict(sample) for sample in success.samples],
        "set_aside": [asdict(sample) for sample in success.set_aside] or None,
    }


def _without_zero_bytes(text: str | None) -> str | None:
    """The last output of a crashed process may hold zero bytes, which PostgreSQL does not store."""
    return None if text is None else text.replace("\0", "\N{REPLACEMENT CHARACTER}")
