"""What queries of candidates share: which cases count, and columns as the driver gives them."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Label, String, cast, or_, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from catalog.storage.tables import ConfigurationRow, WorkloadRow
from catalog.words.vocabulary import Form, Scenario

# Times that are remembered. Of published measurements, all of a file have the same.
_TIMES = 16_384
HELD_STATEMENTS = 64
"""How many statements are held: one for a target and the evidence asked for. Writing one is slow."""

IS_CANDIDATE = or_(WorkloadRow.form == Form.DEPLOYED, ConfigurationRow.scenario == Scenario.TRAINING)
"""Whether a case is of a network as it is deployed, or of one as it is trained."""


def text_of(column: InstrumentedAttribute[Any]) -> Label[str]:
    """The text of a column of JSON. Few of the texts differ, and each of those is read once."""
    return cast(column, String).label(column.key)


def time_of(column: InstrumentedAttribute[datetime]) -> Label[Any]:
    """A time as the driver gives it, for `moment`. Few of the times differ, and each is read once."""
    return type_coerce(column, String).label(column.key)


def words(text: str | None) -> tuple[str, ...]:
    """The words of a list in JSON, which `text_of` selects. Empty where there is none."""
    return tuple(json.loads(text or "[]") or ())


@lru_cache(_TIMES)
def moment(stored: str | datetime) -> datetime:
    """The time (UTC) that `time_of` selects: a text in SQLite."""
    time = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
