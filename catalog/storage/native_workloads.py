"""The workload of each architecture as its default checkpoint is deployed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select

from catalog.entities.networks import CountedWorkload
from catalog.storage.database import ReadSession
from catalog.storage.mapping import counted_from_row
from catalog.storage.tables import ArchitectureRow, WorkloadRow
from catalog.words.vocabulary import Form


@dataclass(frozen=True)
class NativeWorkload:
    """A counted workload of the deployed form, at its architecture's native size and number of classes."""

    counted: CountedWorkload
    family: str | None
    tags: tuple[str, ...]


def native_workloads(session: ReadSession) -> Sequence[NativeWorkload]:
    """Those of all architectures that were counted, by name."""
    query = select(WorkloadRow, ArchitectureRow.family, ArchitectureRow.tags).join(
        ArchitectureRow,
        and_(
            ArchitectureRow.name == WorkloadRow.architecture,
            ArchitectureRow.num_classes == WorkloadRow.num_classes,
            ArchitectureRow.native_size == WorkloadRow.input_size,
        ),
    )
    query = query.where(WorkloadRow.form == Form.DEPLOYED, WorkloadRow.gmacs.is_not(None))
    found = [
        NativeWorkload(counted_from_row(row), family, tuple(tags or ()))
        for row, family, tags in session.execute(query)
    ]
    # Sorted here, because databases differ in how they order text.
    return sorted(found, key=lambda one: one.counted.workload.architecture)
