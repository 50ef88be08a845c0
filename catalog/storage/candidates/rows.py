"""Reading the columns of candidates."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, func, literal, select

from catalog.border.ranges import OF_METRIC, Range
from catalog.candidates.category import Category, Floats, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.candidates.metric_columns import MetricColumn, MetricTable, speed_order
from catalog.entities.configurations import Configuration
from catalog.storage.bulk import among
from catalog.storage.candidates.estimated_rows import (
    FILE_LEVEL,
    FILE_PER_WEIGHTS,
    estimated_candidates,
    estimated_values,
)
from catalog.storage.candidates.facts import IS_CANDIDATE, moment, networks, text_of, time_of
from catalog.storage.candidates.training import with_training
from catalog.storage.database import ReadSession, held_of_facts, last_change
from catalog.storage.mapping import configuration_from_row
from catalog.storage.metric_columns import ACCURACIES, COUNTS, SIZE_MB
from catalog.storage.tables import (
    AccuracyRow,
    ArtefactRow,
    ConfigurationRow,
    MeasurementRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.doubts import Doubt, FailureReason, doubts_of_origin
from catalog.words.metrics import DATASETS, RATIO_COSTS, TRAINING_METRICS, Metric, Subject
from catalog.words.vocabulary import Dataset, Precision, Provenance, Scenario

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
_NOT_EVALUATED = 0
_COUNTED = (*COUNTS, Metric.SIZE_MB)
# What tells a checkpoint at an input size from all others.
_NETWORK = ("architecture", "checkpoint", "num_classes", "input_size")
_ARRIVAL = attrgetter("arrival")
_OTHER_CLASSES = "has_other_classes"
_SIZE_IS_ESTIMATED = "size_is_estimated"
# What becomes the facts of a measurement.
_FACTS = (
    *("provenance", "measured_at", "reason", "doubts", "imported_from"),
    *("blocks", "workload", _OTHER_CLASSES),
)
_Columns = Mapping[str, Sequence[Any]]


def candidate_columns(
    session: ReadSession, target: str, evidence: Sequence[Provenance] = ()
) -> CandidateColumns:
    """All candidates of the target with the id `target`, ordered by name, size and configuration.

    A case is an estimated candidate where it has estimates and no measurement. With `evidence`, only numbers
    of these provenances count.
    """
    columns, configurations = _sorted_cases(session, target, evidence)
    cases = Category.of(columns["id"])
    stored, processes = _stored_values(session, target, cases.values)
    facts = _facts(columns, cases, processes)
    candidates, trained = _with_training(columns, configurations, _training_speeds(stored, cases))
    measurement, training = cases.take(candidates), cases.take(trained)
    runs = [
        None if run == candidate else columns["configuration"][run]
        for candidate, run in zip(candidates.tolist(), trained.tolist(), strict=True)
    ]
    if len(candidates) < len(columns["id"]):
        kept = candidates.tolist()
        columns = {name: [column[place] for place in kept] for name, column in columns.items()}
    metrics = _exact_metrics(session, columns, configurations)
    for metric, table in stored.items():
        of = training if metric in TRAINING_METRICS else measurement
        metrics[metric] = MetricColumn.of(*table).take(of.codes)
    return CandidateColumns(
        architecture=Category.of(columns["architecture"]),
        family=Category.of(columns["family"]),
        tags=Category.of(columns["tags"]).map(_words),
        checkpoint=Category.of(columns["checkpoint"]),
        license=Category.of(columns["license"]),
        commercial_use=Category.of(columns["commercial_use"]),
        training_data=Category.of(columns["training_data"]).map(_words),
        training_methods=Category.of(columns["training_methods"]).map(_words),
        input_size=np.array(columns["input_size"], dtype=np.int64),
        configuration=Category.of(columns["configuration"]).map(configurations.__getitem__),
        measurement=Category(facts, measurement.codes),
        training=Category(facts, training.codes),
        training_configuration=Category.of(runs).map(lambda run: configurations[run] if run else None),
        usable=np.array([reason is None for reason in columns["reason"]], dtype=np.bool_),
        speed_order=speed_order(metrics),
        metrics=MetricTable(metrics),
        changed=last_change(session, target),
        evaluated=_evaluated(session),
    )


def _with_training(
    columns: _Columns, configurations: Mapping[str, Configuration], speeds: Floats
) -> tuple[Ints, Ints]:
    """`with_training` of the cases."""
    runs = Category.of(columns["configuration"]).map(configurations.__getitem__)
    return with_training(
        Category.of(zip(*(columns[name] for name in _NETWORK), strict=True)).codes,
        Category.of(runs.map(lambda run: run.common_settings)).codes,
        runs.mask(lambda run: run.scenario is Scenario.TRAINING),
        np.array([reason is not None for reason in columns["reason"]], dtype=np.bool_),
        speeds,
    )


def _exact_metrics(
    session: ReadSession, columns: _Columns, configurations: Mapping[str, Configuration]
) -> dict[Metric, MetricColumn]:
    """Every metric in its order, of what was counted and published of checkpoints. What is measured of a case
    is unknown."""
    places, evaluations = _evaluations(session)
    networks = zip(columns["checkpoint"], columns["input_size"], columns["configuration"], strict=True)
    evaluated = evaluations[
        [
            places.get((checkpoint, size), _NOT_EVALUATED)
            if configurations[run].precision in _TRANSFERS_ACCURACY
            else _NOT_EVALUATED
            for checkpoint, size, run in networks
        ]
    ]
    accuracies = {
        metric: _plausible(metric, column) for metric, column in zip(ACCURACIES, evaluated.T, strict=True)
    }
    counts = {metric: _plausible(metric, np.array(columns[metric], dtype=np.float64)) for metric in _COUNTED}
    ratios = {ratio: accuracies[Metric.TOP1] / counts[cost] for ratio, cost in RATIO_COSTS.items()}
    exact = {**counts, **accuracies, **ratios}
    unknown = np.full(len(columns["id"]), np.nan)
    metrics = {metric: MetricColumn.exact(exact.get(metric, unknown)) for metric in Metric}
    return metrics | {Metric.SIZE_MB: _sizes(counts[Metric.SIZE_MB], columns)}


def _sizes(sizes: Floats, columns: _Columns) -> MetricColumn:
    """The sizes on disk. One that is estimated has an interval, and one that is counted has none."""
    estimated = np.array(columns[_SIZE_IS_ESTIMATED], dtype=np.bool_) & ~np.isnan(sizes)
    low, high, level = (
        np.where(estimated, end, np.nan) for end in (*np.multiply.outer(FILE_PER_WEIGHTS, sizes), FILE_LEVEL)
    )
    return MetricColumn.of(sizes, low, high, level)


def _sorted_cases(
    session: ReadSession, target: str, evidence: Sequence[Provenance]
) -> tuple[_Columns, Mapping[str, Configuration]]:
    """The measured and published candidates, and the estimated ones, as columns by name. Their configurations
    by id."""
    connection = session.connection()  # a session would make more of each row
    found = connection.execute(_cases(target, evidence))
    described = networks(session)
    names = [*found.keys(), *described.names]
    measured, estimated = list(found.all()), estimated_candidates(target, evidence)
    others = [] if estimated is None else connection.execute(estimated).all()
    configurations = _configurations(session, {case.configuration for case in (*measured, *others)})
    cases = (*_newest(measured, configurations), *others)
    workload, provenance, name, size, checkpoint, run, other_classes = map(
        names.index,
        (
            "workload",
            "provenance",
            "architecture",
            "input_size",
            "checkpoint",
            "configuration",
            _OTHER_CLASSES,
        ),
    )
    rows = [
        row
        for case in cases
        for network in described.rows.get(case[workload], ())
        # A head of other classes was measured for its own sake. No weights come with it.
        if (row := (*case, *network))[checkpoint] is not None
        or not row[other_classes]
        or row[provenance] != Provenance.MEASURED
    ]
    # Sorted here, because databases differ in how they order text and where they put nulls.
    rows.sort(key=lambda row: (row[name], row[checkpoint] or "", row[size], row[run]))
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return dict(zip(names, columns, strict=True)), configurations


def _newest(cases: list[Row[Any]], configurations: Mapping[str, Configuration]) -> list[Row[Any]]:
    """Those of the cases that arrived last, where several are of one network in one series."""
    shared = {id_: run.series.id for id_, run in configurations.items()}
    if len(set(shared.values())) == len(shared):
        return cases
    newest = {(case.workload, shared[case.configuration]): case for case in sorted(cases, key=_ARRIVAL)}
    kept = {case.id for case in newest.values()}
    return [case for case in cases if case.id in kept]


def _cases(target: str, evidence: Sequence[Provenance]) -> Select[*tuple[Any, ...]]:
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
    return (
        select(
            MeasurementRow.id,
            MeasurementRow.workload,
            MeasurementRow.configuration,
            MeasurementRow.provenance,
            time_of(MeasurementRow.measured_at),
            MeasurementRow.reason,
            text_of(MeasurementRow.doubts),
            MeasurementRow.blocks,
            MeasurementRow.imported_from,
            SIZE_MB.label(Metric.SIZE_MB),
            literal(0).label(_SIZE_IS_ESTIMATED),
            MeasurementRow.arrival,
        )
        .join(last, MeasurementRow.arrival == last.c.arrival)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .outerjoin(ArtefactRow, MeasurementRow.artefact == ArtefactRow.id)
        .where(IS_CANDIDATE)
    )


def _words(text: str | None) -> tuple[str, ...]:
    """The words of a list in JSON. Empty where there is none."""
    return tuple(json.loads(text or "[]") or ())


@held_of_facts
def _evaluations(session: ReadSession) -> tuple[Mapping[tuple[str, int], int], Floats]:
    """The accuracies of every checkpoint at every input size (rows), in the order of ACCURACIES (columns).

    All are of the crop that is best on ImageNet, those of the robustness sets too. The first answer says in
    which row. The row `_NOT_EVALUATED` has none.
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
    for dataset, top1, top5, *crop in session.connection().execute(query):
        accuracies = crops.setdefault(tuple(crop), [None] * len(ACCURACIES))
        for place, accuracy in zip(_PLACES[dataset], (top1, top5), strict=False):
            accuracies[place] = accuracy
    best: dict[tuple[str, int], Sequence[float | None]] = {}
    # Of equals, the smallest crop is kept, which comes last.
    for (checkpoint, size, *_), accuracies in sorted(crops.items(), key=itemgetter(0), reverse=True):
        so_far = best.setdefault((checkpoint, size), accuracies)
        if _top1(accuracies) >= _top1(so_far):
            best[checkpoint, size] = accuracies
    table = np.array([[None] * len(ACCURACIES), *best.values()], dtype=np.float64)  # NaN in the place of None
    return {network: row for row, network in enumerate(best, start=1)}, table


