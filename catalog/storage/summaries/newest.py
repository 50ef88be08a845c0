"""When something was measured last, whatever the clock of the machine said that measured."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func

from catalog.storage.tables import MeasurementRow


def newest_time(
    times: SQLColumnExpression[Any] = MeasurementRow.measured_at,
) -> ColumnElement[datetime | None]:
    """The latest of the times of a group.

    A time that is still to come counts only where the group has no other. A clock that was set wrong for one
    measurement does not hide the times of all later ones.
    """
    return func.coalesce(func.max(case((times <= datetime.now(UTC), times))), func.max(times))
