"""Writing the archive of skeletons, from every network at the sizes that matter.

The journal keeps each skeleton as soon as it is exported, so that an interrupted build continues where it
stopped. The archive is written at the end. What it held before is kept, and is not exported again. What could
not be exported is tried again by each build, because the reason may have been the host's. The journal alone
keeps a skeleton whose drawn network computes denormal numbers.
"""

import json
import lzma
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Protocol

from catalog.entities.documents import from_document
from catalog.entities.identity import architecture_of
from catalog.entities.networks import IMAGENET_CLASSES, Workload
from catalog.reference.tables.reading import ReferenceTables
from profiler.preparation import SkeletonJob
from profiler.reference.listening import Listener
from profiler.skeletons import archive
from profiler.skeletons.archive import Archive, Entry
from profiler.skeletons.skeleton import Skeleton, Unexported

# Networks whose time depends on the values of their weights, as docs/bench-skeletons.md found. They are not
# drawn: torch exports them.
_BY_VALUES = dict.fromkeys(
    ("convit_tiny", "convit_small", "convit_base"),
    "Its attention to positions computes denormal numbers, which drawn weights do not.",
)


class Exporting(Protocol):
    """What this module asks of the processes that import torch."""

    def export_skeletons(self, jobs: Sequence[SkeletonJob]) -> Iterator[Entry | Unexported]: ...


@dataclass(frozen=True)
class Built:
    """What the archive holds after a build."""

    skeletons: tuple[Skeleton, ...]
    unexported: tuple[Unexported, ...]


def build(
    exporting: Exporting,
    journal: Path,
    tables: ReferenceTables,
    published: ReferenceTables,
    path: Path,
    listener: Listener,
) -> Built:
    """Export what the archive at `path` and the `journal` lack, then write the archive.

    Each architecture of the `tables` is exported at its native size. At another size for which `published`
    has an accuracy, it is exported where the native graph does not serve that size.
    """
    former = Archive(path)
    known = {one.workload: Entry(one, former.bytes(one)) for one in former.skeletons}
    known |= {entry.skeleton.workload: entry for entry in _read(journal)}
    entries = {workload: entry for workload, entry in known.items() if _fault(entry) is None}
    unexported = {
        workload: Unexported(workload, fault)
        for workload, entry in known.items()
        if (fault := _fault(entry)) is not None
    }
    wanted = _wanted(tables, published)
    listener.planned(
        len(wanted), sum(job.workload in entries or job.workload in unexported for job in wanted)
    )
    journal.parent.mkdir(parents=True, exist_ok=True)
    while jobs := _missing(wanted, entries, unexported):
        with journal.open("ab") as file:
            for found in exporting.export_skeletons(jobs):
                if isinstance(found, Unexported):
                    workload = found.workload
                    unexported[workload] = found
                else:
                    workload = found.skeleton.workload
                    file.write(b"\n" + _line(found))  # a kill may have cut the last line short
                    file.flush()
                    if (fault := _fault(found)) is None:
                        entries[workload] = found
                    else:
                        unexported[workload] = Unexported(workload, fault)
                listener.done(workload.architecture)
    archive.write(path, entries.values(), unexported.values())
    return Built(tuple(entry.skeleton for entry in entries.values()), tuple(unexported.values()))


def _fault(entry: Entry) -> str | None:
    """Why a skeleton is not used. Processors compute denormal numbers slowly, so a network with drawn weights
    that has some may be measured as slower than it is, and one that has none of its own as faster."""
    if (by_values := _BY_VALUES.get(entry.skeleton.workload.architecture)) is not None:
        return by_values
    denormal = entry.skeleton.activations.denormal if entry.skeleton.activations else 0
    return f"With drawn weights, {denormal} of its numbers are denormal." if denormal else None


def _wanted(tables: ReferenceTables, published: ReferenceTables) -> list[SkeletonJob]:
    """Every architecture at its native size, with the other sizes at which an accuracy was published. The
    largest come last, so that nothing waits for them."""
    params = {counted.workload: counted.counts.params_m for counted in tables.workloads() if counted.counts}
    aliases, sizes = tables.aliases(), dict[str, set[int]]()
    for accuracies in published.accuracies().values():
        for accuracy in accuracies:
            name = architecture_of(aliases.get(accuracy.checkpoint, accuracy.checkpoint))
            sizes.setdefault(name, set()).add(accuracy.input_size)
    jobs = []
    for one in tables.architectures():
        if one.failure is None:
            others = sizes.get(one.name, set()) - {one.native_size}
            workload = Workload(one.name, one.num_classes, one.native_size)
            jobs.append(SkeletonJob(workload, one.family, tuple(sorted(others))))
    return sorted(jobs, key=lambda job: params.get(job.workload, inf))


def _missing(
    wanted: Iterable[SkeletonJob],
    entries: Mapping[Workload, Entry],
    unexported: Mapping[Workload, Unexported],
) -> list[SkeletonJob]:
    """What is still to be exported: native sizes first, because the other sizes depend on them."""
    missing = []
    for job in wanted:
        native = entries.get(job.workload)
        if native is None:
            if job.workload not in unexported:
                missing.append(job)
            continue
        for size in job.other_sizes:
            other = Workload(job.workload.architecture, IMAGENET_CLASSES, size)
            if not native.skeleton.serves(other) and other not in entries and other not in unexported:
                missing.append(SkeletonJob(other, job.family))
    return missing


def _line(entry: Entry) -> bytes:
    graph = b64encode(lzma.compress(entry.graph)).decode()
    return json.dumps({"skeleton": asdict(entry.skeleton), "graph": graph}).encode()


def _read(journal: Path) -> Iterator[Entry]:
    if not journal.exists():
        return
    for line in journal.read_bytes().splitlines():
        try:
            document = json.loads(line)
        except ValueError:
            continue  # the line that a kill cut short
        graph = lzma.decompress(b64decode(document["graph"]))
        yield Entry(from_document(Skeleton, document["skeleton"]), graph)
