"""Writing the reference tables that need timm, from every architecture that timm has.

The journal keeps each architecture as soon as it is examined, so that an interrupted build continues where it
stopped. The tables are written at the end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from catalog.entities.identity import architecture_of
from catalog.entities.networks import IMAGENET_CLASSES
from catalog.reference.tables.reading import ReferenceTables
from catalog.reference.tables.writing import write_timm
from profiler.preparation import Examined, Registry
from profiler.reference.listening import Listener

_EXAMINED = TypeAdapter(Examined)


class Examining(Protocol):
    """What this module asks of the processes that import timm."""

    def registry(self) -> Registry: ...

    def examine(self, wanted: Mapping[str, Sequence[tuple[int, int]]]) -> Iterator[Examined]: ...


def build(
    examining: Examining, journal: Path, published: ReferenceTables, folder: Path, listener: Listener
) -> list[Examined]:
    """Examine every architecture that the `journal` lacks, then write the tables into `folder`.

    Counts are made at the native sizes of architecture and checkpoints, and at every size that the accuracies
    and speeds of `published` name.
    """
    registry = examining.registry()
    wanted = {
        name: pairs for name, pairs in _wanted(registry, published).items() if name in registry.architectures
    }
    examined = {entry.architecture.name: entry for entry in _read(journal) if _covers(entry, wanted)}
    listener.planned(len(registry.architectures), len(examined))
    missing = {name: wanted.get(name, []) for name in registry.architectures if name not in examined}
    journal.parent.mkdir(parents=True, exist_ok=True)
    cut = journal.exists() and journal.read_bytes()[-1:] not in (b"", b"\n")
    with journal.open("ab") as file:
        if cut:  # a kill cut the last line short: the next entry needs a line of its own
            file.write(b"\n")
        for entry in examining.examine(missing):
            examined[entry.architecture.name] = entry
            file.write(_EXAMINED.dump_json(entry) + b"\n")
            file.flush()
            listener.done(entry.architecture.name)
    everything = [examined[name] for name in registry.architectures]
    write_timm(
        [entry.architecture for entry in everything],
        [checkpoint for entry in everything for checkpoint in entry.checkpoints],
        [workload for entry in everything for workload in entry.workloads],
        registry.aliases,
        folder,
    )
    return everything


def _wanted(registry: Registry, published: ReferenceTables) -> dict[str, list[tuple[int, int]]]:
    """Pairs of classes and input size at which an accuracy or a speed was published, by architecture."""
    pairs: dict[str, dict[tuple[int, int], None]] = {}

    def add(name: str, input_size: int) -> None:
        current = architecture_of(registry.aliases.get(name, name))
        pairs.setdefault(current, {})[IMAGENET_CLASSES, input_size] = None

    for accuracies in published.accuracies().values():
        for accuracy in accuracies:
            add(accuracy.checkpoint, accuracy.input_size)
    for speeds in published.speeds().values():
        for speed in speeds:
            add(speed.model, speed.input_size)
    return {name: sorted(published) for name, published in pairs.items()}


def _covers(entry: Examined, wanted: Mapping[str, Sequence[tuple[int, int]]]) -> bool:
    """Whether the architecture did not fail, and was examined at all that is wanted of it."""
    counted = {(counted.workload.num_classes, counted.workload.input_size) for counted in entry.workloads}
    return entry.architecture.failure is None and counted.issuperset(wanted.get(entry.architecture.name, ()))


def _read(journal: Path) -> Iterable[Examined]:
    if not journal.exists():
        return
    for line in journal.read_bytes().splitlines():
        try:
            yield _EXAMINED.validate_json(line)
        except ValidationError:
            continue  # the line that a kill cut short
