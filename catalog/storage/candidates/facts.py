"""What a candidate's row holds beside its case: the network, and the checkpoints that it is deployed with."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Label, String, and_, cast, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from catalog.entities.networks import IMAGE_CHANNELS
from catalog.storage.database import FACTS, ReadSession, held_while, last_change
from catalog.storage.metric_columns import COUNTS
from catalog.storage.tables import ArchitectureRow, CheckpointRow, ConfigurationRow, WorkloadRow
from catalog.words.vocabulary import Form, Scenario

# Times that are remembered. Of published measurements, all of a file have the same.
_TIMES = 16_384


def text_of(column: InstrumentedAttribute[Any]) -> Label[str]:
    """The text of a column of JSON. Few of the texts differ, and each of those is read once."""
    return cast(column, String).label(column.key)


def time_of(column: InstrumentedAttribute[datetime]) -> Label[Any]:
    """A time as the driver gives it, for `moment`. Few of the times differ, and each is read once."""
    return type_coerce(column, String).label(column.key)


@lru_cache(_TIMES)
def moment(stored: str | datetime) -> datetime:
    """The time (UTC) that `time_of` selects: a text in SQLite."""
    time = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


_COLUMNS: tuple[Any, ...] = (
    WorkloadRow.architecture,
    WorkloadRow.num_classes,
    WorkloadRow.input_size,
    *(expression.label(metric) for metric, expression in COUNTS.items()),
    ArchitectureRow.family,
    text_of(ArchitectureRow.tags),
    (WorkloadRow.num_classes != ArchitectureRow.num_classes).label("has_other_classes"),
    CheckpointRow.name.label("checkpoint"),
    CheckpointRow.license,
    CheckpointRow.commercial_use,
    text_of(CheckpointRow.training_data),
    text_of(CheckpointRow.training_methods),
)


@dataclass(frozen=True)
class Networks:
    """What is known of every network: the `names` of facts, and their values for each of the network's
    checkpoints, by the id of its workload. A network without a checkpoint has one row."""

    names: Sequence[str]
    rows: Mapping[str, Sequence[tuple[Any, ...]]]


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
        select(WorkloadRow.id, *_COLUMNS)
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
    _, *names = result.keys()
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for workload, *facts in result:
        rows.setdefault(workload, []).append(tuple(facts))
    return Networks(names, rows)


IS_CANDIDATE = or_(WorkloadRow.form == Form.DEPLOYED, ConfigurationRow.scenario == Scenario.TRAINING)
"""Whether a case is of a network as it is deployed, or of one as it is trained."""
