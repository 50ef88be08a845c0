"""What a write changes: the numbers of some targets, or the facts that all targets share.

Candidates of a target follow from its measurements and estimates, and from facts. Whoever changes any of it
notes it here, in the same transaction. What is held of other targets then stays (`database.last_change`).
"""

from collections.abc import Iterable

from sqlalchemy import select

from catalog.storage.bulk import put
from catalog.storage.database import FACTS, WriteSession
from catalog.storage.tables import CatalogState, ChangeRow


def targets_changed(session: WriteSession, targets: Iterable[str]) -> None:
    """Note that this write changes measurements or estimates of the targets with these ids."""
    revision = session.scalar(select(CatalogState.revision))
    put(session, ChangeRow, [{"target": target, "revision": revision} for target in sorted(set(targets))])


def facts_changed(session: WriteSession) -> None:
    """Note that this write changes architectures, checkpoints, accuracies or counts."""
    targets_changed(session, [FACTS])
