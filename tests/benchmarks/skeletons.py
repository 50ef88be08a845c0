"""Is a drawn file measured as the exported one? `make bench-skeletons` writes docs/bench-skeletons.md.

python -m tests.benchmarks.skeletons [--networks 125] [--minutes 90] [--prepare-only] [--report-only]

Each network is exported with torch and drawn from its skeleton. Both files run in one process, block by block
in turn, so that both meet the same moments. A second process loads them in the other order. Peak memory is
the largest of fresh processes, each with one of the files. Every network is kept in a journal as it ends, so
that an interrupted run goes on where it stopped. A network that lies beyond 2 % is run once more, and the
rounds of both runs are pooled.

What does not depend on the moment (the files, their operators, their peak memory) is made first. It may be
made on a busy machine, with --prepare-only. The files take 25 GB until their networks were timed.
"""

import argparse
import json
import random
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from catalog.entities.networks import Workload
from catalog.reference.tables.reading import shipped
from profiler.artefacts import drawn as drawn_artefact
from profiler.artefacts import export, quantisation
from profiler.artefacts.cache import Format, shipped_skeletons
from profiler.campaign.lock import host_lock
from profiler.failures import CaseFailed
from profiler.networks import building
from profiler.processes.child import Child
from profiler.settings import ProfilerSettings
from profiler.skeletons.skeleton import Skeleton
from tests.benchmarks.machine import commit, memory_gb, processor, version_of

_REPORT = Path(__file__).parents[2] / "docs" / "bench-skeletons.md"
_WORKER = "tests.benchmarks.skeletons_worker"
_RUNTIMES, _THREADS = ("onnxruntime", "openvino"), (1, 2)
_INT8, _PREPARED = "int8", "prepared.json"
_QUANTISED, _QUANTISED_EVERY = "onnxruntime, int8, 1", 6
_ROUNDS, _BLOCK_S, _TIMEOUT_S = 6, 0.04, 300.0
# What a network may cost here: larger ones take a minute each and are built of the same blocks.
_LARGEST_PARAMS, _LARGEST_GMACS = 90e6, 6.0
_SEED = 2026
_CLOSE, _FAR = 0.02, 0.05
# ONNX Runtime's peak has levels, by how the kernel lays out a process: one file took 164 MB in three of five
# processes, and 218 MB in the others. So many processes that nearly every file meets its highest.
_MEMORY_PROCESSES = {"onnxruntime": 32, "openvino": 8}


@dataclass(frozen=True)
class Found:
    """One network's figures, drawn over exported, of so many `runs`."""

    name: str
    family: str
    bytes: tuple[int, int]
    operators: tuple[dict[str, int], dict[str, int]]
    blocks: dict[str, list[list[float]]]
    memory: dict[str, tuple[int, int]]
    runs: int = 1

    @property
    def is_close(self) -> bool:
        """Whether every configuration lies within 2 %."""
        return all(abs(float(np.median(self.ratios(name))) - 1) <= _CLOSE for name in self.blocks)

    def pooled(self, other: "Found") -> "Found":
        """This run with a later one: the rounds of both, and the files of the later."""
        blocks = {name: [*rounds, *other.blocks.get(name, [])] for name, rounds in self.blocks.items()}
        return replace(other, blocks=blocks, runs=self.runs + other.runs)

    def ratios(self, configuration: str) -> Any:
        """The ratio of each round."""
        drawn, exported = np.array(self.blocks[configuration]).T
        return drawn / exported


def choose(count: int) -> list[Skeleton]:
    """So many networks, from every family in turn, in a fixed random order within it."""
    gmacs = {one.workload: one.counts.gmacs for one in shipped().workloads() if one.counts is not None}
    families: defaultdict[str, list[Skeleton]] = defaultdict(list)
    for one in shipped_skeletons().skeletons:
        small = one.params <= _LARGEST_PARAMS and gmacs.get(one.workload, np.inf) <= _LARGEST_GMACS
        if small and not one.workload.architecture.startswith("test_"):
            families[one.family].append(one)
    shuffler = random.Random(_SEED)
    for members in families.values():
        shuffler.shuffle(members)
    turns = zip_longest(*(families[name] for name in sorted(families)))
    return [one for turn in turns for one in turn if one is not None][:count]


