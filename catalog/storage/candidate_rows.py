"""Reading the columns of candidates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, and_, case, func, or_, select

from catalog.border.ranges import OF_METRIC, Range
from catalog.candidates import (
    CandidateColumns,
    Category,
    Floats,
    MeasurementFacts,
    MetricColumn,
    MetricTable,
    speed_order,
)
from catalog.entities.configurations import Configuration
from catalog.storage.bulk import chunks
from catalog.storage.candidate_facts import FACTS, with_facts
from catalog.storage.database import ReadSession, revision
from catalog.storage.estimated_rows import estimated_candidates, estimated_values
from catalog.storage.mapping import configuration_from_row
from catalog.storage.metric_columns import ACCURACIES, COUNTS, SIZE_MB
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    ArtefactRow,
    CheckpointRow,
    ConfigurationRow,
    MeasurementRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import DATASETS, RATIO_COSTS, Metric, Subject
from catalog.words.vocabulary import BatchPolicy, Dataset, Precision, Provenance

# The precisions whose rows show the accuracy of fp32, with a doubt.
_TRANSFERS_ACCURACY = set(Precision) - {Precision.INT8}
# The accuracies in a row of each data set, with their columns.
_COLUMNS_OF: Mapping[str, Mapping[Metric, str]] = {
    dataset: {metric: column.key for metric, column in ACCURACIES.items() if DATASETS[metric] is dataset}
    for dataset in Dataset
}


def candidate_columns(
    session: ReadSession, target: str, evidence: Sequence[Provenance] = ()
) -> CandidateColumns:
    """All candidates of the target with the id `target`, ordered by name, size and configuration.

    A case is an estimated candidate where it has estimates and no measurement. With `evidence`, only numbers
    of these provenances count.
    """
    # Sorted here, because databases differ in how they order text and where they put nulls.
    rows = sorted(
        _rows(session, target, evidence),
        key=lambda row: (row.architecture, row.checkpoint or "", row.input_size, row.configuration),
    )
    measurement = Category.of(row.id for row in rows)
    configurations = _configurations(session, {row.configuration for row in rows})
    metrics, processes = _case_metrics(session, target, measurement)
    evaluations = _evaluations(session)
    evaluated = [
        evaluations.get((row.checkpoint, row.input_size), {})
        if configurations[row.configuration].precision in _TRANSFERS_ACCURACY
        else {}
        for row in rows
    ]
    accuracies = {
        metric: _plausible(metric, _floats(values.get(metric) for values in evaluated))
        for metric in ACCURACIES
    }
    counts = {
        metric: _plausible(metric, _floats(getattr(row, metric) for row in rows))
        for metric in (*COUNTS, Metric.SIZE_MB)
    }
    ratios = {ratio: accuracies[Metric.TOP1] / counts[cost] for ratio, cost in RATIO_COSTS.items()}
    exact = {**counts, **accuracies, **ratios}
    unknown = np.full(len(rows), np.nan)
    for metric in Metric:
        if metric not in metrics:
            metrics[metric] = MetricColumn.exact(exact.get(metric, unknown))
    facts = {row.id: _facts(row, processes.get(row.id)) for row in rows}
    return CandidateColumns(
        architecture=Category.of(row.architecture for row in rows),
        family=Category.of(row.family for row in rows),
        tags=Category.of(tuple(row.tags or ()) for row in rows),
        checkpoint=Category.of(row.checkpoint for row in rows),
        license=Category.of(row.license for row in rows),
        commercial_use=Category.of(row.commercial_use for row in rows),
        training_data=Category.of(tuple(row.training_data or ()) for row in rows),
        training_methods=Category.of(tuple(row.training_methods or ()) for row in rows),
        input_size=np.array([row.input_size for row in rows], dtype=np.int64),
        configuration=Category.of(configurations[row.configuration] for row in rows),
        measurement=Category(tuple(facts[id_] for id_ in measurement.values), measurement.codes),
        usable=np.array([row.reason is None for row in rows], dtype=np.bool_),
        speed_order=speed_order(metrics),
        metrics=MetricTable({metric: metrics[metric] for metric in Metric}),
        revision=revision(session),
    )


def _rows(session: ReadSession, target: str, evidence: Sequence[Provenance]) -> list[Row[Any]]:
    """The measured and published candidates, and the estimated ones."""
    estimated = estimated_candidates(target, evidence)
    measured = list(session.execute(_candidates(target, evidence)).all())
    return measured if estimated is None else [*measured, *session.execute(estimated).all()]


def _candidates(target: str, evidence: Sequence[Provenance]) -> Select[*tuple[Any, ...]]:
    allowed = [MeasurementRow.target == target, MeasurementRow.withdrawn_at.is_(None)]
    if evidence:
        allowed.append(MeasurementRow.provenance.in_(evidence))
    # What arrived last within a configuration first. An index answers it, however long the history is.
    last = (
        select(
            MeasurementRow.workload,
            MeasurementRow.configuration,
            func.max(MeasurementRow.arrival).label("arrival"),
        )
        .where(*allowed)
        .group_by(MeasurementRow.workload, MeasurementRow.configuration)
        .subquery()
    )
    # A batch that was shrunk to what fits is an outcome. It does not distinguish cases.
    batch = case((ConfigurationRow.batch_policy == BatchPolicy.FIXED, ConfigurationRow.batch_size), else_=0)
    newest = func.row_number().over(
        partition_by=(
            MeasurementRow.workload,
            *(
                batch if field.name == "batch_size" else getattr(ConfigurationRow, field.name)
                for field in fields(Configuration)
            ),
        ),
        order_by=MeasurementRow.arrival.desc(),
    )
    latest = (
        select(MeasurementRow.id, newest.label("age"))
        .join(last, MeasurementRow.arrival == last.c.arrival)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .subquery()
    )
    return with_facts(
        select(
            MeasurementRow.id,
            MeasurementRow.workload,
            MeasurementRow.configuration,
            MeasurementRow.provenance,
            MeasurementRow.measured_at,
            MeasurementRow.reason,
            MeasurementRow.doubts,
            SIZE_MB.label(Metric.SIZE_MB),
            *FACTS,
        )
        .join(latest, and_(latest.c.id == MeasurementRow.id, latest.c.age == 1))
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .outerjoin(ArtefactRow, MeasurementRow.artefact == ArtefactRow.id)
        .where(
            # A head of other classes was measured for its own sake. No weights come with it.
            or_(
                CheckpointRow.name.is_not(None),
                MeasurementRow.provenance != Provenance.MEASURED,
                ArchitectureRow.num_classes.is_(None),
                ArchitectureRow.num_classes == WorkloadRow.num_classes,
            ),
        )
    )


def _evaluations(session: ReadSession) -> dict[tuple[str, int], dict[Metric, float]]:
    """The accuracies of every checkpoint at every input size.

    All are of the crop that is best on ImageNet, those of the robustness sets too.
    """
    crops: dict[tuple[str, int, float, str], dict[Metric, float]] = {}
    query = select(
        AccuracyRow.dataset,
        AccuracyRow.top1,
        AccuracyRow.top5,
        AccuracyRow.checkpoint,
        AccuracyRow.input_size,
        AccuracyRow.crop_pct,
        AccuracyRow.interpolation,
    ).where(AccuracyRow.dataset.in_(list(_COLUMNS_OF)), AccuracyRow.precision == Precision.FP32)
    for row in session.execute(query):
        accuracies = crops.setdefault((row.checkpoint, row.input_size, row.crop_pct, row.interpolation), {})
        accuracies |= {metric: getattr(row, column) for metric, column in _COLUMNS_OF[row.dataset].items()}
    best: dict[tuple[str, int], dict[Metric, float]] = {}
    # Of equals, the smallest crop is kept, which comes last.
    for (checkpoint, size, *_), accuracies in sorted(crops.items(), reverse=True):
        so_far = best.get((checkpoint, size), {})
        if accuracies.get(Metric.TOP1, -1.0) >= so_far.get(Metric.TOP1, -1.0):
            best[checkpoint, size] = accuracies
    return best


def _case_metrics(
    session: ReadSession, target: str, measurement: Category[str]
) -> tuple[dict[Metric, MetricColumn], dict[str, int]]:
    """The values stored with the measurements, and the estimates, spread over the candidates that share them.

    The second answer is how many processes they rest on, by measurement, where that is known.
    """
    stored: dict[Metric, Floats] = {}
    processes: dict[str, int] = {}
    places = {id_: place for place, id_ in enumerate(measurement.values)}

    def store(metric: str, id_: str, *numbers: float | None) -> None:
        table = stored.setdefault(Metric(metric), np.full((5, len(places)), np.nan))
        table[:, places[id_]] = [np.nan if number is None else number for number in numbers]

    for ids in chunks(measurement.values):
        for row in session.scalars(select(ValueRow).where(ValueRow.measurement.in_(ids))):
            numbers = (row.value, row.low, row.high, row.level, _degrees_of_freedom(row))
            store(row.metric, row.measurement, *numbers)
            if row.processes is not None:
                processes[row.measurement] = row.processes
    for case_, metric, interval in estimated_values(session, target):
        if case_ in places:
            store(metric, case_, *interval, np.inf)
    columns = {
        metric: MetricColumn.of(*_sound(metric, table)).take(measurement.codes)
        for metric, table in stored.items()
        if metric.subject is Subject.CASE
    }
    return columns, processes


def _sound(metric: Metric, table: Floats) -> Floats:
    """Value, low, high, level and degrees of freedom, without what cannot be.

    The border refuses such numbers. A catalog may hold some that entered it before there was one. A value out
    of its range is unknown, and so are its interval and an interval that is none.
    """
    value, low, high, level, freedom = table
    value = _plausible(metric, value)
    with np.errstate(invalid="ignore"):
        is_interval = (low > 0) & (low <= value) & (value <= high) & (high < np.inf)
        is_interval &= (level > 0) & (level < 1) & (freedom > 0)
    ends = (np.where(is_interval, end, np.nan) for end in (low, high, level))
    return np.stack([value, *ends, np.where(is_interval, freedom, np.inf)])


def _plausible(metric: Metric, values: Floats) -> Floats:
    """The values of `metric`, with NaN for those that it cannot have."""
    plausible: Range = OF_METRIC[metric]
    with np.errstate(invalid="ignore"):
        return np.where((values >= plausible.least) & (values <= plausible.most), values, np.nan)


def _degrees_of_freedom(row: ValueRow) -> float:
    """Those of the number's interval. Until protocol 2 they were one less than its processes."""
    if row.degrees_of_freedom is not None:
        return row.degrees_of_freedom
    return np.inf if row.processes is None else row.processes - 1


def _configurations(session: ReadSession, ids: Iterable[str]) -> dict[str, Configuration]:
    query = select(ConfigurationRow).where(ConfigurationRow.id.in_(ids))
    return {row.id: configuration_from_row(row) for row in session.scalars(query)}


def _facts(row: Any, processes: int | None) -> MeasurementFacts:
    return MeasurementFacts(
        row.id,
        row.workload,
        Provenance(row.provenance),
        row.measured_at,
        FailureReason(row.reason) if row.reason else None,
        tuple(Doubt(doubt) for doubt in row.doubts or ()),
        processes,
    )


def _floats(values: Any) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
