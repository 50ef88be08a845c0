"""The whole catalog in a fixed order, for exports."""

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import select

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

# Their samples are in memory together.
_MEASUREMENTS_TOGETHER = 200


def everything(
    session: ReadSession,
) -> Iterable[Architecture | Checkpoint | Accuracy | Target | CountedWorkload | Measurement]:
    """All of the catalog. Measurements are ordered by their arrival, each other kind by its key. A record
    comes after all that it refers to."""
    # Sorted here, because databases differ in how they order text.
    architectures = map(architecture_from_row, session.scalars(select(ArchitectureRow)))
    yield from sorted(architectures, key=attrgetter("name"))
    checkpoints = map(checkpoint_from_row, session.scalars(select(CheckpointRow)))
    yield from sorted(checkpoints, key=attrgetter("name"))
    accuracies = map(accuracy_from_row, session.scalars(select(AccuracyRow)))
    key = attrgetter("checkpoint", "dataset", "input_size", "crop_pct", "interpolation", "precision")
    yield from sorted(accuracies, key=key)
    targets = map(target_from_row, session.scalars(select(TargetRow)))
    yield from sorted(targets, key=attrgetter("id"))
    workloads = map(counted_from_row, session.scalars(select(WorkloadRow)))
    yield from sorted(workloads, key=attrgetter("workload.id"))
    # All ids are few bytes. The measurements themselves are read a part at a time.
    ids = session.scalars(select(MeasurementRow.id).order_by(MeasurementRow.arrival)).all()
    for begin in range(0, len(ids), _MEASUREMENTS_TOGETHER):
        of_part = ids[begin : begin + _MEASUREMENTS_TOGETHER]
        yield from measurements_of(
            session,
            joined_measurements().where(MeasurementRow.id.in_(of_part)).order_by(MeasurementRow.arrival),
            with_samples=True,
            with_node_profiles=True,
        )
