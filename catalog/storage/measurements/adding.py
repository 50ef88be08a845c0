"""Adding measurements, and removing those of a published table. No measurement is changed.

This is the last gate: what cannot be is refused here, whichever way it came.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, text, update

from catalog.border.checking import refuse_implausible
from catalog.border.names import cleaned
from catalog.entities.measurements import Failure, Measurement, MetricValue, Outcome, Success
from catalog.storage.bulk import chunks, insert_new, with_id
from catalog.storage.changes import targets_changed
from catalog.storage.database import WriteSession
from catalog.storage.facts.facts import add_targets, add_workloads
from catalog.storage.measurements.finding import newest_arrival
from catalog.storage.tables import (
    ArtefactRow,
    ConfigurationRow,
    EnvironmentRow,
    MeasurementRow,
    NodeProfileRow,
    ValueRow,
)
from catalog.words.vocabulary import Provenance


def add_measurements(
    session: WriteSession, measurements: Sequence[Measurement], *, imported_from: str | None = None
) -> int:
    """Add measurements with all that they refer to. Their architectures must be stored. They arrive in their
    order: of a case, the last is the newest. `imported_from` marks them with the import that they came with.

    What is stored of a target, a workload or an artefact stays as it is. Returns how many were new.

    Raises:
        RecordRefused: a measurement is not plausible. Names the field.
    """
    by_id = {measurement.id: with_clean_detail(measurement) for measurement in measurements}
    stored = stored_ids(session, list(by_id))
    refuse_implausible(measurement for id_, measurement in by_id.items() if id_ not in stored)
    last = newest_arrival(session)
    arrivals = {id_: last + place for place, id_ in enumerate(by_id, start=1)}
    # In order of their ids, for the index's sake.
    new = {id_: by_id[id_] for id_ in sorted(by_id.keys() - stored)}
    _add_what_they_refer_to(session, new.values())
    rows = [
        {
            **_measurement_row(id_, measurement),
            "arrival": arrivals[id_],
            "imported_from": imported_from,
        }
        for id_, measurement in new.items()
    ]
    values = [
        _value_row(id_, value)
        for id_, measurement in new.items()
        for value in _values_of(measurement.outcome)
    ]
    insert_new(session, MeasurementRow, rows)
    insert_new(session, ValueRow, values)
    insert_new(session, NodeProfileRow, _node_profile_rows(new))
    targets_changed(session, (measurement.target.id for measurement in new.values()))
    return len(new)


def with_clean_detail(measurement: Measurement) -> Measurement:
    """The measurement, with nothing in the detail of its failure that a terminal obeys. The last output of a
    crashed process may hold zero bytes, which PostgreSQL does not store."""
    if not isinstance(measurement.outcome, Failure):
        return measurement
    clean = replace(measurement.outcome, detail=cleaned(measurement.outcome.detail))
    return replace(measurement, outcome=clean)


def arrive_by_date(session: WriteSession, after: int) -> None:
    """Let the measurements that arrived behind the place `after` have arrived in the order of their dates."""
    query = select(MeasurementRow.id).where(MeasurementRow.arrival > after)
    ids = session.scalars(query.order_by(MeasurementRow.measured_at, MeasurementRow.id)).all()
    free = newest_arrival(session)
    for place, id_ in enumerate(ids, start=free + 1):
        session.execute(update(MeasurementRow).where(MeasurementRow.id == id_).values(arrival=place))


@contextmanager
def loaded_at_once(session: WriteSession) -> Iterator[None]:
    """Within the context, an empty catalog has no indexes of measurements. They are made again at its end,
    which is faster than row by row. A catalog that has measurements keeps its indexes.

    PostgreSQL then counts what its tables hold. By itself it does so within a minute, and plans queries of
    empty tables until then.
    """
    measurements = MeasurementRow.metadata.tables[MeasurementRow.__tablename__]
    indexes = tuple(measurements.indexes) if _is_empty(session) else ()
    for index in indexes:
        index.drop(session.connection())
    yield
    for index in indexes:
        index.create(session.connection())
    if session.connection().dialect.name == "postgresql":
        session.execute(text(f"ANALYZE {', '.join(MeasurementRow.metadata.tables)}"))


def drop_published(session: WriteSession, table: str) -> None:
    """Remove the measurements that were read from any revision of the speed table with this file name."""
    _drop(session, MeasurementRow.published_table == table)


def drop_imported_numbers(session: WriteSession) -> int:
    """Remove the numbers that nobody measured and that an import added. Returns how many measurements."""
    return _drop(
        session,
        and_(MeasurementRow.imported_from.is_not(None), MeasurementRow.provenance != Provenance.MEASURED),
    )


def _drop(session: WriteSession, condition: ColumnElement[bool]) -> int:
    targets_changed(session, session.scalars(select(MeasurementRow.target).where(condition).distinct()))
    ids = select(MeasurementRow.id).where(condition)
    for part in (ValueRow, NodeProfileRow):
        session.execute(delete(part).where(part.measurement.in_(ids)))
    dropped = session.execute(delete(MeasurementRow).where(condition))
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def _add_what_they_refer_to(session: WriteSession, measurements: Collection[Measurement]) -> None:
    # Thousands of measurements share a few of each.
    targets = {measurement.target.id: measurement.target for measurement in measurements}
    workloads = {measurement.workload.id: measurement.workload for measurement in measurements}
    configurations = {measurement.configuration.id: measurement.configuration for measurement in measurements}
    environments = {measurement.environment.id: measurement.environment for measurement in measurements}
    artefacts = dict.fromkeys(measurement.artefact for measurement in measurements if measurement.artefact)
    add_targets(session, targets.values())
    add_workloads(session, workloads.values())
    insert_new(
        session, ConfigurationRow, [with_id(configuration) for configuration in configurations.values()]
    )
    insert_new(session, EnvironmentRow, [with_id(environment) for environment in environments.values()])
    insert_new(
        session,
        ArtefactRow,
        [{**with_id(artefact), "workload": artefact.workload.id} for artefact in artefacts],
    )


def _is_empty(session: WriteSession) -> bool:
    """Whether there is no measurement yet."""
    return session.scalars(select(MeasurementRow.id).limit(1)).first() is None


def stored_ids(session: WriteSession, ids: Sequence[str]) -> set[str]:
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


def _node_profile_rows(measurements: Mapping[str, Measurement]) -> list[dict[str, Any]]:
    """The node profiles of those measurements that have one, by the measurements' ids."""
    return [
        {"measurement": id_, "profile": asdict(measurement.outcome.node_profile)}
        for id_, measurement in measurements.items()
        if isinstance(measurement.outcome, Success) and measurement.outcome.node_profile
    ]


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
        "withdrawn_at": measurement.withdrawn.at if measurement.withdrawn else None,
        "withdrawn_reason": measurement.withdrawn.reason if measurement.withdrawn else None,
        "status": measurement.status,
        **_outcome_columns(measurement.outcome),
    }


def _outcome_columns(outcome: Outcome) -> dict[str, Any]:
    """The columns of both outcomes. What an outcome does not have is empty."""
    failure = outcome if isinstance(outcome, Failure) else None
    success = outcome if isinstance(outcome, Success) else Success()
    return {
        "reason": failure.reason if failure else None,
        "detail": failure.detail if failure else None,
        "doubts": success.doubts,
        "interval_target_met": success.interval_target_met,
        "blocks": sum(len(sample.blocks) for sample in success.samples) or None,
        "samples": [asdict(sample) for sample in success.samples],
        "set_aside": [asdict(sample) for sample in success.set_aside] or None,
    }
