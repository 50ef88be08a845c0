"""Every write to the catalog. Facts are merged (an unknown never erases a known), measurements are only
ever added, and storing the same thing twice changes nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Dialect, Float, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from catalog.database import WriteSession
from catalog.entities import (
    Accuracy,
    Architecture,
    Checkpoint,
    CountedWorkload,
    Measurement,
    MetricValue,
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
from catalog.vocabulary import Provenance

_ROWS_PER_STATEMENT = 500

Row = Mapping[str, Any]
_T = TypeVar("_T")


def save_architectures(
    session: WriteSession, architectures: Iterable[Architecture], *, replace: bool = False
) -> None:
    """Insert, or fill in what was unknown; with `replace`, what is unknown now erases what was known."""
    _merge(session, ArchitectureRow, [_architecture_row(one) for one in architectures], replace=replace)


def save_checkpoints(
    session: WriteSession, checkpoints: Iterable[Checkpoint], *, replace: bool = False
) -> None:
    """Insert, or fill in what was unknown; with `replace`, what is unknown now erases what was known. Their
    architectures must be stored."""
    _merge(session, CheckpointRow, [_checkpoint_row(one) for one in checkpoints], replace=replace)


def save_accuracies(session: WriteSession, accuracies: Iterable[Accuracy]) -> None:
    """Insert or replace. Their checkpoints must be stored."""
    _merge(session, AccuracyRow, [vars(accuracy) for accuracy in accuracies])


def save_targets(session: WriteSession, targets: Iterable[Target]) -> None:
    """Insert or replace."""
    _merge(session, TargetRow, [vars(target) for target in targets])


def save_workloads(session: WriteSession, counted: Iterable[CountedWorkload]) -> None:
    """Insert, or fill in the counts, which end an earlier failure to count. Their architectures must be
    stored."""
    _merge(session, WorkloadRow, [_counted_row(one) for one in counted])
    counted_at_last = WorkloadRow.gmacs.is_not(None) & WorkloadRow.count_failure.is_not(None)
    session.execute(update(WorkloadRow).where(counted_at_last).values(count_failure=None))


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
    _add_workloads(session, workloads.values())
    _merge(session, ConfigurationRow, [_with_id(one) for one in configurations.values()])
    _merge(session, EnvironmentRow, [_with_id(one) for one in environments.values()])
    _merge(session, ArtefactRow, [{**_with_id(one), "workload": one.workload.id} for one in artefacts])
    _insert(session, MeasurementRow, [_measurement_row(id_, one) for id_, one in new.items()])
    _insert(
        session,
        ValueRow,
        [_value_row(id_, value) for id_, one in new.items() for value in one.values],
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


def drop_published(session: WriteSession, source_prefix: str) -> None:
    """Remove the published measurements whose source begins so."""
    outdated = (
        MeasurementRow.provenance == Provenance.PUBLISHED,
        MeasurementRow.source.startswith(source_prefix, autoescape=True),
    )
    ids = select(MeasurementRow.id).where(*outdated)
    session.execute(delete(ValueRow).where(ValueRow.measurement.in_(ids)))
    session.execute(delete(MeasurementRow).where(*outdated))


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


def _is_empty(session: WriteSession) -> bool:
    """Whether there is no measurement yet."""
    return session.scalars(select(MeasurementRow.id).limit(1)).first() is None


def _known(session: WriteSession, ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    if _is_empty(session):
        return known
    for chunk in _chunks(ids):
        known.update(session.scalars(select(MeasurementRow.id).where(MeasurementRow.id.in_(chunk))))
    return known


def _with_id(entity: Any) -> dict[str, Any]:
    return {"id": entity.id, **vars(entity)}


def _architecture_row(architecture: Architecture) -> dict[str, Any]:
    return {
        **vars(architecture),
        "tags": list(architecture.tags) or None,
        "stages": [[stage.stride, stage.channels] for stage in architecture.stages] or None,
    }


def _checkpoint_row(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        **vars(checkpoint),
        "training_data": list(checkpoint.training_data) or None,
        "training_methods": list(checkpoint.training_methods) or None,
    }


def _counted_row(counted: CountedWorkload) -> dict[str, Any]:
    counts = vars(counted.counts) if counted.counts else {}
    return {
        **_with_id(counted.workload),
        "params_m": counts.get("params_m"),
        "gmacs": counts.get("gmacs"),
        "activations_m": counts.get("activations_m"),
        "operators": counts.get("operators"),
        "operator_calls": counts.get("operator_calls") or None,
        "weights_bytes": counts.get("weights_bytes"),
        "count_failure": counted.count_failure,
        "source": counted.source,
    }


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


def _measurement_row(id_: str, measurement: Measurement) -> dict[str, Any]:
    return {
        "id": id_,
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
        "doubts": measurement.doubts,
        "precision_met": measurement.precision_met,
        "samples": [asdict(sample) for sample in measurement.samples],
        "set_aside": [asdict(sample) for sample in measurement.set_aside] or None,
    }


def _text(words: str | None) -> str | None:
    """What crashed processes leave may hold zero bytes, which PostgreSQL does not store."""
    return None if words is None else words.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _add_workloads(session: WriteSession, workloads: Iterable[Workload]) -> None:
    """Insert those that are unknown, not counted yet."""
    _insert(session, WorkloadRow, [_counted_row(CountedWorkload(one, None)) for one in workloads])


def _merge(session: WriteSession, table: type[Table], rows: Sequence[Row], *, replace: bool = False) -> None:
    """Insert; where the key exists, take the new row's values but, unless `replace`, keep the old for its
    nulls."""
    upsert = _dialect(session).insert
    keys = [column.name for column in table.__table__.primary_key]
    unique: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        if key in unique:
            unique[key] = {**unique[key], **{name: value for name, value in row.items() if value is not None}}
        else:
            unique[key] = row
    others = [column.name for column in table.__table__.columns if column.name not in keys]
    statement = upsert(table.__table__)
    merged = {
        name: statement.excluded[name]
        if replace
        else func.coalesce(statement.excluded[name], table.__table__.c[name])
        for name in others
    }
    statement = statement.on_conflict_do_update(index_elements=keys, set_=merged)
    _execute(session, statement, table, unique.values())


def _insert(session: WriteSession, table: type[Table], rows: Sequence[Row]) -> None:
    upsert = _dialect(session).insert
    _execute(session, upsert(table.__table__).on_conflict_do_nothing(), table, rows)


def _execute(session: WriteSession, statement: Any, table: type[Table], rows: Iterable[Row]) -> None:
    """Run `statement`, an insert into `table`, for every row; rows hold every column.

    It is what Session.execute does with a list, in a third of the time: the reference tables are 80,000
    rows, and SQLAlchemy prepares the parameters of each by name.
    """
    connection = session.connection()
    columns = table.__table__.columns
    compiled = statement.compile(dialect=connection.dialect, column_keys=[column.name for column in columns])
    names = compiled.positiontup or [column.name for column in columns]
    cells = itemgetter(*names)
    processors = [
        (place, _remembering(process))
        for place, name in enumerate(names)
        if (process := _processor(columns[name].type, connection.dialect)) is not None
    ]

    def parameters(row: Row) -> Any:
        if compiled.positional and not processors:
            return cells(row)
        values = list(cells(row))
        for place, process in processors:
            values[place] = process(values[place])
        return tuple(values) if compiled.positional else dict(zip(names, values, strict=True))

    for chunk in _chunks(rows):
        connection.exec_driver_sql(str(compiled), [parameters(row) for row in chunk])


def _processor(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(type_, Float):
        return None  # it would only make floats of floats
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _remembering(process: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`process`, once for each value: thousands of rows share a few dates and doubts."""
    known: dict[Any, Any] = {}

    def remembered(value: Any) -> Any:
        try:
            return known[value]
        except KeyError:
            known[value] = found = process(value)
            return found
        except TypeError:  # a list or dictionary
            return process(value)

    return remembered


def _dialect(session: WriteSession) -> Any:
    return {"sqlite": sqlite, "postgresql": postgresql}[session.get_bind().dialect.name]


def _chunks(items: Iterable[_T]) -> Iterable[Sequence[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _ROWS_PER_STATEMENT)):
        yield chunk
