"""On how many blocks of calls the numbers of measurements rest."""

from collections.abc import Sequence

from sqlalchemy import select

from catalog.storage.bulk import chunks
from catalog.storage.database import ReadSession
from catalog.storage.tables import MeasurementRow


def block_counts(session: ReadSession, measurements: Sequence[str]) -> dict[str, int]:
    """The number of blocks by id, for those of these measurements that have blocks.

    Blocks are in the samples, which take about a millisecond a measurement to read. So it is asked for what
    is shown alone.
    """
    counts = {}
    for ids in chunks(measurements):
        query = select(MeasurementRow.id, MeasurementRow.samples).where(MeasurementRow.id.in_(ids))
        for id_, samples in session.execute(query):
            blocks = sum(len(sample.get("blocks") or ()) for sample in samples or ())
            if blocks:
                counts[id_] = blocks
    return counts
