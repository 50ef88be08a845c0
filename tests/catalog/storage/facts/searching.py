"""What tests of the search store and ask."""

from catalog.entities.measurements import Measurement
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_accuracies, save_architectures, save_checkpoints, save_workloads
from catalog.storage.facts.search import ArchitectureQuery, find_architectures
from catalog.storage.measurements.adding import add_measurements
from tests.builders import (
    make_architecture,
)

Record = Architecture | Checkpoint | Accuracy | CountedWorkload | Measurement


def store(catalog: Catalog, *records: Record) -> None:
    """Store the records, with the architectures that they name."""
    known = {one.name for one in records if isinstance(one, Architecture)}
    named = {one.architecture for one in records if isinstance(one, Checkpoint)}
    named |= {one.workload.architecture for one in records if isinstance(one, CountedWorkload | Measurement)}
    with catalog.write() as session:
        save_architectures(session, [make_architecture(name) for name in sorted(named - known)])
        save_architectures(session, [one for one in records if isinstance(one, Architecture)])
        save_checkpoints(session, [one for one in records if isinstance(one, Checkpoint)])
        save_accuracies(session, [one for one in records if isinstance(one, Accuracy)])
        save_workloads(session, [one for one in records if isinstance(one, CountedWorkload)])
        add_measurements(session, [one for one in records if isinstance(one, Measurement)])


def found(catalog: Catalog, query: ArchitectureQuery) -> list[str]:
    with catalog.read() as session:
        summaries = find_architectures(session, query, limit=10_000)
    return [summary.architecture.name for summary in summaries]
