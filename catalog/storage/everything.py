"""The whole catalog in a fixed order, for exports."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import undefer

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.storage.database import ReadSession
from catalog.storage.finding_measurements import joined_measurements, measurements_of
from catalog.storage.mapping import (
    accuracy_from_row,
    architecture_from_row,
    checkpoint_from_row,
    counted_from_row,
    target_from_row,
)
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    CheckpointRow,
    MeasurementRow,
    TargetRow,
    WorkloadRow,
)


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
    while page := measurements_of(
        session,
        joined_measurements()
        .where(MeasurementRow.id > after)
        .order_by(MeasurementRow.id)
        .limit(200)
        .options(undefer(MeasurementRow.samples), undefer(MeasurementRow.set_aside)),
        with_samples=True,
    ):
        yield from page
        after = page[-1].id
