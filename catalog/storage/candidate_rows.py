"""Reading the columns of candidates."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter, itemgetter
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
from catalog.storage.candidate_facts import FACTS, text_of, with_facts
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
from catalog.storage.trained_candidates import Case, with_training
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import DATASETS, RATIO_COSTS, TRAINING_METRICS, Metric, Subject
from catalog.words.vocabulary import BatchPolicy, Dataset, Precision, Provenance

# The precisions whose rows show the accuracy of fp32, with a doubt.
_TRANSFERS_ACCURACY = set(Precision) - {Precision.INT8}
# Where the top-1 and the top-5 of each data set are among ACCURACIES. Of some there is no top-5.
_PLACES: Mapping[str, Sequence[int]] = {
    dataset: [place for place, metric in enumerate(ACCURACIES) if DATASETS[metric] is dataset]
    for dataset in Dataset
}
# Lists of words that are remembered. The shipped catalog has 340.
_TEXTS = 4096
_TOP1 = list(ACCURACIES).index(Metric.TOP1)
_COUNTED = (*COUNTS, Metric.SIZE_MB)
_counts_of = attrgetter(*_COUNTED)


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
    configurations = _configurations(session, {row.configuration for row in rows})
    cases = Category.of(row.id for row in rows)
    stored, processes = _stored_values(session, target, cases.values)
    by_id = {row.id: row for row in rows}
    facts = cases.map(lambda id_: _facts(by_id[id_], processes.get(id_))).values
    candidates, trained = with_training(
        [_case(row, configurations[row.configuration]) for row in rows], _training_speeds(stored, cases)
    )
    measurement, training = cases.take(candidates), cases.take(trained)
    runs = [
        None if run == candidate else rows[run].configuration
        for candidate, run in zip(candidates, trained, strict=True)
    ]
    rows = [rows[place] for place in candidates]
    metrics = _exact_metrics(session, rows, configurations)
    for metric, table in stored.items():
        of = training if metric in TRAINING_METRICS else measurement
        metrics[metric] = MetricColumn.of(*table).take(of.codes)
    return CandidateColumns(
        architecture=Category.of(row.architecture for row in rows),
        family=Category.of(row.family for row in rows),
        tags=Category.of(row.tags for row in rows).map(_words),
        checkpoint=Category.of(row.checkpoint for row in rows),
        license=Category.of(row.license for row in rows),
        commercial_use=Category.of(row.commercial_use for row in rows),
        training_data=Category.of(row.training_data for row in rows).map(_words),
        training_methods=Category.of(row.training_methods for row in rows).map(_words),
        input_size=np.array([row.input_size for row in rows], dtype=np.int64),
        configuration=Category.of(row.configuration for row in rows).map(configurations.__getitem__),
        measurement=Category(facts, measurement.codes),
        training=Category(facts, training.codes),
        training_configuration=Category.of(runs).map(lambda run: configurations[run] if run else None),
        usable=np.array([row.reason is None for row in rows], dtype=np.bool_),
        speed_order=speed_order(metrics),
        metrics=MetricTable(metrics),
        revision=revision(session),
    )


def _exact_metrics(
    session: ReadSession, rows: Sequence[Any], configurations: Mapping[str, Configuration]
) -> dict[Metric, MetricColumn]:
    """Every metric in its order, of what was counted and published of checkpoints. What is measured of a case
    is unknown."""
    evaluations, unevaluated = _evaluations(session), [None] * len(ACCURACIES)
    evaluated = [
        evaluations.get((row.checkpoint, row.input_size), unevaluated)
        if configurations[row.configuration].precision in _TRANSFERS_ACCURACY
        else unevaluated
        for row in rows
    ]
    accuracies = _plausible_columns(ACCURACIES, evaluated)
    counts = _plausible_columns(_COUNTED, map(_counts_of, rows))
    ratios = {ratio: accuracies[Metric.TOP1] / counts[cost] for ratio, cost in RATIO_COSTS.items()}
    exact = {**counts, **accuracies, **ratios}
    unknown = np.full(len(rows), np.nan)
    return {metric: MetricColumn.exact(exact.get(metric, unknown)) for metric in Metric}


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
            text_of(MeasurementRow.doubts),
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


def _words(text: str | None) -> tuple[str, ...]:
    """The words of a list in JSON. Empty where there is none."""
    return tuple(json.loads(text or "[]") or ())


@lru_cache(_TEXTS)
def _doubts(text: str | None) -> tuple[Doubt, ...]:
    return tuple(Doubt(word) for word in _words(text))


def _evaluations(session: ReadSession) -> dict[tuple[str, int], Sequence[float | None]]:
    """The accuracies of every checkpoint at every input size, in the order of ACCURACIES.

    All are of the crop that is best on ImageNet, those of the robustness sets too.
    """
    crops: dict[tuple[Any, ...], list[float | None]] = {}
    query = select(
        AccuracyRow.dataset,
        AccuracyRow.top1,
        AccuracyRow.top5,
        AccuracyRow.checkpoint,
        AccuracyRow.input_size,
        AccuracyRow.crop_pct,
        AccuracyRow.interpolation,
    ).where(AccuracyRow.dataset.in_(list(_PLACES)), AccuracyRow.precision == Precision.FP32)
    for dataset, top1, top5, *crop in session.execute(query):
        accuracies = crops.setdefault(tuple(crop), [None] * len(ACCURACIES))
        for place, accuracy in zip(_PLACES[dataset], (top1, top5), strict=False):
            accuracies[place] = accuracy
    best: dict[tuple[str, int], Sequence[float | None]] = {}
    # Of equals, the smallest crop is kept, which comes last.
    for (checkpoint, size, *_), accuracies in sorted(crops.items(), key=itemgetter(0), reverse=True):
        so_far = best.setdefault((checkpoint, size), accuracies)
        if _top1(accuracies) >= _top1(so_far):
            best[checkpoint, size] = accuracies
    return best


def _top1(accuracies: Sequence[float | None]) -> float:
    top1 = accuracies[_TOP1]
    return -1.0 if top1 is None else top1


def _case(row: Any, configuration: Configuration) -> Case:
    network = row.architecture, row.checkpoint, row.num_classes, row.input_size
    return Case(network, configuration, failed=row.reason is not None)


def _training_speeds(stored: Mapping[Metric, Floats], cases: Category[str]) -> Floats:
    """The images per second of training of every case. NaN is unknown."""
    if Metric.TRAIN_THROUGHPUT_IPS not in stored:
        return np.full(len(cases), np.nan)
    return np.asarray(stored[Metric.TRAIN_THROUGHPUT_IPS][0][cases.codes])


def _stored_values(
    session: ReadSession, target: str, measurements: Sequence[str]
) -> tuple[dict[Metric, Floats], dict[str, int]]:
    """What is stored with the `measurements` (ids), and the estimates of the cases among them: by metric, the
    arguments of `MetricColumn.of`.

    The second answer is how many processes the numbers rest on, by measurement, where that is known.
    """
    places = {id_: place for place, id_ in enumerate(measurements)}
    found: dict[str, list[tuple[Any, ...]]] = {}
    processes: dict[str, int] = {}
    for ids in chunks(measurements):
        query = select(
            *(ValueRow.measurement, ValueRow.metric, ValueRow.value, ValueRow.low, ValueRow.high),
            *(ValueRow.level, ValueRow.degrees_of_freedom, ValueRow.processes),
        ).where(ValueRow.measurement.in_(ids))
        for measurement, metric, *numbers in session.execute(query):
            found.setdefault(metric, []).append((places[measurement], *numbers))
            if numbers[-1] is not None:
                processes[measurement] = int(numbers[-1])
    for case_, metric, interval in estimated_values(session, target):
        if case_ in places:
            found.setdefault(metric, []).append((places[case_], *interval, None, None))
    stored = {}
    for metric, rows in found.items():
        at, *parts, freedom, of = np.array(rows, dtype=np.float64).T  # NaN in the place of None
        # Until protocol 2, the degrees of freedom were one less than the processes.
        known = np.where(np.isnan(freedom), np.where(np.isnan(of), np.inf, of - 1), freedom)
        table = np.full((5, len(places)), np.nan)
        table[:, at.astype(np.int64)] = [*parts, known]
        if Metric(metric).subject is Subject.CASE:
            stored[Metric(metric)] = _sound(Metric(metric), table)
    return stored, processes


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


def _configurations(session: ReadSession, ids: Iterable[str]) -> dict[str, Configuration]:
    query = select(ConfigurationRow).where(ConfigurationRow.id.in_(ids))
    return {row.id: configuration_from_row(row) for row in session.scalars(query)}


def _facts(row: Any, processes: int | None) -> MeasurementFacts:
    return MeasurementFacts(
        row.id,
        Provenance(row.provenance),
        row.measured_at,
        FailureReason(row.reason) if row.reason else None,
        _doubts(row.doubts),
        processes,
        workload=row.workload,
    )


def _plausible_columns(
    metrics: Collection[Metric], rows: Iterable[Sequence[float | None]]
) -> dict[Metric, Floats]:
    """The numbers of each of the `metrics`, which are the columns of `rows`. NaN is in the place of None."""
    columns = np.array(list(rows), dtype=np.float64).reshape(-1, len(metrics)).T
    return {metric: _plausible(metric, column) for metric, column in zip(metrics, columns, strict=True)}
