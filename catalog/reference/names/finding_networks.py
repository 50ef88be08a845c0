"""Which network of the catalog a name means: the one way from a name to a network, behind every door."""

from catalog.reference.names.network_names import NameIndex
from catalog.reference.tables.reading import shipped
from catalog.storage.database import ReadSession
from catalog.storage.facts import names


def find_network(session: ReadSession, name: str) -> str | None:
    """The architecture or the checkpoint of the catalog that `name` means. None where it means none."""
    if not name.isprintable():  # a zero byte and half a character are no text to a database
        return None
    if names.knows(session, name):
        return name
    return name_index(session).find(name)


def name_index(session: ReadSession) -> NameIndex:
    """All names that the catalog knows."""
    return NameIndex(
        names.architecture_names(session),
        names.all_checkpoint_names(session),
        shipped().aliases(),
        names.hub_ids(session),
    )
