"""Who uploaded a measurement, and whose a case is."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, tuple_

from catalog.entities.keys import ApiKey
from catalog.storage.bulk import chunks, insert_new
from catalog.storage.database import ReadSession, WriteSession
from catalog.storage.tables import MeasurementRow, UploadRow

Case = tuple[str, str, str]
"""The ids of a target, a workload and a configuration."""


def note_uploads(session: WriteSession, measurements: Iterable[str], key: ApiKey, at: datetime) -> None:
    """Note that the key uploaded the measurements of these ids."""
    rows = [
        {"measurement": measurement, "key": key.id, "uploader": key.name, "uploaded_at": at}
        for measurement in measurements
    ]
    insert_new(session, UploadRow, rows)


def uploaders_of(session: ReadSession, measurements: Sequence[str]) -> dict[str, str]:
    """The uploader of each of the measurements that was uploaded, by its id."""
    return {
        measurement: uploader
        for chunk in chunks(measurements)
        for measurement, uploader in session.execute(
            select(UploadRow.measurement, UploadRow.uploader).where(UploadRow.measurement.in_(chunk))
        )
    }


def owners_of(session: WriteSession, cases: Sequence[Case]) -> dict[Case, set[str | None]]:
    """Who uploaded measurements of each of the cases. None is who did not upload, but measured or imported.

    A case without measurements is absent. What was withdrawn does not count.
    """
    owners: dict[Case, set[str | None]] = {}
    columns = MeasurementRow.target, MeasurementRow.workload, MeasurementRow.configuration
    for chunk in chunks(cases):
        query = (
            select(*columns, UploadRow.uploader)
            .outerjoin(UploadRow, UploadRow.measurement == MeasurementRow.id)
            .where(tuple_(*columns).in_(chunk), MeasurementRow.withdrawn_at.is_(None))
            .distinct()
        )
        for target, workload, configuration, uploader in session.execute(query):
            owners.setdefault((target, workload, configuration), set()).add(uploader)
    return owners
