"""Every write to the catalog. Facts are merged (an unknown never erases a known), measurements are only
ever added, and storing the same thing twice changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from catalog.database import WriteSession
from catalog.entities import (
    Accuracy,
    Architecture,
    Checkpoint,
    CountedWorkload,
    Measurement,
    PendingSample,
    Target,
    Workload,
)
from catalog.tables import (
    AccuracyRow,
    ArchitectureRow,
    ArtefactRow,
    CheckpointRow,
    ConfigurationRow,
    EnvironmentRow,
    MeasurementRow,
    PendingSampleRow,
    Table,
    TargetRow,
    ValueRow,
    WorkloadRow,
)

_ROWS_PER_STATEMENT = 500

Row = Mapping[str, Any]
_T = TypeVar("_T")


def save_architectures(session: WriteSession, architectures: Iterable[Architecture]) -> None:
    """Insert, or fill in what was unknown."""
    _merge(session, ArchitectureRow, [asdict(architecture) for architecture in architectures])


def save_checkpoints(session: WriteSession, checkpoints: Iterable[Checkpoint]) -> None:
    """Insert, or fill in what was unknown. Their architectures must be stored."""
    _merge(session, CheckpointRow, [asdict(checkpoint) for checkpoint in checkpoints])


def save_accuracies(session: WriteSession, accuracies: Iterable[Accuracy]) -> None:
    """Insert or replace. Their checkpoints must be stored."""
    _merge(session, AccuracyRow, [asdict(accuracy) for accuracy in accuracies])


def save_targets(session: WriteSession, targets: Iterable[Target]) -> None:
    """Insert or replace."""
    _merge(session, TargetRow, [asdict(target) for target in targets])


def save_workloads(session: WriteSession, counted: Iterable[CountedWorkload]) -> None:
    """Insert, or fill in the counts, which end an earlier failure to count. Their architectures must be
    stored."""
    _merge_workloads(session, [_counted_row(one) for one in counted])


def add_measurements(session: WriteSession, measurements: Sequence[Measurement]) -> int:
    """Add measurements with all that they refer to; returns how many were new.

    Their architectures must be stored.
    """
    ids = [measurement.id for measurement in measurements]
    known = _known(session, ids)
    new = list({one.id: one for one in measurements if one.id not in known}.values())
    artefacts = [one.artefact for one in new if one.artefact is not None]
    save_targets(session, [one.target for one in new])
    _merge_workloads(session, [_workload_row(one.workload) for one in new])
    _merge(session, ConfigurationRow, [_with_id(one.configuration) for one in new])
    _merge(session, EnvironmentRow, [_with_id(one.environment) for one in new])
    _merge(
        session,
        ArtefactRow,
        [{**_with_id(artefact), "workload": artefact.workload.id} for artefact in artefacts],
    )
    _insert(session, MeasurementRow, [_measurement_row(one) for one in new])
    _insert(
        session,
        ValueRow,
        [{"measurement": one.id, **asdict(value)} for one in new for value in one.values],
    )
    return len(new)


def add_pending(session: WriteSession, samples: Iterable[PendingSample]) -> None:
    """Keep samples of unfinished cases."""
    for sample in samples:
        session.execute(insert(PendingSampleRow).values(**asdict(sample)))


def drop_pending(session: WriteSession, case: PendingSample) -> None:
    """Forget the samples of the case, whatever their environment and protocol."""
    session.execute(
        delete(PendingSampleRow).where(
            PendingSampleRow.workload == case.workload,
            PendingSampleRow.configuration == case.configuration,
            PendingSampleRow.target == case.target,
        )
    )


def _known(session: WriteSession, ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for chunk in _chunks(ids):
        known.update(session.scalars(select(MeasurementRow.id).where(MeasurementRow.id.in_(chunk))))
    return known


def _with_id(entity: Any) -> dict[str, Any]:
    return {"id": entity.id, **asdict(entity)}


def _workload_row(workload: Workload) -> dict[str, Any]:
    return _counted_row(CountedWorkload(workload, None))


def _counted_row(counted: CountedWorkload) -> dict[str, Any]:
    counts = asdict(counted.counts) if counted.counts else {}
    return {
        **_with_id(counted.workload),
        "params_m": counts.get("params_m"),
        "gmacs": counts.get("gmacs"),
        "activations_m": counts.get("activations_m"),
        "operators": counts.get("operators"),
        "count_failure": counted.count_failure,
    }


def _measurement_row(measurement: Measurement) -> dict[str, Any]:
    return {
        "id": measurement.id,
        "workload": measurement.workload.id,
        "configuration": measurement.configuration.id,
        "target": measurement.target.id,
        "environment": measurement.environment.id,
        "artefact": measurement.artefact.id if measurement.artefact else None,
        "provenance": measurement.provenance,
        "status": measurement.status,
        "reason": measurement.reason,
        "detail": _text(measurement.detail),
        "protocol": measurement.protocol,
        "measured_at": measurement.measured_at,
        "source": measurement.source,
        "doubts": list(measurement.doubts),
        "samples": [asdict(sample) for sample in measurement.samples],
    }


def _text(words: str | None) -> str | None:
    """What crashed processes leave may hold zero bytes, which PostgreSQL does not store."""
    return None if words is None else words.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _merge_workloads(session: WriteSession, rows: Sequence[Row]) -> None:
    _merge(session, WorkloadRow, rows)
    counted = WorkloadRow.gmacs.is_not(None) & WorkloadRow.count_failure.is_not(None)
    session.execute(update(WorkloadRow).where(counted).values(count_failure=None))


def _merge(session: WriteSession, table: type[Table], rows: Sequence[Row]) -> None:
    """Insert; where the key exists, take the new row's values but keep the old for its nulls."""
    upsert = _dialect(session).insert
    keys = [column.name for column in table.__table__.primary_key]
    unique: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        known = unique.setdefault(tuple(row[key] for key in keys), dict(row))
        known.update({name: value for name, value in row.items() if value is not None})
    others = [column.name for column in table.__table__.columns if column.name not in keys]
    for chunk in _chunks(unique.values()):
        statement = upsert(table.__table__)
        merged = {name: func.coalesce(statement.excluded[name], table.__table__.c[name]) for name in others}
        session.execute(statement.on_conflict_do_update(index_elements=keys, set_=merged), list(chunk))


def _insert(session: WriteSession, table: type[Table], rows: Sequence[Row]) -> None:
    upsert = _dialect(session).insert
    for chunk in _chunks(rows):
        session.execute(upsert(table.__table__).on_conflict_do_nothing(), list(chunk))


def _dialect(session: WriteSession) -> Any:
    return {"sqlite": sqlite, "postgresql": postgresql}[session.get_bind().dialect.name]


def _chunks(items: Iterable[_T]) -> Iterable[Sequence[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _ROWS_PER_STATEMENT)):
        yield chunk
