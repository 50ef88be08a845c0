"""All that the catalog knows of one architecture."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from catalog.entities.estimates import Estimate, EstimateBasis
from catalog.entities.identity import architecture_of, is_checkpoint_name
from catalog.entities.measurements import Measurement
from catalog.entities.networks import (
    Accuracy,
    Architecture,
    Backbone,
    Checkpoint,
    CountedWorkload,
    Workload,
)
from catalog.storage.database import ReadSession
from catalog.storage.estimates import find_bases, find_estimates
from catalog.storage.facts.facts import imported_checkpoints
from catalog.storage.mapping import (
    accuracy_from_row,
    architecture_from_row,
    checkpoint_from_row,
    counted_from_row,
)
from catalog.storage.measurements.block_counts import block_counts
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.metric_columns import FILE_BYTES
from catalog.storage.tables import AccuracyRow, ArchitectureRow, CheckpointRow, WorkloadRow

# What timm calls networks that it built anew to fit weights from TensorFlow and JAX.
_PORTS = ("tf_{}", "{}_jx")


@dataclass(frozen=True)
class Card:
    """All that the catalog knows of one architecture. `workloads` and `file_bytes` need no target.

    `file_bytes` is the size of the fp32 file that each workload is deployed as, by its id, where one was made
    here.
    `blocks` is how many blocks of calls the measurements have, by id, where they have any.
    `estimates` are those of the cases that were not measured, by target and case.
    `pretrained_twin` is the same network under another name, which has the weights that this name lacks.
    `imported` names the import that added or changed a checkpoint, by its name.
    """

    architecture: Architecture
    workloads: tuple[CountedWorkload, ...]
    file_bytes: Mapping[str, int]
    checkpoints: tuple[Checkpoint, ...]
    accuracies: tuple[Accuracy, ...]
    measurements: tuple[Measurement, ...]
    blocks: Mapping[str, int] = field(default_factory=dict)
    estimates: tuple[tuple[EstimateBasis, Estimate], ...] = ()
    pretrained_twin: str | None = None
    imported: Mapping[str, str] = field(default_factory=dict)

    @property
    def default_workload(self) -> CountedWorkload | None:
        """The deployed workload at the default checkpoint's classes and size, where it was counted."""
        facts = self.architecture
        if facts.num_classes is None or facts.native_size is None:
            return None
        own = Workload(facts.name, facts.num_classes, facts.native_size)
        return next((counted for counted in self.workloads if counted.workload == own), None)


def find_card(session: ReadSession, name: str) -> Card | None:
    """All that is known of the architecture `name`. None where it is unknown."""
    row = session.get(ArchitectureRow, name)
    if row is None:
        return None
    workloads = session.execute(
        select(WorkloadRow, FILE_BYTES).where(WorkloadRow.architecture == name).order_by(WorkloadRow.id)
    ).all()
    checkpoints = session.scalars(
        select(CheckpointRow).where(CheckpointRow.architecture == name).order_by(CheckpointRow.name)
    ).all()
    accuracies = session.scalars(
        select(AccuracyRow)
        .join(CheckpointRow, AccuracyRow.checkpoint == CheckpointRow.name)
        .where(CheckpointRow.architecture == name)
        .order_by(*_key(AccuracyRow))
    )
    measurements = tuple(find_measurements(session, MeasurementQuery(architecture=name)))
    return Card(
        architecture=architecture_from_row(row),
        workloads=tuple(counted_from_row(workload) for workload, _ in workloads),
        file_bytes={workload.id: size for workload, size in workloads if size is not None},
        checkpoints=tuple(checkpoint_from_row(checkpoint) for checkpoint in checkpoints),
        accuracies=tuple(accuracy_from_row(accuracy) for accuracy in accuracies),
        measurements=measurements,
        estimates=_estimates(session, name, measurements),
        blocks=block_counts(session, [measurement.id for measurement in measurements]),
        pretrained_twin=None if checkpoints else _pretrained_twin(session, name),
        imported=imported_checkpoints(session, name),
    )


def _estimates(
    session: ReadSession, name: str, measurements: Iterable[Measurement]
) -> tuple[tuple[EstimateBasis, Estimate], ...]:
    """The estimates of cases without a measurement, each with what it stands on."""
    bases = {basis.target.id: basis for basis in find_bases(session)}
    if not bases:
        return ()
    measured = {(one.target.id, one.workload.id, one.configuration.id) for one in measurements}
    return tuple(
        (bases[target], estimate)
        for target, estimate in find_estimates(session, architecture=name)
        if (target, estimate.workload.id, estimate.configuration.id) not in measured
    )


def _pretrained_twin(session: ReadSession, name: str) -> str | None:
    twins = [template.format(name) for template in _PORTS]
    query = select(CheckpointRow.architecture).where(CheckpointRow.architecture.in_(twins)).limit(1)
    return session.scalar(query)


def find_backbone(session: ReadSession, name: str) -> Backbone | None:
    """The architecture `name`, or that of the checkpoint `name`, with what building it takes, without
    checkpoints. A checkpoint has its own classes and input size. None where that is unknown."""
    row = session.get(ArchitectureRow, architecture_of(name))
    if row is None or row.family is None:
        return None
    weights = session.get(CheckpointRow, name) if is_checkpoint_name(name) else row
    if weights is None or weights.num_classes is None or weights.native_size is None:
        return None
    return Backbone(architecture_from_row(row), (), weights.num_classes, weights.native_size)


def _key(table: Any) -> tuple[Any, ...]:
    return tuple(table.__table__.primary_key)
