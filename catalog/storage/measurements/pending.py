"""Samples of cases that a campaign has not finished."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from catalog.entities.documents import from_document
from catalog.entities.samples import PendingSample, ProcessSample
from catalog.storage.database import ReadSession, WriteSession
from catalog.storage.tables import (
    PendingSampleRow,
)


def pending_samples(session: ReadSession, case: PendingSample) -> list[ProcessSample]:
    """Samples of the unfinished case under its environment and protocol, in the order taken."""
    query = (
        select(PendingSampleRow.sample)
        .where(
            PendingSampleRow.workload == case.workload,
            PendingSampleRow.configuration == case.configuration,
            PendingSampleRow.target == case.target,
            PendingSampleRow.environment == case.environment,
            PendingSampleRow.protocol == case.protocol,
        )
        .order_by(PendingSampleRow.id)
    )
    return [from_document(ProcessSample, sample) for sample in session.scalars(query)]


def add_pending(session: WriteSession, samples: Iterable[PendingSample]) -> None:
    """Keep samples of unfinished cases."""
    for sample in samples:
        session.execute(insert(PendingSampleRow).values(**asdict(sample)))


def drop_pending(session: WriteSession, case: PendingSample) -> None:
    """Forget the samples of the case, whatever their environment and protocol."""
    session.execute(
        delete(PendingSampleRow).where(
            PendingSampleRow.workload == case.workload,
            PendingSampleRow.configuration == case.configuration,
            PendingSampleRow.target == case.target,
        )
    )
