"""What a metric is in the database.

A metric of a case is a row of `value`. Other metrics are expressions of columns. They are in the tables
below.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from catalog.storage.tables import (
    AccuracyRow,
    ArtefactRow,
    MeasurementRow,
    UploadRow,
    WorkloadRow,
)
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision

COUNTS: Mapping[Metric, ColumnElement[Any]] = {
    Metric.PARAMS_M: WorkloadRow.params_m.expression,
    Metric.GMACS: WorkloadRow.gmacs.expression,
    Metric.GFLOPS: 2 * WorkloadRow.gmacs,
    Metric.ACTIVATIONS_M: WorkloadRow.activations_m.expression,
}
"""The counts of a workload."""

WEIGHTS_MB = WorkloadRow.weights_bytes / 1e6
"""The size of a checkpoint's weights, which is counted of its workload."""


def file_bytes_where(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """The bytes of the fp32 file of a workload, of a measurement that keeps the condition: of the ONNX file
    that was measured last, else of another. NULL where there is none."""
    return (
        select(ArtefactRow.bytes)
        .join(MeasurementRow, MeasurementRow.artefact == ArtefactRow.id)
        .outerjoin(UploadRow, UploadRow.measurement == MeasurementRow.id)
        .where(
            MeasurementRow.workload == WorkloadRow.id,
            MeasurementRow.withdrawn_at.is_(None),
            ArtefactRow.precision == Precision.FP32,
            condition,
        )
        .order_by(ArtefactRow.format != "onnx", MeasurementRow.arrival.desc())
        .limit(1)
        .correlate(WorkloadRow)
        .scalar_subquery()
    )


# An upload says what its own target deploys. It changes no fact of a network.
FILE_BYTES = file_bytes_where(UploadRow.measurement.is_(None))
"""The bytes of the fp32 file that a workload is deployed as: the ONNX file that was measured last, else
another. NULL where none was made, or uploads alone have it."""

DEPLOYED_MB = func.coalesce(FILE_BYTES / 1e6, WEIGHTS_MB)
"""The size of a workload on disk, whatever the target: its file, or its weights if it has none."""

ACCURACIES: Mapping[Metric, InstrumentedAttribute[float]] = {
    Metric.TOP1: AccuracyRow.top1,
    Metric.TOP5: AccuracyRow.top5,
    Metric.TOP1_REAL: AccuracyRow.top1,
    Metric.TOP1_V2: AccuracyRow.top1,
    Metric.TOP1_SKETCH: AccuracyRow.top1,
    Metric.TOP1_A: AccuracyRow.top1,
    Metric.TOP1_R: AccuracyRow.top1,
}
"""The accuracies of a checkpoint, in the rows of the metric's data set (`catalog.words.metrics.DATASETS`)."""
