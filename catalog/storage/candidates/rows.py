"""Reading the columns of candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select

from catalog.candidates.category import Bools, Category, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.candidates.metric_columns import MetricColumn, MetricTable, speed_order
from catalog.entities.configurations import Configuration
from catalog.storage.candidates.estimated_rows import (
    ESTIMATED,
    FILE_LEVEL,
    FILE_PER_WEIGHTS,
    estimated_candidates,
)
from catalog.storage.candidates.evaluations import evaluated
from catalog.storage.candidates.networks import Networks, networks
from catalog.storage.candidates.plausible import plausible
from catalog.storage.candidates.selecting import HELD_STATEMENTS, moment, text_of, time_of, words
from catalog.storage.candidates.stored_values import stored_values
from catalog.storage.candidates.training import with_training
from catalog.storage.database import ReadSession, last_change
from catalog.storage.mapping import configuration_from_row
from catalog.storage.tables import ArtefactRow, ConfigurationRow, MeasurementRow
from catalog.words.doubts import Doubt, FailureReason, doubts_of_origin
from catalog.words.metrics import TRAINING_METRICS, Metric, Subject
from catalog.words.vocabulary import Precision, Provenance, RuntimeName, Scenario

# The precisions whose rows show the accuracy of fp32, with a doubt.
_TRANSFERS_ACCURACY = set(Precision) - {Precision.INT8}
# Lists of words that are remembered. The shipped catalog has 340.
_TEXTS = 4096


def candidate_columns(
    session: ReadSession, target: str, evidence: Sequence[Provenance] = ()
) -> CandidateColumns:
    """All candidates of the target with the id `target`, ordered by name, size and configuration.

    A case is an estimated candidate where it has estimates and no measurement. With `evidence`, only numbers
    of these provenances count.
    """
    stored = _stored_cases(session, target, tuple(evidence))
    known = networks(session)
    rows, cases = _sorted_rows(known, stored)
    present = Category(tuple(range(len(stored.runs))), cases).compact()
    ids = [stored.columns["id"][case] for case in present.values]
    numbers, processes = stored_values(session, target, ids)
    failed = np.array([reason is not None for reason in stored.columns["reason"]], dtype=np.bool_)
    runs = stored.runs.take(cases)
    unknown = np.full((1, len(ids)), np.nan)
    speeds, *_ = numbers.get(Metric.TRAIN_THROUGHPUT_IPS, unknown)
    candidates, trained = with_training(
        known.code[rows],
        Category.of(run.common_settings for run in runs.values).codes[runs.codes],
        runs.mask(_is_training),
        failed[cases],
        speeds[present.codes],
    )
    has_other_classes = np.zeros(len(ids), dtype=np.bool_)
    has_other_classes[present.codes] = known.has_other_classes[rows]
    facts = _facts(stored, present.values, processes, has_other_classes)
    measurement, training = present.codes[candidates], present.codes[trained]
    other_runs = np.where(trained == candidates, len(runs.values), runs.codes[trained])
    training_runs = Category((*runs.values, None), other_runs).compact()
    rows, cases, runs = rows[candidates], cases[candidates], runs.take(candidates)
    metrics = _exact_metrics(known, rows, runs) | {Metric.SIZE_MB: _sizes(known, rows, stored, cases)}
    for metric, table in numbers.items():
        of = training if metric in TRAINING_METRICS else measurement
        metrics[metric] = MetricColumn.of(*table).take(of)
    return CandidateColumns(
        **{name: column.take(rows).compact() for name, column in known.described.items()},
        input_size=known.input_size[rows],
        configuration=runs.compact(),
        measurement=Category(facts, measurement),
        training=Category(facts, training),
        training_configuration=training_runs,
        usable=~failed[cases],
        speed_order=speed_order(metrics),
        metrics=MetricTable(metrics),
        changed=last_change(session, target),
        evaluated=evaluated(session),
    )


@dataclass(frozen=True)
class _StoredCases:
    """The cases of a target: what is stored of them, as `columns` by name, and their configurations.

    Sorted by `run_order`, cases are sorted by the ids of their configurations. Of cases of one network in one
    series, the one that arrived last is the `newest`. Estimates did not arrive, and all are.
    """

    columns: Mapping[str, Sequence[Any]]
    workloads: Category[str]
    runs: Category[Configuration]
    run_order: Ints
    is_estimated: Bools
    newest: Bools


def _stored_cases(session: ReadSession, target: str, evidence: tuple[Provenance, ...]) -> _StoredCases:
    """The measured and published cases, and the estimated ones."""
    connection = session.connection()  # a session would make more of each row
    found = connection.execute(_cases(target, evidence))
    names, cases = tuple(found.keys()), found.all()
    estimated = estimated_candidates(target, evidence)
    if estimated is not None:
        cases = [*cases, *connection.execute(estimated)]
    columns = dict(zip(names, zip(*cases, strict=True) if cases else ((),) * len(names), strict=True))
    ids = Category.of(columns["configuration"])
    query = select(ConfigurationRow).where(ConfigurationRow.id.in_(ids.values))
    runs = ids.map({row.id: configuration_from_row(row) for row in session.scalars(query)}.__getitem__)
    places = {id_: place for place, id_ in enumerate(sorted(ids.values))}
    run_order = np.array([places[id_] for id_ in ids.values], dtype=np.int64)[ids.codes]
    workloads = Category.of(columns["workload"])
    arrivals = np.array(columns["arrival"], dtype=np.int64)
    is_estimated = arrivals == ESTIMATED
    newest = _newest(workloads, runs, arrivals) | is_estimated
    return _StoredCases(columns, workloads, runs, run_order, is_estimated, newest)


def _sorted_rows(known: Networks, stored: _StoredCases) -> tuple[Ints, Ints]:
    """The candidates in their order: for each its row of the networks, and the position of its case."""
    rows, cases = known.of_workloads(stored.workloads)
    measured = Category.of(stored.columns["provenance"]).mask(Provenance.MEASURED.__eq__)
    # A head of other classes was measured for its own sake. No weights come with it.
    kept = stored.newest[cases] & (
        known.has_weights[rows] | ~known.has_other_classes[rows] | ~measured[cases]
    )
    # A form that is not deployed is trained alone.
    kept &= known.is_deployed[rows] | stored.runs.mask(_is_training)[cases]
    rows, cases = rows[kept], cases[kept]
    order = np.lexsort((stored.run_order[cases], known.order[rows]))
    return rows[order], cases[order]


def _is_training(run: Configuration) -> bool:
    return run.scenario is Scenario.TRAINING


def _exact_metrics(known: Networks, rows: Ints, runs: Category[Configuration]) -> dict[Metric, MetricColumn]:
    """Every metric in its order, of what was counted of networks and published of checkpoints. What is stored
    of a case is unknown."""
    nothing = MetricColumn.exact(np.full(len(rows), np.nan))
    transfers = runs.mask(lambda run: run.precision in _TRANSFERS_ACCURACY)
    metrics = dict.fromkeys(Metric, nothing)
    for metric, numbers in known.numbers.items():
        own = numbers[rows]
        if metric.subject is Subject.CHECKPOINT:
            own = np.where(transfers, own, np.nan)
        metrics[metric] = MetricColumn.exact(own)
    return metrics


def _sizes(known: Networks, rows: Ints, stored: _StoredCases, cases: Ints) -> MetricColumn:
    """The sizes on disk of what is deployed: of the file of a case, or of the fp32 weights.

    PyTorch loads the weights where a case has no file, and where it is estimated. Other runtimes load a file.
    Where none was made, what is estimated in fp32 has the size of the weights, with an interval.
    """
    weights_mb, runs = known.weights_mb[rows], stored.runs.take(cases)
    file_mb = np.array(stored.columns["bytes"], dtype=np.float64)[cases] / 1e6
    in_pytorch = runs.mask(lambda run: run.runtime is RuntimeName.PYTORCH)
    estimated = stored.is_estimated[cases]
    in_fp32 = runs.mask(lambda run: run.precision is Precision.FP32)
    has_no_file = np.isnan(file_mb)
    are_weights = np.where(in_pytorch, has_no_file | estimated, has_no_file & estimated)
    sizes = np.where(are_weights, weights_mb, file_mb)
    sizes = plausible(Metric.SIZE_MB, np.where(estimated & ~in_fp32, np.nan, sizes))
    uncertain = estimated & ~in_pytorch & has_no_file & ~np.isnan(sizes)
    low, high, level = (
        np.where(uncertain, end, np.nan) for end in (*np.multiply.outer(FILE_PER_WEIGHTS, sizes), FILE_LEVEL)
    )
    return MetricColumn.of(sizes, low, high, level)


def _newest(workloads: Category[str], runs: Category[Configuration], arrivals: Ints) -> Bools:
    """Which cases arrived last, of those that are of one network in one series."""
    series = Category.of(run.series for run in runs.values)
    newest = np.ones(len(runs), dtype=np.bool_)
    if len(series.values) < len(runs.values):
        keys = workloads.codes * len(series.values) + series.codes[runs.codes]
        order = np.lexsort((arrivals, keys))
        newest[order[:-1]] = keys[order[1:]] != keys[order[:-1]]
    return newest


@lru_cache(HELD_STATEMENTS)
def _cases(target: str, evidence: tuple[Provenance, ...]) -> Select[*tuple[Any, ...]]:
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
            ArtefactRow.bytes,
            MeasurementRow.arrival,
        )
        .join(last, MeasurementRow.arrival == last.c.arrival)
        .outerjoin(ArtefactRow, MeasurementRow.artefact == ArtefactRow.id)
    )


def _facts(
    stored: _StoredCases, cases: Sequence[int], processes: Mapping[str, int], has_other_classes: Bools
) -> tuple[MeasurementFacts, ...]:
    """The facts of the measurement of each of `cases`, which are positions. `has_other_classes` is in their
    order."""

    def of(name: str) -> list[Any]:
        column = stored.columns[name]
        return [column[case] for case in cases]

    ids = of("id")
    origins = list(map(_origin, of("provenance"), of("doubts"), of("imported_from")))
    return tuple(
        map(
            MeasurementFacts,
            ids,
            (provenance for provenance, _ in origins),
            map(moment, of("measured_at")),
            (FailureReason(reason) if reason else None for reason in of("reason")),
            (doubts for _, doubts in origins),
            map(processes.get, ids),
            of("blocks"),
            of("workload"),
            has_other_classes.tolist(),
        )
    )


@lru_cache(_TEXTS)
def _origin(
    provenance: str, doubts: str | None, imported_from: str | None
) -> tuple[Provenance, tuple[Doubt, ...]]:
    """Where a measurement comes from, and its doubts."""
    origin = Provenance(provenance)
    stored = (Doubt(word) for word in words(doubts))
    return origin, (*stored, *doubts_of_origin(origin, imported_from))
