"""Loading the reference tables into a catalog. They are loaded once, and again when they change."""

from collections.abc import Mapping, Sequence
from itertools import chain

from catalog.entities.identity import architecture_of
from catalog.entities.networks import IMAGENET_CLASSES, Accuracy, Architecture, Checkpoint
from catalog.reference.speeds import published
from catalog.reference.speeds.run_differences import RunDifferences
from catalog.reference.speeds.timm_results import SourceFile, SpeedRow
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.database import Catalog, WriteSession, record_reference, reference_version
from catalog.storage.facts.facts import (
    drop_imported_facts,
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.facts.names import all_checkpoint_names
from catalog.storage.measurements.adding import (
    add_measurements,
    drop_imported_numbers,
    drop_published,
    loaded_at_once,
)

_TIMM_RESULTS = "import of timm's results"


def ensure_loaded(catalog: Catalog, tables: ReferenceTables) -> None:
    """Load the tables, unless this catalog already holds exactly them, or cannot be written."""
    version = tables.version()
    with catalog.read() as session:
        if reference_version(session) == version or catalog.is_read_only:
            return
    with catalog.write() as writing:
        if reference_version(writing) != version:  # another process was faster
            with loaded_at_once(writing):
                _load(writing, tables)
            record_reference(writing, version)


def reload(catalog: Catalog, tables: ReferenceTables) -> None:
    """Load the tables, whether or not this catalog holds them: what an import changed of them is as it
    was."""
    with catalog.write() as session:
        with loaded_at_once(session):
            _load(session, tables)
        record_reference(session, tables.version())


def restore(catalog: Catalog, tables: ReferenceTables) -> int:
    """Let the tables hold again, without the checkpoints, the accuracies and the published numbers that
    imports added. Returns how many of each together were removed that the tables do not have."""
    with catalog.write() as session:
        published_numbers = drop_imported_numbers(session)
        _load(session, tables)
        record_reference(session, tables.version())
        return published_numbers + drop_imported_facts(session)


def _load(session: WriteSession, tables: ReferenceTables) -> None:
    # Replacing: a licence that became unclear must not stay allowed, and what an import changed is what it
    # was.
    save_architectures(
        session, [described.architecture() for described in tables.architectures()], replace=True
    )
    save_checkpoints(session, [described.checkpoint() for described in tables.checkpoints()], replace=True)
    counted = tables.workloads()
    save_workloads(session, counted, replace=True)
    store_accuracies(session, list(chain.from_iterable(tables.accuracies().values())))
    workloads = published.WorkloadIndex.of(counted, tables.aliases())
    store_speeds(session, tables.speeds(), workloads, tables.run_differences())


def store_results(
    session: WriteSession,
    accuracies: Mapping[SourceFile, Sequence[Accuracy]],
    speeds: Mapping[SourceFile, Sequence[SpeedRow]],
    tables: ReferenceTables,
) -> int:
    """Store accuracies, and those speeds whose workload `tables` count. Returns how many speeds."""
    store_accuracies(session, list(chain.from_iterable(accuracies.values())), imported_from=_TIMM_RESULTS)
    workloads = published.WorkloadIndex.of(tables.workloads(), tables.aliases())
    return store_speeds(session, speeds, workloads, tables.run_differences())


def store_speeds(
    session: WriteSession,
    speeds: Mapping[SourceFile, Sequence[SpeedRow]],
    workloads: published.WorkloadIndex,
    differences: RunDifferences,
) -> int:
    """Store those speeds whose workload is in the index. A table replaces its earlier revisions.

    Returns how many speeds were stored.
    """
    for source in speeds:
        drop_published(session, source.name)
    measurements = [
        measurement
        for source, rows in speeds.items()
        for measurement in published.measurements(source, rows, workloads, differences)
    ]
    save_targets(session, {one.target.id: one.target for one in measurements}.values(), replace=True)
    # Of the same case, what was published last is the newest.
    add_measurements(session, sorted(measurements, key=lambda one: one.measured_at))
    # A table may have a network under its old and its new name.
    return len({measurement.id for measurement in measurements})


def store_accuracies(
    session: WriteSession, accuracies: Sequence[Accuracy], *, imported_from: str | None = None
) -> None:
    """Store accuracies on ImageNet, with the checkpoints and architectures that the catalog does not know.
    `imported_from` marks what this adds or changes."""
    stored = all_checkpoint_names(session)
    names = dict.fromkeys(accuracy.checkpoint for accuracy in accuracies)
    checkpoints = [name for name in names if name not in stored]
    architectures = dict.fromkeys(architecture_of(name) for name in checkpoints)
    save_architectures(session, [Architecture(name) for name in architectures], imported_from=imported_from)
    save_checkpoints(
        session,
        [Checkpoint(name, architecture_of(name), num_classes=IMAGENET_CLASSES) for name in checkpoints],
        imported_from=imported_from,
    )
    save_accuracies(session, accuracies, replace=True, imported_from=imported_from)
