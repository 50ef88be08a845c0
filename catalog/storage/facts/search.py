"""Searching the architectures by what is known of them, of their checkpoints and of their measurements."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_, select, text

from catalog.entities.networks import IMAGE_CHANNELS, Accuracy, Architecture, CountedWorkload
from catalog.storage.database import ReadSession
from catalog.storage.facts.native_workloads import is_default_workload
from catalog.storage.mapping import accuracy_from_row, architecture_from_row, counted_from_row
from catalog.storage.metric_columns import ACCURACIES, COUNTS, DEPLOYED_MB, FILE_BYTES
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    CheckpointRow,
    MeasurementRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.metrics import DATASETS, RATIO_COSTS, Metric, Subject
from catalog.words.vocabulary import Dataset, Form, Precision

Range = tuple[float | None, float | None]
_IN_A_TAG = re.compile(r"[\w.-]+")

# What the default workload of an architecture has on every target.
_COUNTED: Mapping[Metric, ColumnElement[Any]] = {**COUNTS, Metric.SIZE_MB: DEPLOYED_MB}


@dataclass(frozen=True)
class ArchitectureQuery:
    """What an architecture must be. A field that is None or empty lets everything pass. Where a field asks
    for something, what is unknown does not pass. `family` is a module of timm, or the tag of a line within.

    `ranges` holds closed bounds by metric. A count is that of the default workload. An accuracy is that of a
    checkpoint, which must also have the licence and the training asked for: it was trained on none of the
    excluded data, by one of the `training_methods` and none of the excluded. A metric of a case is that of
    any measurement, on the `target` where there is one.
    """

    text: str | None = None
    family: str | None = None
    tags: tuple[str, ...] = ()
    license: str | None = None
    commercial_use: bool | None = None
    without_training_data: tuple[str, ...] = ()
    training_methods: tuple[str, ...] = ()
    without_training_methods: tuple[str, ...] = ()
    ranges: Mapping[Metric, Range] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True)
class ArchitectureSummary:
    """An architecture with the counts of its default workload and its best published ImageNet top-1.

    `file_bytes` is the size of the fp32 file that the default workload is deployed as, None where none was
    made here. `checkpoints` is how many it has. `training_methods` are those of any of them, sorted.
    """

    architecture: Architecture
    counted: CountedWorkload | None
    file_bytes: int | None
    most_accurate: Accuracy | None
    checkpoints: int
    training_methods: tuple[str, ...]


def find_architectures(
    session: ReadSession, query: ArchitectureQuery, *, after: str | None = None, limit: int
) -> list[ArchitectureSummary]:
    """Architectures in order of name, behind the name `after`."""
    statement = select(ArchitectureRow).where(*_conditions(query)).order_by(ArchitectureRow.name).limit(limit)
    if after is not None:
        statement = statement.where(ArchitectureRow.name > after)
    if session.get_bind().dialect.name == "postgresql":
        # Each bound is a join. To weigh the orders of twenty joins takes longer than any order of them.
        session.execute(text("SET LOCAL join_collapse_limit = 1"))
    architectures = [architecture_from_row(row) for row in session.scalars(statement)]
    names = [architecture.name for architecture in architectures]
    defaults, accurate = _default_workloads(session, names), _most_accurate(session, names)
    methods = _methods_of_checkpoints(session, names)
    return [
        ArchitectureSummary(
            architecture,
            counted,
            file_bytes,
            accurate.get(architecture.name),
            len(methods.get(architecture.name, ())),
            tuple(sorted(set(chain.from_iterable(methods.get(architecture.name, ()))))),
        )
        for architecture in architectures
        for counted, file_bytes in [defaults.get(architecture.name, (None, None))]
    ]


def _conditions(query: ArchitectureQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.text is not None:
        wanted = query.text.lower()
        texts: list[Any] = [ArchitectureRow.name, ArchitectureRow.family]
        if _IN_A_TAG.fullmatch(wanted):  # the tags are JSON, whose punctuation is no part of them
            texts.append(cast(ArchitectureRow.tags, String))
        conditions.append(or_(*(func.lower(text).contains(wanted, autoescape=True) for text in texts)))
    if query.family is not None:
        of_a_line = _holds_text(ArchitectureRow.tags, query.family)
        conditions.append(or_(ArchitectureRow.family == query.family, of_a_line))
    conditions += [_holds_text(ArchitectureRow.tags, tag) for tag in query.tags]
    by_subject: dict[Subject, dict[Metric, Range]] = {}
    for metric, bounds in query.ranges.items():
        subject = Subject.WORKLOAD if metric in _COUNTED else metric.subject
        by_subject.setdefault(subject, {})[metric] = bounds
    if counts := by_subject.get(Subject.WORKLOAD):
        within = [_within(_COUNTED[metric], bounds) for metric, bounds in counts.items()]
        conditions.append(exists().where(is_default_workload(), *within))
    conditions += _on_one_checkpoint(query, by_subject.get(Subject.CHECKPOINT, {}))
    of_cases = by_subject.get(Subject.CASE, {})
    if of_cases or query.target is not None:
        conditions.append(_measured(of_cases, query.target))
    return conditions


def _on_one_checkpoint(
    query: ArchitectureQuery, accuracies: Mapping[Metric, Range]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.license is not None:
        conditions.append(func.lower(CheckpointRow.license) == query.license.lower())
    if query.commercial_use is not None:
        conditions.append(CheckpointRow.commercial_use == query.commercial_use)
    if query.without_training_data:
        conditions.append(CheckpointRow.training_data.is_not(None))
        conditions += [
            ~_holds_text(CheckpointRow.training_data, slug) for slug in query.without_training_data
        ]
    if query.training_methods:
        conditions.append(
            or_(*(_holds_text(CheckpointRow.training_methods, method) for method in query.training_methods))
        )
    if query.without_training_methods:
        conditions.append(CheckpointRow.training_methods.is_not(None))
        conditions += [
            ~_holds_text(CheckpointRow.training_methods, method) for method in query.without_training_methods
        ]
    for metric, bounds in accuracies.items():
        cost = RATIO_COSTS.get(metric)
        value = ACCURACIES[metric] if cost is None else ACCURACIES[Metric.TOP1] / COUNTS[cost]
        evaluated = [
            AccuracyRow.checkpoint == CheckpointRow.name,
            AccuracyRow.dataset == DATASETS[metric],
            AccuracyRow.precision == Precision.FP32,
            _within(value, bounds),
        ]
        if cost is not None:
            evaluated += [
                WorkloadRow.architecture == CheckpointRow.architecture,
                WorkloadRow.num_classes == CheckpointRow.num_classes,
                WorkloadRow.input_size == AccuracyRow.input_size,
                WorkloadRow.in_chans == IMAGE_CHANNELS,
                WorkloadRow.form == Form.DEPLOYED,
            ]
        conditions.append(exists().where(*evaluated))
    if not conditions:
        return []
    return [exists().where(CheckpointRow.architecture == ArchitectureRow.name, *conditions)]


def _measured(ranges: Mapping[Metric, Range], target: str | None) -> ColumnElement[bool]:
    """Whether an architecture has, for each metric of `ranges`, a measured number within. With a `target`, it
    was measured there, with colour images. Without ranges, any such measurement is enough."""
    # One query that does not depend on the architecture. SQLite would answer one that does anew for each.
    query = (
        select(WorkloadRow.architecture)
        .join(MeasurementRow, MeasurementRow.workload == WorkloadRow.id)
        .where(MeasurementRow.withdrawn_at.is_(None), WorkloadRow.in_chans == IMAGE_CHANNELS)
    )
    if target is not None:
        query = query.where(MeasurementRow.target == target)
    if ranges:
        within = [
            and_(ValueRow.metric == metric, _within(ValueRow.value, bounds))
            for metric, bounds in ranges.items()
        ]
        query = (
            query.join(ValueRow, ValueRow.measurement == MeasurementRow.id)
            .where(or_(*within))
            .group_by(WorkloadRow.architecture)
            .having(func.count(ValueRow.metric.distinct()) == len(ranges))
        )
    return ArchitectureRow.name.in_(query)


def _within(value: Any, bounds: Range) -> ColumnElement[bool]:
    low, high = bounds
    sides = [] if low is None else [value >= low]
    sides += [] if high is None else [value <= high]
    return and_(value.is_not(None), *sides)


def _holds_text(column: Any, word: str) -> ColumnElement[bool]:
    """Whether a JSON list of texts holds `word`. Both databases keep its text as it was written."""
    return func.lower(cast(column, String)).contains(f'"{word.lower()}"', autoescape=True)


def _default_workloads(
    session: ReadSession, names: Sequence[str]
) -> dict[str, tuple[CountedWorkload, int | None]]:
    """The default workload of each architecture that has one, and the bytes of its file."""
    query = (
        select(WorkloadRow, FILE_BYTES)
        .join(ArchitectureRow, is_default_workload())
        .where(ArchitectureRow.name.in_(names))
    )
    return {row.architecture: (counted_from_row(row), size) for row, size in session.execute(query)}


def _most_accurate(session: ReadSession, names: Sequence[str]) -> dict[str, Accuracy]:
    query = (
        select(CheckpointRow.architecture, AccuracyRow)
        .join(AccuracyRow, AccuracyRow.checkpoint == CheckpointRow.name)
        .where(
            CheckpointRow.architecture.in_(names),
            AccuracyRow.dataset == Dataset.IMAGENET_VAL,
            AccuracyRow.precision == Precision.FP32,
        )
        .order_by(AccuracyRow.top1, AccuracyRow.input_size.desc(), AccuracyRow.checkpoint.desc())
    )
    return {architecture: accuracy_from_row(row) for architecture, row in session.execute(query)}


def _methods_of_checkpoints(session: ReadSession, names: Sequence[str]) -> dict[str, list[list[str]]]:
    """How each checkpoint of each architecture was trained."""
    query = select(CheckpointRow.architecture, CheckpointRow.training_methods).where(
        CheckpointRow.architecture.in_(names)
    )
    methods: dict[str, list[list[str]]] = {}
    for architecture, of_checkpoint in session.execute(query):
        methods.setdefault(architecture, []).append(of_checkpoint or [])
    return methods
