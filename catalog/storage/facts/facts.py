"""Facts: architectures, checkpoints, accuracies, targets and workloads.

Facts are merged. What is unknown erases nothing, unless it replaces what was stored. Storing the same fact
twice changes nothing. Rows that an import adds or changes are marked with it: `imported_from` is a text for
people. Replacing a row takes the mark away.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from sqlalchemy import delete, exists, or_, select, update

from catalog.entities.configurations import Target
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload, Workload
from catalog.storage.bulk import Row, chunks, insert_new, merge, with_id
from catalog.storage.changes import facts_changed
from catalog.storage.database import ReadSession, WriteSession, held, held_while
from catalog.storage.mapping import target_from_row, workload_from_row
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    CheckpointRow,
    FactRow,
    MeasurementRow,
    TargetRow,
    WorkloadRow,
)
from catalog.words.vocabulary import Device, Provenance

_TARGETS = f"SELECT id, kind, label, CAST(identity AS TEXT) FROM {TargetRow.__tablename__} ORDER BY id"  # noqa: S608


def _stored_targets(session: ReadSession) -> Hashable:
    """What changes with the targets. At the driver's level, because it is asked after every write."""
    return tuple(session.connection().exec_driver_sql(_TARGETS).all())


@held
def find_targets(session: ReadSession) -> list[Target]:
    """Every target, by id."""
    return _targets(session)


@held_while(_stored_targets)
def _targets(session: ReadSession) -> list[Target]:
    return [target_from_row(row) for row in session.scalars(select(TargetRow).order_by(TargetRow.id))]


def find_target(session: ReadSession, id: str) -> Target | None:  # noqa: A002 - the field's name
    """The target with this id."""
    return next((target for target in find_targets(session) if target.id == id), None)


def published_targets(session: ReadSession, kind: Device) -> set[str]:
    """The ids of the targets of this kind that have published measurements."""
    published = exists().where(
        MeasurementRow.target == TargetRow.id, MeasurementRow.provenance == Provenance.PUBLISHED
    )
    return set(session.scalars(select(TargetRow.id).where(TargetRow.kind == kind, published)))


def find_workloads(session: ReadSession, ids: Iterable[str]) -> dict[str, Workload]:
    """The workloads with these ids, by id."""
    query = select(WorkloadRow).where(WorkloadRow.id.in_(list(ids)))
    return {row.id: workload_from_row(row) for row in session.scalars(query)}


def counted_workloads(session: ReadSession, ids: Iterable[str]) -> set[str]:
    """Which of the workloads were counted, or found uncountable."""
    query = select(WorkloadRow.id).where(
        WorkloadRow.id.in_(list(ids)),
        or_(WorkloadRow.gmacs.is_not(None), WorkloadRow.count_failure.is_not(None)),
    )
    return set(session.scalars(query))


def save_architectures(
    session: WriteSession,
    architectures: Iterable[Architecture],
    *,
    replace: bool = False,
    imported_from: str | None = None,
) -> None:
    """Insert, or fill in what was unknown. With `replace`, a null erases what was stored."""
    rows = [_architecture_row(architecture) for architecture in architectures]
    _merge_facts(session, ArchitectureRow, rows, replace=replace, imported_from=imported_from)


def save_checkpoints(
    session: WriteSession,
    checkpoints: Iterable[Checkpoint],
    *,
    replace: bool = False,
    imported_from: str | None = None,
) -> None:
    """Insert, or fill in what was unknown. With `replace`, a null erases what was stored. The architectures
    of the checkpoints must be stored."""
    rows = [_checkpoint_row(checkpoint) for checkpoint in checkpoints]
    _merge_facts(session, CheckpointRow, rows, replace=replace, imported_from=imported_from)


def save_accuracies(
    session: WriteSession,
    accuracies: Iterable[Accuracy],
    *,
    replace: bool = False,
    imported_from: str | None = None,
) -> None:
    """Insert or replace. Their checkpoints must be stored."""
    rows = [vars(accuracy) for accuracy in accuracies]
    _merge_facts(session, AccuracyRow, rows, replace=replace, imported_from=imported_from)


def save_targets(
    session: WriteSession,
    targets: Iterable[Target],
    *,
    replace: bool = False,
    imported_from: str | None = None,
) -> None:
    """Insert or replace."""
    rows = [vars(target) for target in targets]
    merge(session, TargetRow, rows, replace=replace, imported_from=imported_from)