def prepare(skeleton: Skeleton, folder: Path, *, quantised: bool) -> None:
    """Export and draw the network into `folder`, and note what their files hold. With `quantised`, make their
    int8 files as well.

    Raises:
        CaseFailed: torch cannot export it, or a process failed.
    """
    workload = skeleton.workload
    shutil.rmtree(folder, ignore_errors=True)
    files = _files(folder)
    for file in files:
        file.parent.mkdir(parents=True)
    skeletons = shipped_skeletons()
    drawn_artefact.write(skeletons, workload, files[0])
    network = building.build(workload, calibrated=True)
    export.write(network, workload.input_size, Format.ONNX, files[1])
    del network
    sizes = [sum(part.stat().st_size for part in file.parent.glob("model.onnx*")) for file in files]
    if quantised:
        dynamic = quantisation.is_transformer(drawn_artefact.macs(skeletons, workload))
        for source, path in zip(files, _files(folder, _INT8), strict=True):
            path.parent.mkdir()
            quantisation.write_int8(source, workload.input_size, path, dynamic=dynamic)
    memory = {runtime: _peaks(files, runtime, workload) for runtime in _RUNTIMES}
    operators = _ask("operators", files, "onnxruntime", [1], workload)["operators"]
    document = {"bytes": sizes, "operators": operators, "memory": memory, "quantised": quantised}
    (folder / _PREPARED).write_text(json.dumps(document))


def _peaks(files: Sequence[Path], runtime: str, workload: Workload) -> list[int]:
    """The largest peak of several processes of each file, as the product reads it. Where the files differ by
    more than 2 %, as many processes are asked once more."""
    peaks = [0] * len(files)
    for _ in range(2):
        for place, file in enumerate(files):
            for _ in range(_MEMORY_PROCESSES[runtime]):
                peak = _ask("memory", [file], runtime, [1], workload)["peak_bytes"]
                peaks[place] = max(peaks[place], int(peak))
        if abs(peaks[0] / peaks[1] - 1) <= _CLOSE:
            break
    return peaks


def examine(skeleton: Skeleton, folder: Path) -> Found:
    """Run the files that `prepare` made.

    Raises:
        CaseFailed: a process failed.
    """
    workload = skeleton.workload
    prepared = json.loads((folder / _PREPARED).read_text())
    blocks: dict[str, list[list[float]]] = {}
    for runtime in _RUNTIMES:
        blocks |= _in_turn(_files(folder), runtime, _THREADS, workload)
    if prepared["quantised"]:
        (blocks[_QUANTISED],) = _in_turn(_files(folder, _INT8), "onnxruntime", [1], workload).values()
    drawn, exported = prepared["operators"]
    return Found(
        workload.architecture,
        skeleton.family,
        prepared["bytes"],
        (drawn, exported),
        blocks,
        prepared["memory"],
    )


def _files(folder: Path, below: str = "") -> list[Path]:
    """The drawn file, and the exported one."""
    return [folder / name / below / "model.onnx" for name in ("drawn", "exported")]


def _in_turn(
    files: Sequence[Path], runtime: str, threads: Sequence[int], workload: Workload
) -> dict[str, list[list[float]]]:
    """The time of a call of each file, by rounds of two processes that loaded them in either order."""
    taken: dict[str, list[list[float]]] = {f"{runtime} {count}": [] for count in threads}
    for order in ([0, 1], [1, 0]):
        answer = _ask("rounds", [files[index] for index in order], runtime, threads, workload)
        for rounds, found in zip(taken.values(), answer["blocks"], strict=True):
            rounds += [[block[order.index(0)], block[order.index(1)]] for block in found]
    return taken


