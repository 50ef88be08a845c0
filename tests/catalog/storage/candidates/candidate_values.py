"""What tests of candidates ask of the columns."""

import math
from collections.abc import Iterable
from datetime import timedelta

from catalog.candidates.columns import CandidateColumns
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Accuracy, Checkpoint, CountedWorkload
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import (
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_workloads,
)
from catalog.storage.measurements.adding import add_measurements
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    Dataset,
)
from tests.builders import (
    TARGET_ID,
    make_architecture,
)

SECOND = timedelta(seconds=1)


def candidates_of(
    catalog: Catalog,
    measurements: Iterable[Measurement],
    *,
    checkpoints: Iterable[Checkpoint] = (),
    accuracies: Iterable[Accuracy] = (),
    workloads: Iterable[CountedWorkload] = (),
    target: str = TARGET_ID,
) -> CandidateColumns:
    """Store all that, with the architectures toynet and othernet; returns the target's candidates."""
    with catalog.write() as session:
        save_architectures(session, [make_architecture(), make_architecture("othernet", family=None)])
        save_checkpoints(session, checkpoints)
        save_accuracies(session, accuracies)
        save_workloads(session, workloads)
        add_measurements(session, list(measurements))
    with catalog.read() as reading:
        return candidate_columns(reading, target)


def values(columns: CandidateColumns, metric: Metric) -> list[float | None]:
    """The values of `metric`, None for unknown ones."""
    return [None if math.isnan(value) else float(value) for value in columns.metrics[metric].value]


def names(columns: CandidateColumns) -> list[tuple[str, str | None, int]]:
    return list(zip(columns.architecture, columns.checkpoint, columns.input_size.tolist(), strict=True))


ROBUSTNESS = {
    Dataset.IMAGENET_REAL: Metric.TOP1_REAL,
    Dataset.IMAGENET_V2: Metric.TOP1_V2,
    Dataset.IMAGENET_SKETCH: Metric.TOP1_SKETCH,
    Dataset.IMAGENET_A: Metric.TOP1_A,
    Dataset.IMAGENET_R: Metric.TOP1_R,
}