@held_of_facts
def _evaluated(session: ReadSession) -> Mapping[Metric, frozenset[str]]:
    """For each accuracy, the checkpoints that have one at some input size."""
    places, evaluations = _evaluations(session)
    known = ~np.isnan(evaluations)
    return {
        metric: frozenset(checkpoint for (checkpoint, _), row in places.items() if of_metric[row])
        for metric, of_metric in zip(ACCURACIES, known.T.tolist(), strict=True)
    }


def _top1(accuracies: Sequence[float | None]) -> float:
    top1 = accuracies[_TOP1]
    return -1.0 if top1 is None else top1


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
    found: list[tuple[Any, ...]] = []
    query = select(
        *(ValueRow.measurement, ValueRow.metric, ValueRow.value, ValueRow.low, ValueRow.high),
        *(ValueRow.level, ValueRow.degrees_of_freedom, ValueRow.processes),
    ).where(among(session, ValueRow.measurement.expression, measurements))
    found += session.connection().execute(query).all()
    found += [estimate for estimate in estimated_values(session, target) if estimate[0] in places]
    if not found:
        return {}, {}
    of, metrics, *numbers, processes = zip(*found, strict=True)
    at = np.fromiter(map(places.__getitem__, of), np.int64, len(found))
    *parts, freedom, count = np.array([*numbers, processes], dtype=np.float64)  # NaN in the place of None
    # Until protocol 2, the degrees of freedom were one less than the processes.
    known = np.where(np.isnan(freedom), np.where(np.isnan(count), np.inf, count - 1), freedom)
    columns, named = np.stack([*parts, known]), Category.of(metrics)
    stored = {}
    for metric in map(Metric, named.values):
        if metric.subject is Subject.CASE:
            rows = named.mask(metric.__eq__)
            table = np.full((5, len(places)), np.nan)
            table[:, at[rows]] = columns[:, rows]
            stored[metric] = _sound(metric, table)
    on = {id_: int(number) for id_, number in zip(of, processes, strict=True) if number is not None}
    return stored, on


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


def _facts(
    columns: _Columns, cases: Category[str], processes: Mapping[str, int]
) -> tuple[MeasurementFacts, ...]:
    """The facts of the measurement of each case, in the order of the values of `cases`."""
    rows = dict(zip(columns["id"], zip(*(columns[name] for name in _FACTS), strict=True), strict=True))
    facts = []
    for id_ in cases.values:
        provenance, measured_at, reason, doubts, imported_from, blocks, workload, other_classes = rows[id_]
        origin, all_doubts = _origin(provenance, doubts, imported_from)
        failure = FailureReason(reason) if reason else None
        on = processes.get(id_)
        facts.append(
            MeasurementFacts(
                *(id_, origin, moment(measured_at), failure, all_doubts, on, blocks, workload),
                bool(other_classes),
            )
        )
    return tuple(facts)


@lru_cache(_TEXTS)
def _origin(
    provenance: str, doubts: str | None, imported_from: str | None
) -> tuple[Provenance, tuple[Doubt, ...]]:
    """Where a measurement comes from, and its doubts."""
    origin = Provenance(provenance)
    stored = (Doubt(word) for word in _words(doubts))
    return origin, (*stored, *doubts_of_origin(origin, imported_from))
