"""What a shell completes: names of the catalog, and bounds.

A shell waits for the answer, and shows no error. So an unreadable catalog completes nothing.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from catalog.errors import ArchrankError
from catalog.host import LOCAL
from catalog.words.metrics import Metric

if TYPE_CHECKING:
    from catalog.storage.database import ReadSession


def targets(incomplete: str) -> list[str]:
    """Ids of targets that begin so, and `local`."""
    from catalog.storage.facts.facts import find_targets

    return _beginning(incomplete, [LOCAL, *_read(lambda session: [one.id for one in find_targets(session)])])


def networks(incomplete: str) -> list[str]:
    """Names of architectures that begin so. Once a dot is typed, names of checkpoints."""
    from catalog.entities.identity import architecture_of
    from catalog.storage.facts.names import architecture_names, checkpoint_names

    if "." in incomplete:
        architecture = architecture_of(incomplete)
        return _beginning(incomplete, _read(lambda session: checkpoint_names(session, architecture)))
    return _beginning(incomplete, _read(architecture_names))


def families(incomplete: str) -> list[str]:
    """Names of families that begin so."""
    from catalog.storage.facts.names import families as modules

    return _beginning(incomplete, _read(modules))


def tags(incomplete: str) -> list[str]:
    """Tags that begin so."""
    from catalog.storage.facts.names import tags as existing

    return _beginning(incomplete, _read(existing))


def metrics(incomplete: str) -> list[str]:
    """Names of metrics that begin so."""
    return _beginning(incomplete, Metric)


def bounds(incomplete: str) -> list[str]:
    """Names of metrics that begin so, with the sign before a bound."""
    return [] if "=" in incomplete else [f"{metric}=" for metric in metrics(incomplete)]


def _read(names: "Callable[[ReadSession], Iterable[str]]") -> list[str]:
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    try:
        with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
            return sorted(names(session))
    except ArchrankError:
        return []


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [str(name) for name in names if name.startswith(incomplete)]
