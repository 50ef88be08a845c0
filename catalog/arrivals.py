"""What follows when measurements of targets arrived, or were withdrawn.

Estimates follow from measurements. How is the app's knowledge, which `catalog` and `profiler` never import.
So the app names a function, as an entry point of the group `archrank.arrivals`.
"""

from collections.abc import Callable, Collection
from importlib.metadata import entry_points

from catalog.storage.database import Catalog

_GROUP = "archrank.arrivals"


def follow(catalog: Catalog, targets: Collection[str], tell: Callable[[str], None]) -> None:
    """Let everything follow that follows from measurements of the targets with these ids. `tell` is given
    sentences for the user. It may take seconds for each target."""
    if not targets:
        return
    for entry in entry_points(group=_GROUP):
        entry.load()(catalog, targets, tell)
