"""Facts: architectures, checkpoints, accuracies, targets and workloads.

Facts are merged. What is unknown erases nothing, unless it replaces what was stored. Storing the same fact
twice changes nothing.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import or_, select, update

from catalog.entities.configurations import Target
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload, Workload
from catalog.storage.bulk import insert_new, merge, with_id
from catalog.storage.database import ReadSession, WriteSession
from catalog.storage.mapping import target_from_row
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    CheckpointRow,
    TargetRow,
    WorkloadRow,
)


def find_targets(session: ReadSession) -> list[Target]:
    """Every target, by id."""
    return [target_from_row(row) for row in session.scalars(select(TargetRow).order_by(TargetRow.id))]


def find_target(session: ReadSession, id: str) -> Target | None:  # noqa: A002 - the field's name
    """The target with this id."""
    row = session.get(TargetRow, id)
    return None if row is None else target_from_row(row)


def counted_workloads(session: ReadSession, ids: Iterable[str]) -> set[str]:
    """Which of the workloads were counted, or found uncountable."""
    query = select(WorkloadRow.id).where(
        WorkloadRow.id.in_(list(ids)),
        or_(WorkloadRow.gmacs.is_not(None), WorkloadRow.count_failure.is_not(None)),
    )
    return set(session.scalars(query))


def save_architectures(
    session: WriteSession, architectures: Iterable[Architecture], *, replace: bool = False
) -> None:
    """Insert, or fill in what was unknown. With `replace`, a null erases what was stored."""
    merge(
        session,
        ArchitectureRow,
        [_architecture_row(architecture) for architecture in architectures],
        replace=replace,
    )


def save_checkpoints(
    session: WriteSession, checkpoints: Iterable[Checkpoint], *, replace: bool = False
) -> None:
    """Insert, or fill in what was unknown. With `replace`, a null erases what was stored. The architectures
    of the checkpoints must be stored."""
    merge(
        session, CheckpointRow, [_checkpoint_row(checkpoint) for checkpoint in checkpoints], replace=replace
    )


def save_accuracies(session: WriteSession, accuracies: Iterable[Accuracy]) -> None:
    """Insert or replace. Their checkpoints must be stored."""
    merge(session, AccuracyRow, [vars(accuracy) for accuracy in accuracies])


def save_targets(session: WriteSession, targets: Iterable[Target]) -> None:
    """Insert or replace."""
    merge(session, TargetRow, [vars(target) for target in targets])


def save_workloads(session: WriteSession, counted: Iterable[CountedWorkload]) -> None:
    """Insert, or fill in the counts. They end an earlier failure to count. The architectures of the workloads
    must be stored."""
    merge(session, WorkloadRow, [_counted_row(workload) for workload in counted])
    counted_at_last = WorkloadRow.gmacs.is_not(None) & WorkloadRow.count_failure.is_not(None)
    session.execute(update(WorkloadRow).where(counted_at_last).values(count_failure=None))


def add_workloads(session: WriteSession, workloads: Iterable[Workload]) -> None:
    """Insert those that are not stored, without counts."""
    uncounted = [_counted_row(CountedWorkload(workload, None)) for workload in workloads]
    insert_new(session, WorkloadRow, uncounted)


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
