"""The names that the catalog knows."""

import json

from sqlalchemy import String, cast, func, select

from catalog.entities.identity import is_checkpoint_name
from catalog.storage.database import ReadSession, WriteSession, held_of_facts
from catalog.storage.tables import (
    ArchitectureRow,
    CheckpointRow,
)


@held_of_facts
def architecture_names(session: ReadSession) -> list[str]:
    """The name of every architecture, sorted."""
    return list(session.scalars(select(ArchitectureRow.name).order_by(ArchitectureRow.name)))


def knows(session: ReadSession, name: str) -> bool:
    """Whether there is a checkpoint or an architecture of this name."""
    table = CheckpointRow if is_checkpoint_name(name) else ArchitectureRow
    return session.get(table, name) is not None


def checkpoint_names(session: ReadSession, architecture: str) -> list[str]:
    """The name of every checkpoint of the architecture, sorted."""
    query = select(CheckpointRow.name).where(CheckpointRow.architecture == architecture)
    return sorted(session.scalars(query))


def all_checkpoint_names(session: ReadSession | WriteSession) -> set[str]:
    """The name of every checkpoint."""
    return set(session.scalars(select(CheckpointRow.name)))


def hub_ids(session: ReadSession) -> dict[str, str]:
    """The name of every checkpoint that has a repository on the Hugging Face Hub, by the repository."""
    query = select(CheckpointRow.hub_id, CheckpointRow.name).where(CheckpointRow.hub_id.is_not(None))
    return {hub_id: name for hub_id, name in session.execute(query) if hub_id is not None}


@held_of_facts
def families(session: ReadSession) -> list[str]:
    """Every family that an architecture of the catalog belongs to, sorted."""
    query = select(ArchitectureRow.family).where(ArchitectureRow.family.is_not(None)).distinct()
    return sorted(family for family in session.scalars(query) if family is not None)


@held_of_facts
def licenses(session: ReadSession) -> list[str]:
    """Every licence that a checkpoint of the catalog has, sorted."""
    query = select(CheckpointRow.license).where(CheckpointRow.license.is_not(None)).distinct()
    return sorted(license_ for license_ in session.scalars(query) if license_ is not None)


@held_of_facts
def tags(session: ReadSession) -> list[str]:
    """Every tag that an architecture of the catalog has, sorted."""
    # As text, of which few are different.
    texts = session.scalars(select(cast(ArchitectureRow.tags, String)).distinct())
    return sorted({tag for text in texts for tag in (json.loads(text) if text else ())})


@held_of_facts
def count_architectures(session: ReadSession) -> int:
    """How many architectures there are."""
    return session.scalar(select(func.count()).select_from(ArchitectureRow)) or 0
