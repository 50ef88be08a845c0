"""Withdrawing measurements. They are kept with the reason, and no answer uses them."""

from datetime import datetime

from sqlalchemy import select, update

from catalog.border.checking import refuse_implausible
from catalog.entities.measurements import Withdrawal
from catalog.errors import RecordRefused
from catalog.storage.changes import targets_changed
from catalog.storage.database import WriteSession
from catalog.storage.tables import MeasurementRow


def withdraw(session: WriteSession, measurement: str, withdrawal: Withdrawal | None) -> str:
    """Withdraw the measurement of this id, or undo it with None. Returns the id of its target.

    Raises:
        RecordRefused: there is no measurement of this id, or the reason is no text.
    """
    if withdrawal is not None:
        refuse_implausible([withdrawal])
    marks: dict[str, str | datetime | None] = {
        "withdrawn_at": withdrawal.at if withdrawal else None,
        "withdrawn_reason": withdrawal.reason if withdrawal else None,
    }
    its_own = MeasurementRow.id == measurement
    targets_changed(session, session.scalars(select(MeasurementRow.target).where(its_own)))
    changed = session.execute(update(MeasurementRow).where(its_own).values(**marks))
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise RecordRefused(
            f"There is no measurement {measurement!r}.", "`GET /v1/measurements` lists the ids."
        )
    return session.scalars(select(MeasurementRow.target).where(MeasurementRow.id == measurement)).one()
