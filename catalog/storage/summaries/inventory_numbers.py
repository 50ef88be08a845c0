"""What a catalog holds of each target, in a few numbers that an operator watches."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from catalog.storage.database import ReadSession
from catalog.storage.summaries.newest import newest_time
from catalog.storage.tables import MeasurementRow, ValueRow
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


@dataclass(frozen=True)
class TargetNumbers:
    """`target` is an id. `newest` is when its newest measurement was made that archrank made, `slowdown` how
    much slower than quiet the machine was then. Both are None where there is none."""

    target: str
    measurements: int
    newest: datetime | None
    slowdown: float | None


def target_numbers(session: ReadSession) -> list[TargetNumbers]:
    """Of every target with measurements, by id. What was withdrawn does not count."""
    measured = MeasurementRow.provenance == Provenance.MEASURED
    used = MeasurementRow.withdrawn_at.is_(None)
    totals = (
        select(
            MeasurementRow.target,
            func.count(),
            newest_time(case((measured, MeasurementRow.measured_at))),
        )
        .where(used)
        .group_by(MeasurementRow.target)
        .order_by(MeasurementRow.target)
    )
    last = (
        select(MeasurementRow.target, func.max(MeasurementRow.arrival).label("arrival"))
        .join(ValueRow, ValueRow.measurement == MeasurementRow.id)
        .where(used, ValueRow.metric == Metric.SLOWDOWN, ValueRow.value.is_not(None))
        .group_by(MeasurementRow.target)
        .subquery()
    )
    of_last = (
        select(MeasurementRow.target, ValueRow.value)
        .join(last, last.c.arrival == MeasurementRow.arrival)
        .join(ValueRow, ValueRow.measurement == MeasurementRow.id)
        .where(ValueRow.metric == Metric.SLOWDOWN)
    )
    slowdowns = {target: value for target, value in session.execute(of_last)}  # noqa: C416 - a Result has keys
    return [
        TargetNumbers(target, count, newest, slowdowns.get(target))
        for target, count, newest in session.execute(totals)
    ]
