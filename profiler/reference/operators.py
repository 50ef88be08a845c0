"""Writing the inventory of operators, from the archive of skeletons.

It takes a few minutes, so nothing is kept of a build that was interrupted.
"""

from dataclasses import dataclass
from pathlib import Path

from catalog.inventory import Inventory, collected
from catalog.reference.tables import operator_inventory
from profiler.reference.listening import Listener
from profiler.skeletons.archive import Archive
from profiler.skeletons.operators import operators_of


@dataclass(frozen=True, eq=False)
class Built:
    """The inventory that was written, and the ids of workloads that it lacks with the reasons."""

    inventory: Inventory
    unlisted: dict[str, str]


def build(archive: Archive, path: Path, listener: Listener) -> Built:
    """Read the operators of every skeleton of the `archive`, and write the inventory to `path`."""
    skeletons = sorted(archive.skeletons, key=lambda one: one.workload.id)
    unlisted = {one.workload.id: one.reason for one in archive.unexported}
    listed = []
    listener.planned(len(skeletons), 0)
    for skeleton in skeletons:
        try:
            listed.append((skeleton.workload, operators_of(archive.graph(skeleton.workload)).operators))
        except ValueError as error:
            unlisted[skeleton.workload.id] = str(error)
        listener.done(skeleton.workload.architecture)
    inventory = collected(listed)
    operator_inventory.write(inventory, unlisted, path)
    return Built(inventory, unlisted)
