"""The estimates of a target: replaced as a whole, and read with what they stand on."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select

from catalog.entities.configurations import Configuration
from catalog.entities.documents import from_document
from catalog.entities.estimates import Estimate, EstimateBasis, EstimatorAccuracy
from catalog.entities.networks import Workload
from catalog.storage.bulk import insert_new, with_id
from catalog.storage.changes import targets_changed
from catalog.storage.database import ReadSession, WriteSession
from catalog.storage.facts.facts import add_workloads, save_targets
from catalog.storage.mapping import configuration_from_row, target_from_row, workload_from_row
from catalog.storage.tables import (
    ConfigurationRow,
    EstimateBasisRow,
    EstimateRow,
    TargetRow,
    WorkloadRow,
)
from catalog.words.metrics import Metric


def replace_estimates(session: WriteSession, basis: EstimateBasis, estimates: Sequence[Estimate]) -> None:
    """Put the estimates in the place of all that the target had. Their architectures must be stored."""
    drop_estimates(session, basis.target.id)
    workloads: dict[str, Workload] = {one.workload.id: one.workload for one in estimates}
    configurations: dict[str, Configuration] = {one.configuration.id: one.configuration for one in estimates}
    save_targets(session, [basis.target])
    add_workloads(session, workloads.values())
    insert_new(session, ConfigurationRow, [with_id(one) for one in configurations.values()])
    insert_new(session, EstimateBasisRow, [_basis_row(basis)])
    insert_new(session, EstimateRow, [_row(basis.target.id, one) for one in estimates])


def drop_estimates(session: WriteSession, target: str) -> None:
    """Remove the estimates of the target with the id `target`, and what they stand on."""
    targets_changed(session, [target])
    session.execute(delete(EstimateRow).where(EstimateRow.target == target))
    session.execute(delete(EstimateBasisRow).where(EstimateBasisRow.target == target))


def find_basis(session: ReadSession, target: str) -> EstimateBasis | None:
    """What the estimates of the target with the id `target` stand on. None where it has none."""
    row = session.get(EstimateBasisRow, target)
    return None if row is None else _basis(session, row)


def find_bases(session: ReadSession) -> list[EstimateBasis]:
    """What the estimates of each target stand on, by the targets' ids."""
    rows = session.scalars(select(EstimateBasisRow).order_by(EstimateBasisRow.target))
    return [_basis(session, row) for row in rows]


def find_estimates(
    session: ReadSession, target: str | None = None, architecture: str | None = None
) -> list[tuple[str, Estimate]]:
    """Estimates with their targets' ids, by target, workload, configuration and metric. None lets all
    pass."""
    query = (
        select(EstimateRow, WorkloadRow, ConfigurationRow)
        .join(WorkloadRow, EstimateRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, EstimateRow.configuration == ConfigurationRow.id)
    )
    if target is not None:
        query = query.where(EstimateRow.target == target)
    if architecture is not None:
        query = query.where(WorkloadRow.architecture == architecture)
    rows = session.execute(query).all()
    estimates = [
        (
            row.EstimateRow.target,
            Estimate(
                workload=workload_from_row(row.WorkloadRow),
                configuration=configuration_from_row(row.ConfigurationRow),
                metric=Metric(row.EstimateRow.metric),
                value=row.EstimateRow.value,
                low=row.EstimateRow.low,
                high=row.EstimateRow.high,
                level=row.EstimateRow.level,
                absent_reason=row.EstimateRow.absent_reason,
            ),
        )
        for row in rows
    ]
    # Sorted here, because databases differ in how they order text.
    return sorted(
        estimates, key=lambda one: (one[0], one[1].workload.id, one[1].configuration.id, one[1].metric)
    )


def _basis(session: ReadSession, row: EstimateBasisRow) -> EstimateBasis:
    target = session.get_one(TargetRow, row.target)
    return EstimateBasis(
        target=target_from_row(target),
        estimator=row.estimator,
        computed_at=row.computed_at,
        measurements=tuple(row.measurements),
        accuracies=tuple(from_document(EstimatorAccuracy, one) for one in row.accuracies),
    )


def _basis_row(basis: EstimateBasis) -> dict[str, Any]:
    return {
        "target": basis.target.id,
        "estimator": basis.estimator,
        "computed_at": basis.computed_at,
        "measurements": list(basis.measurements),
        "accuracies": [asdict(one) for one in basis.accuracies],
    }


def _row(target: str, estimate: Estimate) -> dict[str, Any]:
    return {
        "target": target,
        "workload": estimate.workload.id,
        "configuration": estimate.configuration.id,
        "metric": estimate.metric,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "level": estimate.level,
        "absent_reason": estimate.absent_reason,
    }