def _ask(
    ask: str, files: Sequence[Path], runtime: str, threads: Sequence[int], workload: Workload
) -> dict[str, Any]:
    request = {
        "ask": ask,
        "files": [str(file) for file in files],
        "runtime": runtime,
        "threads": list(threads),
        "workload": asdict(workload),
        "rounds": _ROUNDS,
        "block_s": _BLOCK_S,
    }
    with Child(_WORKER, {"OMP_NUM_THREADS": str(max(threads))}) as worker:
        return worker.ask(request, _TIMEOUT_S)


def prepare_all(journal: Path, networks: int) -> list[tuple[Skeleton, Path]]:
    """Prepare what the journal lacks, or holds once and not close, and what is not prepared yet. Returns it
    with its folders."""
    done = {found.name for found in read(journal) if found.is_close or found.runs > 1}
    prepared = []
    for position, skeleton in enumerate(choose(networks)):
        name = skeleton.workload.architecture
        folder = journal.parent / "files" / name
        if name in done:
            continue
        if not (folder / _PREPARED).exists():
            try:
                prepare(skeleton, folder, quantised=position % _QUANTISED_EVERY == 0)
            except CaseFailed as failure:
                print(f"{name}: {failure.detail}", flush=True)
                shutil.rmtree(folder)
                continue
            print(f"{position + 1}/{networks} {name} is prepared", flush=True)
        prepared.append((skeleton, folder))
    return prepared


def run(journal: Path, networks: int, minutes: float) -> None:
    """Examine what the journal lacks, for so many minutes at most."""
    todo = prepare_all(journal, networks)
    end = time.monotonic() + 60 * minutes
    with host_lock(lambda holder: print(f"waiting for process {holder}, which is measuring")):
        for position, (skeleton, folder) in enumerate(todo, start=1):
            if time.monotonic() > end:
                print(f"{len(todo) - position + 1} networks are left for the next run")
                return
            try:
                found = examine(skeleton, folder)
            except CaseFailed as failure:
                print(f"{skeleton.workload.architecture}: {failure.detail}", flush=True)
                continue
            with journal.open("a") as file:
                file.write(json.dumps(found.__dict__) + "\n")
            shutil.rmtree(folder)
            medians = {name: round(float(np.median(found.ratios(name))), 3) for name in found.blocks}
            print(f"{position}/{len(todo)} {found.name} {medians}", flush=True)


def read(journal: Path) -> list[Found]:
    """What earlier runs found, of each network together."""
    found: dict[str, Found] = {}
    for line in journal.read_text().splitlines() if journal.exists() else []:
        one = Found(**json.loads(line))
        found[one.name] = found[one.name].pooled(one) if one.name in found else one
    return list(found.values())


def report(found: Sequence[Found]) -> str:
    """The report, in Markdown."""
    return "\n".join(_report(found)) + "\n"


