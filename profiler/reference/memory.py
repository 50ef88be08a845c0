"""Measuring how much memory a process takes that runs a network, for every network that ships.

How a runtime packs weights follows from their shapes, and no count tells what that comes to. But it hardly
depends on the processor. So what one machine found is a reference on every other (docs/decisions/0018).

What the inventory holds is not measured again. A journal keeps each number at once. An interrupted build
writes what it has measured, and the next one continues. What failed is tried again by the next build.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from math import isnan
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.machine.scratch import held_folder, sweep
from catalog.reference.tables import operator_inventory
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts import drawn
from profiler.artefacts.cache import ArtefactCache, CachedArtefact
from profiler.faults import HostFault
from profiler.reference.listening import Listener
from profiler.skeletons.archive import Archive
from profiler.skeletons.skeleton import Skeleton

PROCESSES = {RuntimeName.ONNXRUNTIME: 2, RuntimeName.OPENVINO: 1}
"""The runtimes of drawn files, and in how many processes each network is measured. Those of ONNX Runtime take
one of a few levels, up to 15 % apart. A measurement has the largest of its processes, so this has too. Those
of OpenVINO take the same."""
# A process takes up to five times the weights. Of networks with more parameters, one is measured at a time.
_LARGE = 150_000_000
_SCRATCH = ".memory-"
_BYTES_PER_MB = 1e6
_UNREADABLE = "The system does not say how much memory a process takes."


@dataclass(frozen=True)
class PeakMemory:
    """The peak memory (MB) of the process that ran a workload in a runtime, at fp32, batch 1 and one thread.
    Where it could not be measured, it is None, and there is a reason."""

    workload: Workload
    runtime: RuntimeName
    peak_mb: float | None
    reason: str | None = None


class Measure(Protocol):
    """The peak memory (bytes) of a fresh process that runs the artefact of a workload. None is unknown.

    Raises:
        HostFault: the host does not let it run, which ends the build.
        Exception: anything else, which is the reason why this network has no number.
    """

    def __call__(self, workload: Workload, runtime: RuntimeName, artefact: CachedArtefact) -> int | None: ...


def build(
    archive: Archive,
    path: Path,
    journal: Path,
    scratch: Path,
    parallel: int,
    measure: Measure,
    listener: Listener,
) -> list[PeakMemory]:
    """What a process takes for each network of the archive in each runtime. It is written into the inventory
    at `path`. `parallel` networks are drawn and measured at a time, in folders within `scratch`."""
    sweep(scratch, _SCRATCH)
    peaks = {(one.workload, one.runtime): one for one in (*_held(path), *_read(journal))}

    def lacking(skeleton: Skeleton) -> list[RuntimeName]:
        return [runtime for runtime in PROCESSES if (skeleton.workload, runtime) not in peaks]

    missing = sorted(filter(lacking, archive.skeletons), key=lambda one: one.params)
    listener.planned(len(archive.skeletons), len(archive.skeletons) - len(missing))
    writing = Lock()

    def work(skeleton: Skeleton) -> None:
        measured = _measured(archive, skeleton.workload, lacking(skeleton), scratch, measure)
        with writing:
            _append(journal, measured)
            peaks.update({(one.workload, one.runtime): one for one in measured})

    small = [one for one in missing if one.params < _LARGE]
    try:
        for group, workers in ((small, parallel), (missing[len(small) :], 1)):
            with ThreadPoolExecutor(workers) as pool:
                working = {pool.submit(work, one): one for one in group}
                try:
                    for future in as_completed(working):
                        future.result()
                        listener.done(working[future].workload.architecture)
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise
    finally:
        _write(peaks.values(), path)
    return list(peaks.values())


def _held(path: Path) -> Iterator[PeakMemory]:
    """What the inventory at `path` holds."""
    inventory = operator_inventory.read(path)
    for runtime, peaks in inventory.memory.items():
        for workload, peak in zip(inventory.workloads, peaks.tolist(), strict=True):
            if not isnan(peak):
                yield PeakMemory(workload, runtime, peak)


def _write(measured: Iterable[PeakMemory], path: Path) -> None:
    inventory = operator_inventory.read(path)
    peaks = {(one.workload, one.runtime): one.peak_mb for one in measured if one.peak_mb is not None}
    memory = {
        runtime: np.array([peaks.get((workload, runtime), np.nan) for workload in inventory.workloads])
        for runtime in PROCESSES
    }
    operator_inventory.write(replace(inventory, memory=memory), operator_inventory.unlisted(path), path)


def _measured(
    archive: Archive, workload: Workload, runtimes: Iterable[RuntimeName], scratch: Path, measure: Measure
) -> list[PeakMemory]:
    """The peaks of a network, whose file is drawn first and removed afterwards."""
    with held_folder(scratch, _SCRATCH) as folder:
        cache = ArtefactCache(folder, 0, archive)
        return [_peak(cache, workload, runtime, measure) for runtime in runtimes]


def _peak(cache: ArtefactCache, workload: Workload, runtime: RuntimeName, measure: Measure) -> PeakMemory:
    try:
        artefact = drawn.cached(cache, workload)
        peaks = [measure(workload, runtime, artefact) for _ in range(PROCESSES[runtime])]
    except HostFault:
        raise
    except Exception as error:  # noqa: BLE001 - drawing raises what ONNX Runtime does, and the others go on
        return PeakMemory(workload, runtime, None, f"{type(error).__name__}: {error}")
    known = [peak / _BYTES_PER_MB for peak in peaks if peak is not None]
    return PeakMemory(workload, runtime, max(known, default=None), None if known else _UNREADABLE)


def _read(journal: Path) -> Iterator[PeakMemory]:
    for line in journal.read_bytes().splitlines() if journal.exists() else ():
        try:
            document = json.loads(line)
        except ValueError:
            continue  # the line that a kill cut short
        yield from_document(PeakMemory, document)


def _append(journal: Path, measured: Iterable[PeakMemory]) -> None:
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("ab") as file:
        for one in measured:
            if one.peak_mb is not None:
                file.write(
                    b"\n" + json.dumps(asdict(one)).encode()
                )  # a kill may have cut the last line short
