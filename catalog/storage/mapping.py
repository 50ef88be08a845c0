"""From rows to entities. Only modules of this package import it, because rows never leave the package."""

from dataclasses import fields
from typing import Any, TypeVar, cast

from catalog.entities.configurations import Artefact, Configuration, Target
from catalog.entities.documents import from_document
from catalog.entities.networks import (
    Accuracy,
    Architecture,
    Checkpoint,
    CountedWorkload,
    Counts,
    Stage,
    Workload,
)
from catalog.entities.samples import ProcessSample
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    ArtefactRow,
    CheckpointRow,
    ConfigurationRow,
    TargetRow,
    WorkloadRow,
)
from catalog.words.vocabulary import Precision

_E = TypeVar("_E")


def entity_from_row(kind: type[_E], row: Any) -> _E:
    """A row whose columns are the entity's fields."""
    return from_document(kind, {field.name: getattr(row, field.name) for field in fields(cast(Any, kind))})


def architecture_from_row(row: ArchitectureRow) -> Architecture:
    return Architecture(
        name=row.name,
        family=row.family,
        year=row.year,
        paper=row.paper,
        default_tag=row.default_tag,
        fixed_input=row.fixed_input,
        native_size=row.native_size,
        num_classes=row.num_classes,
        tags=tuple(row.tags or ()),
        stages=tuple(Stage(stride, channels) for stride, channels in row.stages or ()),
    )


def checkpoint_from_row(row: CheckpointRow) -> Checkpoint:
    return Checkpoint(
        name=row.name,
        architecture=row.architecture,
        num_classes=row.num_classes,
        license=row.license,
        commercial_use=row.commercial_use,
        training_data=tuple(row.training_data or ()),
        native_size=row.native_size,
        training_methods=tuple(row.training_methods or ()),
        hub_id=row.hub_id,
    )


def accuracy_from_row(row: AccuracyRow) -> Accuracy:
    return entity_from_row(Accuracy, row)


def target_from_row(row: TargetRow) -> Target:
    return entity_from_row(Target, row)


def workload_from_row(row: WorkloadRow) -> Workload:
    return entity_from_row(Workload, row)


def counted_from_row(row: WorkloadRow) -> CountedWorkload:
    counts = None
    if row.params_m is not None and row.gmacs is not None and row.activations_m is not None:
        counts = Counts(
            row.params_m,
            row.gmacs,
            row.activations_m,
            row.operators or {},
            row.operator_calls or {},
            row.weights_bytes,
        )
    return CountedWorkload(workload_from_row(row), counts, row.count_failure, row.source)


def configuration_from_row(row: ConfigurationRow) -> Configuration:
    return entity_from_row(Configuration, row)


def artefact_from_row(row: ArtefactRow, workload: WorkloadRow) -> Artefact:
    return Artefact(
        workload_from_row(workload),
        row.format,
        Precision(row.precision),
        row.toolchain,
        row.bytes,
        row.sha256,
        row.deviation,
    )


def samples_from_row(rows: list[dict[str, Any]] | None) -> tuple[ProcessSample, ...]:
    return tuple(from_document(ProcessSample, row) for row in rows or ())
