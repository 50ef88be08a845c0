"""When something was measured last, whatever the clock of the machine said that measured."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, case, func, true

from catalog.storage.tables import MeasurementRow


def newest_time(only: ColumnElement[bool] | None = None) -> ColumnElement[datetime | None]:
    """The latest time of a group of measurements, of those for which `only` is true.

    A time that is still to come counts only where the group has no other. A clock that was set wrong for one
    measurement does not hide the times of all later ones.
    """
    counted = true() if only is None else only
    is_past = MeasurementRow.measured_at <= datetime.now(UTC)
    return func.coalesce(
        func.max(case((counted & is_past, MeasurementRow.measured_at))),
        func.max(case((counted, MeasurementRow.measured_at))),
    )
