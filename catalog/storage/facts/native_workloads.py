"""The workload of each architecture as its default checkpoint is deployed, and others by their ids."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select

from catalog.entities.networks import IMAGE_CHANNELS, CountedWorkload
from catalog.storage.bulk import chunks
from catalog.storage.database import ReadSession
from catalog.storage.mapping import counted_from_row
from catalog.storage.tables import AccuracyRow, ArchitectureRow, CheckpointRow, WorkloadRow
from catalog.words.vocabulary import Form


@dataclass(frozen=True)
class DescribedWorkload:
    """A counted workload with what is known of its architecture."""

    counted: CountedWorkload
    family: str | None
    tags: tuple[str, ...]


def is_default_workload() -> ColumnElement[bool]:
    """Whether a workload is what its architecture deploys by default: the size and classes of its default
    checkpoint."""
    return and_(
        WorkloadRow.architecture == ArchitectureRow.name,
        WorkloadRow.num_classes == ArchitectureRow.num_classes,
        WorkloadRow.input_size == ArchitectureRow.native_size,
        WorkloadRow.in_chans == IMAGE_CHANNELS,
        WorkloadRow.form == Form.DEPLOYED,
    )


def native_workloads(session: ReadSession) -> Sequence[DescribedWorkload]:
    """Those of all architectures that were counted, by name."""
    return _described(session, is_default_workload())


def evaluated_workloads(session: ReadSession) -> Sequence[DescribedWorkload]:
    """The deployed workloads at input sizes at which the accuracy of a checkpoint is published, of those that
    were counted, by name and id."""
    published = (
        select(AccuracyRow.checkpoint)
        .join(CheckpointRow, CheckpointRow.name == AccuracyRow.checkpoint)
        .where(
            CheckpointRow.architecture == WorkloadRow.architecture,
            CheckpointRow.num_classes == WorkloadRow.num_classes,
            AccuracyRow.input_size == WorkloadRow.input_size,
        )
    )
    deployed = and_(WorkloadRow.in_chans == IMAGE_CHANNELS, WorkloadRow.form == Form.DEPLOYED)
    return _described(session, and_(deployed, published.exists()))


def described_workloads(session: ReadSession, ids: Collection[str]) -> Sequence[DescribedWorkload]:
    """Those of the workloads with these ids that were counted, of any form and size, by name and id."""
    return [one for chunk in chunks(sorted(ids)) for one in _described(session, WorkloadRow.id.in_(chunk))]


def _described(session: ReadSession, condition: ColumnElement[bool]) -> Sequence[DescribedWorkload]:
    query = (
        select(WorkloadRow, ArchitectureRow.family, ArchitectureRow.tags)
        .join(ArchitectureRow, ArchitectureRow.name == WorkloadRow.architecture)
        .where(condition, WorkloadRow.gmacs.is_not(None))
    )
    found = [
        DescribedWorkload(counted_from_row(row), family, tuple(tags or ()))
        for row, family, tags in session.execute(query)
    ]
    # Sorted here, because databases differ in how they order text.
    return sorted(found, key=lambda one: (one.counted.workload.architecture, one.counted.workload.id))
