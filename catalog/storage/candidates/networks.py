"""What a candidate holds beside its case: the network, and the checkpoints that it is deployed with."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import and_, func, select

from catalog.candidates.category import Bools, Category, Floats, Ints
from catalog.entities.networks import IMAGE_CHANNELS
from catalog.storage.candidates.evaluations import NOT_EVALUATED, evaluations
from catalog.storage.candidates.plausible import plausible
from catalog.storage.candidates.selecting import text_of, words
from catalog.storage.database import FACTS, ReadSession, held_while, last_change
from catalog.storage.metric_columns import ACCURACIES, COUNTS, WEIGHTS_MB
from catalog.storage.tables import ArchitectureRow, CheckpointRow, WorkloadRow
from catalog.words.metrics import RATIO_COSTS, Metric
from catalog.words.vocabulary import Form

_OTHER_CLASSES = "has_other_classes"
# The columns of `CandidateColumns` that say of what network a candidate is, and with which weights.
_DESCRIBED = ("architecture", "family", "checkpoint", "license", "commercial_use")
_LISTS = ("tags", "training_data", "training_methods")
_COLUMNS: tuple[Any, ...] = (
    WorkloadRow.id,
    WorkloadRow.architecture,
    WorkloadRow.num_classes,
    WorkloadRow.input_size,
    WorkloadRow.form,
    WEIGHTS_MB.label("weights_mb"),
    *(expression.label(metric) for metric, expression in COUNTS.items()),
    ArchitectureRow.family,
    text_of(ArchitectureRow.tags),
    (WorkloadRow.num_classes != ArchitectureRow.num_classes).label(_OTHER_CLASSES),
    CheckpointRow.name.label("checkpoint"),
    CheckpointRow.license,
    CheckpointRow.commercial_use,
    text_of(CheckpointRow.training_data),
    text_of(CheckpointRow.training_methods),
)


@dataclass(frozen=True)
class Networks:
    """The networks of all workloads, a row for each of their checkpoints. One without a checkpoint has a row.

    `described` are columns of `CandidateColumns`, by name. Rows of the same `code` are of the same checkpoint
    (or of none), the same number of classes and the same input size. Sorted by `order`, rows are sorted by
    architecture, checkpoint and input size. `numbers` are what was counted of networks and published of
    checkpoints. NaN is unknown.
    """

    described: Mapping[str, Category[Any]]
    input_size: Ints
    has_weights: Bools
    has_other_classes: Bools
    is_deployed: Bools
    weights_mb: Floats
    code: Ints
    order: Ints
    numbers: Mapping[Metric, Floats]

    # The rows of the workload at place p are _rows[_starts[p] : _starts[p + 1]].
    _places: Mapping[str, int]
    _rows: Ints
    _starts: Ints

    def of_workloads(self, ids: Category[str]) -> tuple[Ints, Ints]:
        """The rows of workloads, and for each row the position of its workload in `ids`."""
        unknown = len(self._places)  # a place without rows
        places = np.array([self._places.get(id_, unknown) for id_ in ids.values], dtype=np.int64)[ids.codes]
        starts, ends = self._starts[places], self._starts[places + 1]
        positions = np.repeat(np.arange(len(ids)), ends - starts)
        before = np.cumsum(ends - starts) - (ends - starts)
        return self._rows[np.arange(len(positions)) + (starts - before)[positions]], positions


def _state(session: ReadSession) -> Hashable:
    """What changes with the answer of `networks`. A network that is measured for the first time is no change
    of facts, for which candidates of other targets would be read again."""
    count = session.connection().scalar(select(func.count()).select_from(WorkloadRow))
    return last_change(session, FACTS), count


@held_while(_state)
def networks(session: ReadSession) -> Networks:
    """The networks of all workloads. A network for images of other channels was measured for its own sake. No
    weights and no accuracy are of it, so it is no candidate."""
    query = (
        select(*_COLUMNS)
        .join(ArchitectureRow, WorkloadRow.architecture == ArchitectureRow.name)
        .outerjoin(
            CheckpointRow,
            and_(
                CheckpointRow.architecture == WorkloadRow.architecture,
                CheckpointRow.num_classes == WorkloadRow.num_classes,
            ),
        )
        .where(WorkloadRow.in_chans == IMAGE_CHANNELS)
    )
    result = session.connection().execute(query)  # a session would make more of each row
    names, rows = tuple(result.keys()), result.all()
    columns = dict(zip(names, zip(*rows, strict=True) if rows else ((),) * len(names), strict=True))
    # Ordered here, because databases differ in how they order text and where they put nulls.
    keys = list(
        zip(
            columns["architecture"],
            (checkpoint or "" for checkpoint in columns["checkpoint"]),
            columns["input_size"],
            strict=True,
        )
    )
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    workloads = Category.of(columns["id"])
    by_workload = np.argsort(workloads.codes, kind="stable")
    return Networks(
        described={
            **{name: Category.of(columns[name]) for name in _DESCRIBED},
            **{name: Category.of(columns[name]).map(words) for name in _LISTS},
        },
        input_size=np.array(columns["input_size"], dtype=np.int64),
        has_weights=np.array([name is not None for name in columns["checkpoint"]], dtype=np.bool_),
        has_other_classes=np.array(columns[_OTHER_CLASSES], dtype=np.bool_),
        is_deployed=np.array([form == Form.DEPLOYED for form in columns["form"]], dtype=np.bool_),
        weights_mb=np.array(columns["weights_mb"], dtype=np.float64),
        code=Category.of(zip(keys, columns["num_classes"], strict=True)).codes,
        order=np.fromiter(map(places.__getitem__, keys), np.int64, len(keys)),
        numbers=_numbers(session, columns),
        _places={id_: place for place, id_ in enumerate(workloads.values)},
        _rows=by_workload,
        _starts=np.searchsorted(workloads.codes[by_workload], np.arange(len(workloads.values) + 2)),
    )


def _numbers(session: ReadSession, columns: Mapping[str, Sequence[Any]]) -> dict[Metric, Floats]:
    """What was counted of networks and published of checkpoints, for each row of `columns`."""
    places, published = evaluations(session)
    networks = zip(columns["checkpoint"], columns["input_size"], strict=True)
    rows = [places.get(network, NOT_EVALUATED) for network in networks]
    accuracies = zip(ACCURACIES, published[rows].T, strict=True)
    counts = ((metric, np.array(columns[metric], dtype=np.float64)) for metric in COUNTS)  # NaN for None
    numbers = {metric: plausible(metric, values) for metric, values in (*counts, *accuracies)}
    return numbers | {ratio: numbers[Metric.TOP1] / numbers[cost] for ratio, cost in RATIO_COSTS.items()}