def _report(examined: Sequence[Found]) -> Iterator[str]:
    served = {one.workload.architecture for one in shipped_skeletons().skeletons}
    found = [one for one in examined if one.name in served]
    yield "# Skeletons: is a drawn file measured as the exported one?"
    yield ""
    yield "`make bench-skeletons` writes this page. Each network is exported with torch and drawn from its"
    yield "skeleton. Both files run in one process, block by block in turn. A second process loads them in"
    yield f"the other order. A ratio is the median over {2 * _ROUNDS} rounds of the drawn file's time over"
    yield "the exported file's."
    if again := sum(one.runs > 1 for one in found):
        yield f"{again} networks lay beyond 2 % in some configuration, and were run once more. Their ratios"
        yield "are of the rounds of both runs."
    yield ""
    packages = ("onnxruntime", "openvino", "torch", "timm")
    versions = ", ".join(f"{name} {version_of(name)}" for name in packages)
    families = len({one.family for one in found})
    yield f"{len(found)} networks of {families} families. {processor()}, {memory_gb():.0f} GB, {versions},"
    yield f"{commit()}."
    yield ""
    yield "| latency, drawn over exported | median | 5th to 95th percentile | within 2 % | within 5 % |"
    yield "|---|--:|--:|--:|--:|"
    names = [f"{runtime} {threads}" for runtime, threads in product(_RUNTIMES, _THREADS)]
    for name in (*names, _QUANTISED):
        ratios = np.array([np.median(one.ratios(name)) for one in found if name in one.blocks])
        if ratios.size:
            what, threads = name.rsplit(" ", 1)
            yield f"| {what.rstrip(',')}, {threads} thread{'s' * (threads != '1')} | {_spread(ratios)} |"
    yield ""
    yield from _memory(found)
    sizes = np.array([abs(one.bytes[0] / one.bytes[1] - 1) for one in found])
    same = sum(one.operators[0] == one.operators[1] for one in found)
    yield f"The size on disk differs by {sizes.max():.2%} at most. ONNX Runtime's optimised graph holds the"
    yield f"same operators in the same number for {same} of {len(found)} networks."
    for one in found:
        if one.operators[0] != one.operators[1]:
            drawn, exported = one.operators
            differing = {
                name: (drawn.get(name, 0), exported.get(name, 0))
                for name in sorted({*drawn, *exported})
                if drawn.get(name, 0) != exported.get(name, 0)
            }
            yield f"- {one.name}: {differing}"
    yield from _far("Networks whose ratio of latency is more than 5 % from one:", found)
    left_out = [one for one in examined if one.name not in served]
    yield from _far("Networks that are not drawn for that reason. torch exports them:", left_out)


def _memory(found: Sequence[Found]) -> Iterator[str]:
    """The table of peak memory, and the networks beyond 2 %."""
    processes = ", ".join(f"{count} of {runtime}" for runtime, count in _MEMORY_PROCESSES.items())
    yield f"A peak is the largest of fresh processes: {processes}. Where the two files differ by more than"
    yield "2 %, as many were asked again. One process peaks some percent higher than the next, by how the"
    yield "kernel lays it out."
    yield ""
    yield "| peak memory, drawn over exported | median | 5th to 95th percentile | within 2 % | within 5 % |"
    yield "|---|--:|--:|--:|--:|"
    for runtime in _RUNTIMES:
        peaks = np.array([one.memory[runtime] for one in found])
        yield f"| {runtime} | {_spread(peaks[:, 0] / peaks[:, 1])} |"
    yield ""
    for runtime, one in product(_RUNTIMES, found):
        drawn, exported = one.memory[runtime]
        if abs(drawn / exported - 1) > _CLOSE:
            yield f"- {one.name}, {runtime}, peak memory beyond 2 %: {drawn / exported:.3f}"
    yield ""


def _far(title: str, found: Sequence[Found]) -> Iterator[str]:
    lines = []
    for one in found:
        for name in one.blocks:
            ratio = float(np.median(one.ratios(name)))
            if abs(ratio - 1) > _FAR:
                low, high = np.percentile(one.ratios(name), [25, 75])
                half = f"half of the rounds lie between {low:.3f} and {high:.3f}"
                lines.append(f"- {one.name}, {name}: {ratio:.3f} ({half})")
    yield from ("", title, "", *(lines or ["None."]))


def _spread(ratios: Any) -> str:
    low, high = np.percentile(ratios, [5, 95])
    within = [np.mean(np.abs(ratios - 1) <= limit) for limit in (_CLOSE, _FAR)]
    return f"{np.median(ratios):.3f} | {low:.3f} to {high:.3f} | {within[0]:.0%} | {within[1]:.0%}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=125)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--prepare-only", action="store_true")
    parser.add_argument("--report-only", action="store_true")
    arguments = parser.parse_args()
    journal = ProfilerSettings().cache_dir / "bench-skeletons" / "journal.jsonl"
    journal.parent.mkdir(parents=True, exist_ok=True)
    if arguments.prepare_only:
        prepare_all(journal, arguments.networks)
        return 0
    if not arguments.report_only:
        run(journal, arguments.networks, arguments.minutes)
    if found := read(journal):
        _REPORT.write_text(report(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
