"""How much slower than quiet the machine was, whenever a case of a target was measured."""

from sqlalchemy import select

from catalog.entities.measurements import Slowdown
from catalog.storage.database import ReadSession
from catalog.storage.mapping import samples_from_row
from catalog.storage.tables import MeasurementRow, ValueRow
from catalog.words.metrics import Metric


def last_slowdowns(session: ReadSession, target: str, limit: int) -> list[Slowdown]:
    """Those of the newest measurements of `target` that have one, the newest first."""
    query = (
        select(MeasurementRow.measured_at, ValueRow.value, MeasurementRow.samples)
        .join(ValueRow, ValueRow.measurement == MeasurementRow.id)
        .where(
            MeasurementRow.target == target,
            MeasurementRow.withdrawn_at.is_(None),
            ValueRow.metric == Metric.SLOWDOWN,
            ValueRow.value.is_not(None),
        )
        .order_by(MeasurementRow.arrival.desc())
        .limit(limit)
    )
    slowdowns = []
    for measured_at, value, stored in session.execute(query):
        first = next((sample for sample in samples_from_row(stored) if sample.blocks), None)
        slowdowns.append(
            Slowdown(
                measured_at,
                value,
                first.quiet_ns if first else None,
                first.blocks[0].before.cpus if first else None,
            )
        )
    return slowdowns
