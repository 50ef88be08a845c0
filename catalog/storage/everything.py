"""The whole catalog in a fixed order, for exports."""

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Select, select

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.storage.database import ReadSession
from catalog.storage.mapping import (
    accuracy_from_row,
    architecture_from_row,
    checkpoint_from_row,
    counted_from_row,
    target_from_row,
)
from catalog.storage.measurements.finding import joined_measurements, measurements_of
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
    yield from _measurements(session, select(MeasurementRow.id))


def everything_of(
    session: ReadSession, target: str
) -> Iterable[Architecture | Checkpoint | Accuracy | Target | CountedWorkload | Measurement]:
    """The measurements of the target with this id, and what they refer to, in the order of `everything`."""
    of_target = MeasurementRow.target == target
    workload_ids = select(MeasurementRow.workload).where(of_target).distinct()
    workloads = select(WorkloadRow).where(WorkloadRow.id.in_(workload_ids))
    counted = sorted(map(counted_from_row, session.scalars(workloads)), key=attrgetter("workload.id"))
    names = select(WorkloadRow.architecture).where(WorkloadRow.id.in_(workload_ids))
    architectures = session.scalars(select(ArchitectureRow).where(ArchitectureRow.name.in_(names)))
    yield from sorted(map(architecture_from_row, architectures), key=attrgetter("name"))
    yield from map(target_from_row, session.scalars(select(TargetRow).where(TargetRow.id == target)))
    yield from counted
    yield from _measurements(session, select(MeasurementRow.id).where(of_target))


def _measurements(session: ReadSession, selected: Select[str]) -> Iterable[Measurement]:
    # All ids are few bytes. The measurements themselves are read a part at a time.
    ids = session.scalars(selected.order_by(MeasurementRow.arrival)).all()
    for begin in range(0, len(ids), _MEASUREMENTS_TOGETHER):
        of_part = ids[begin : begin + _MEASUREMENTS_TOGETHER]
        yield from measurements_of(
            session,
            joined_measurements().where(MeasurementRow.id.in_(of_part)).order_by(MeasurementRow.arrival),
            with_samples=True,
            with_node_profiles=True,
            as_they_came=True,
        )
