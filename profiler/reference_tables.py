"""Making the tables of catalog/data that need timm: every architecture, examined one by one.

What was found of an architecture is kept at once in a journal, so that an interrupted run goes on where it
stopped; the tables are written when all are there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from catalog.entities.identity import architecture_of
from catalog.entities.networks import IMAGENET_CLASSES
from catalog.reference.reading import ReferenceTables
from catalog.reference.writing import write_timm
from profiler.preparation import Examined, Registry

_EXAMINED = TypeAdapter(Examined)


class Examining(Protocol):
    """What this module asks of the processes that import timm."""

    def registry(self) -> Registry: ...

    def examine(self, wanted: Mapping[str, Sequence[tuple[int, int]]]) -> Iterator[Examined]: ...


class Listener(Protocol):
    """Who wants to know how the work goes on."""

    def planned(self, total: int, done_before: int) -> None: ...

    def examined(self, one: Examined) -> None: ...


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
    found = {one.architecture.name: one for one in _read(journal) if _covers(one, wanted)}
    listener.planned(len(registry.architectures), len(found))
    missing = {name: wanted.get(name, []) for name in registry.architectures if name not in found}
    journal.parent.mkdir(parents=True, exist_ok=True)
    cut = journal.exists() and journal.read_bytes()[-1:] not in (b"", b"\n")
    with journal.open("ab") as file:
        if cut:  # what follows must not be lost with the line that a kill cut short
            file.write(b"\n")
        for one in examining.examine(missing):
            found[one.architecture.name] = one
            file.write(_EXAMINED.dump_json(one) + b"\n")
            file.flush()
            listener.examined(one)
    everything = [found[name] for name in registry.architectures]
    write_timm(
        [one.architecture for one in everything],
        [checkpoint for one in everything for checkpoint in one.checkpoints],
        [workload for one in everything for workload in one.workloads],
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
    return {name: sorted(found) for name, found in pairs.items()}


def _covers(one: Examined, wanted: Mapping[str, Sequence[tuple[int, int]]]) -> bool:
    """Whether nothing more is asked of the architecture than when it was examined."""
    counted = {(each.workload.num_classes, each.workload.input_size) for each in one.workloads}
    return one.architecture.failure is None and counted.issuperset(wanted.get(one.architecture.name, ()))


def _read(journal: Path) -> Iterable[Examined]:
    if not journal.exists():
        return
    for line in journal.read_bytes().splitlines():
        try:
            yield _EXAMINED.validate_json(line)
        except ValidationError:
            continue  # the line that a kill cut short