def save_workloads(
    session: WriteSession,
    counted: Iterable[CountedWorkload],
    *,
    replace: bool = False,
    imported_from: str | None = None,
) -> None:
    """Insert, or fill in the counts. They end an earlier failure to count. With `replace`, a null erases what
    was stored. The architectures of the workloads must be stored."""
    rows = [_counted_row(workload) for workload in counted]
    _merge_facts(session, WorkloadRow, rows, replace=replace, imported_from=imported_from)
    counted_at_last = WorkloadRow.gmacs.is_not(None) & WorkloadRow.count_failure.is_not(None)
    session.execute(update(WorkloadRow).where(counted_at_last).values(count_failure=None))


def add_workloads(session: WriteSession, workloads: Iterable[Workload]) -> None:
    """Insert those that are not stored, without counts."""
    add_counted_workloads(session, [CountedWorkload(workload, None) for workload in workloads])


def add_counted_workloads(
    session: WriteSession, counted: Iterable[CountedWorkload], *, imported_from: str | None = None
) -> None:
    """Insert those that are not stored. The architectures of the workloads must be stored."""
    rows = [{**_counted_row(workload), "imported_from": imported_from} for workload in counted]
    insert_new(session, WorkloadRow, rows)


def add_architectures(
    session: WriteSession, architectures: Iterable[Architecture], *, imported_from: str | None = None
) -> None:
    """Insert those that are not stored."""
    new = {one.name: one for one in architectures}
    for names in chunks(list(new)):
        for name in session.scalars(select(ArchitectureRow.name).where(ArchitectureRow.name.in_(names))):
            del new[name]
    rows = [{**_architecture_row(one), "imported_from": imported_from} for one in new.values()]
    insert_new(session, ArchitectureRow, rows)
    if rows:
        facts_changed(session)


def add_targets(
    session: WriteSession, targets: Iterable[Target], *, imported_from: str | None = None
) -> None:
    """Insert those that are not stored."""
    insert_new(session, TargetRow, [{**vars(target), "imported_from": imported_from} for target in targets])


def imported_checkpoints(session: ReadSession, architecture: str) -> dict[str, str]:
    """The import that stored or changed each checkpoint of the architecture or an accuracy of it, by the name
    of the checkpoint. One that no import touched is absent."""
    own = select(CheckpointRow.name, CheckpointRow.imported_from).where(
        CheckpointRow.architecture == architecture, CheckpointRow.imported_from.is_not(None)
    )
    of_accuracies = (
        select(AccuracyRow.checkpoint, AccuracyRow.imported_from)
        .join(CheckpointRow, AccuracyRow.checkpoint == CheckpointRow.name)
        .where(CheckpointRow.architecture == architecture, AccuracyRow.imported_from.is_not(None))
    )
    return {
        name: source for query in (of_accuracies, own) for name, source in session.execute(query) if source
    }


def drop_imported_facts(session: WriteSession) -> int:
    """Remove the accuracies that an import added or changed, and the checkpoints that are left without any
    and that an import added. Returns how many rows. What an import changed of other rows is for
    `catalog.reference.tables.loading` to replace."""
    facts_changed(session)
    accuracies = session.execute(delete(AccuracyRow).where(AccuracyRow.imported_from.is_not(None)))
    evaluated = select(AccuracyRow.checkpoint)
    checkpoints = session.execute(
        delete(CheckpointRow).where(
            CheckpointRow.imported_from.is_not(None), CheckpointRow.name.not_in(evaluated)
        )
    )
    return int(accuracies.rowcount + checkpoints.rowcount)  # type: ignore[attr-defined]


def _merge_facts(session: WriteSession, table: type[FactRow], rows: Sequence[Row], **options: Any) -> None:
    if rows:
        merge(session, table, rows, **options)
        facts_changed(session)


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
        **with_id(counted.workload),
        "params_m": counts.get("params_m"),
        "gmacs": counts.get("gmacs"),
        "activations_m": counts.get("activations_m"),
        "operators": counts.get("operators"),
        "operator_calls": counts.get("operator_calls") or None,
        "weights_bytes": counts.get("weights_bytes"),
        "count_failure": counted.count_failure,
        "source": counted.source,
    }
