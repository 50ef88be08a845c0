"""On how many blocks of calls the numbers of measurements rest."""

from collections.abc import Sequence

from sqlalchemy import select

from catalog.storage.bulk import chunks
from catalog.storage.database import ReadSession
from catalog.storage.tables import MeasurementRow


def block_counts(session: ReadSession, measurements: Sequence[str]) -> dict[str, int]:
    """The number of blocks by id, for those of these measurements that have blocks."""
    counts: dict[str, int] = {}
    for ids in chunks(measurements):
        query = select(MeasurementRow.id, MeasurementRow.blocks).where(MeasurementRow.id.in_(ids))
        counts |= {id_: blocks for id_, blocks in session.execute(query) if blocks is not None}
    return counts
