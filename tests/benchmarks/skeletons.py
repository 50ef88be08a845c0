"""Is a drawn file measured as the exported one? `make bench-skeletons` writes docs/bench-skeletons.md.

python -m tests.benchmarks.skeletons [--networks 130] [--minutes 60] [--report-only]

Each network is exported with torch and drawn from its skeleton. Both files run in one process, block by block
in turn, so that both meet the same moments. A second process loads them in the other order. Peak memory is
that of fresh processes, each with one of the files. Every network is kept in a journal as it ends, so that an
interrupted run goes on where it stopped.
"""

import argparse
import json
import random
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from catalog.entities.networks import Workload
from catalog.reference.reading import shipped
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
_QUANTISED, _QUANTISED_EVERY = "onnxruntime, int8, 1", 6
_ROUNDS, _BLOCK_S, _TIMEOUT_S = 10, 0.04, 300.0
# What a network may cost here: larger ones take minutes each and are built of the same blocks.
_LARGEST_PARAMS, _LARGEST_GMACS = 90e6, 12.0
_SEED = 2026


@dataclass(frozen=True)
class Found:
    """One network's figures, drawn over exported."""

    name: str
    family: str
    bytes: tuple[int, int]
    operators: tuple[dict[str, int], dict[str, int]]
    blocks: dict[str, list[list[float]]]
    memory: dict[str, tuple[int, int]]

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


def examine(skeleton: Skeleton, folder: Path, *, quantised: bool) -> Found:
    """Export and draw the network, and run both. With `quantised`, their int8 files as well.

    Raises:
        CaseFailed: torch cannot export it, or a process failed.
    """
    workload = skeleton.workload
    drawn, exported = folder / "drawn" / "model.onnx", folder / "exported" / "model.onnx"
    for file in (drawn, exported):
        file.parent.mkdir(parents=True)
    skeletons = shipped_skeletons()
    drawn_artefact.write(skeletons, workload, drawn)
    network = building.build(workload, calibrated=True)
    export.write(network, workload.input_size, Format.ONNX, exported)
    del network
    files = [drawn, exported]
    operators = _ask("operators", files, "onnxruntime", 1, workload)["operators"]
    blocks, memory = {}, {}
    for runtime, threads in product(_RUNTIMES, _THREADS):
        blocks[f"{runtime} {threads}"] = _in_turn(files, runtime, threads, workload)
    if quantised:
        dynamic = quantisation.is_transformer(drawn_artefact.macs(skeletons, workload))
        smaller = [file.parent / "int8" / file.name for file in files]
        for source, path in zip(files, smaller, strict=True):
            path.parent.mkdir()
            quantisation.write_int8(source, workload.input_size, path, dynamic=dynamic)
        blocks[_QUANTISED] = _in_turn(smaller, "onnxruntime", 1, workload)
    for runtime in _RUNTIMES:
        peaks = [_ask("memory", [file], runtime, 1, workload)["peak_bytes"] for file in files]
        memory[runtime] = (peaks[0], peaks[1])
    sizes = [sum(part.stat().st_size for part in file.parent.glob("model.onnx*")) for file in files]
    return Found(
        workload.architecture,
        skeleton.family,
        (sizes[0], sizes[1]),
        (operators[0], operators[1]),
        blocks,
        memory,
    )


def _in_turn(files: Sequence[Path], runtime: str, threads: int, workload: Workload) -> list[list[float]]:
    """The time of a call of each file, by rounds of two processes that loaded them in either order."""
    taken = []
    for order in ([0, 1], [1, 0]):
        answer = _ask("rounds", [files[index] for index in order], runtime, threads, workload)
        taken += [[block[order.index(0)], block[order.index(1)]] for block in answer["blocks"]]
    return taken


def _ask(ask: str, files: Sequence[Path], runtime: str, threads: int, workload: Workload) -> dict[str, Any]:
    request = {
        "ask": ask,
        "files": [str(file) for file in files],
        "runtime": runtime,
        "threads": threads,
        "workload": asdict(workload),
        "rounds": _ROUNDS,
        "block_s": _BLOCK_S,
    }
    with Child(_WORKER, {"OMP_NUM_THREADS": str(threads)}) as worker:
        return worker.ask(request, _TIMEOUT_S)


def run(journal: Path, networks: int, minutes: float) -> None:
    """Examine what the journal lacks, for so many minutes at most."""
    done = {found.name for found in read(journal)}
    todo = [one for one in choose(networks) if one.workload.architecture not in done]
    end = time.monotonic() + 60 * minutes
    journal.parent.mkdir(parents=True, exist_ok=True)
    with host_lock(lambda holder: print(f"waiting for process {holder}, which is measuring")):
        for position, skeleton in enumerate(todo, start=1):
            if time.monotonic() > end:
                print(f"{len(todo) - position + 1} networks are left for the next run")
                return
            folder = journal.parent / "files"
            shutil.rmtree(folder, ignore_errors=True)
            try:
                found = examine(skeleton, folder, quantised=position % _QUANTISED_EVERY == 0)
            except CaseFailed as failure:
                print(f"{skeleton.workload.architecture}: {failure.detail}")
                continue
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            with journal.open("a") as file:
                file.write(json.dumps(found.__dict__) + "\n")
            medians = {name: round(float(np.median(found.ratios(name))), 3) for name in found.blocks}
            print(f"{position}/{len(todo)} {found.name} {medians}", flush=True)


def read(journal: Path) -> list[Found]:
    """What earlier runs found."""
    if not journal.exists():
        return []
    return [Found(**json.loads(line)) for line in journal.read_text().splitlines()]


def report(found: Sequence[Found]) -> str:
    """The report, in Markdown."""
    return "\n".join(_report(found)) + "\n"


def _report(found: Sequence[Found]) -> Iterator[str]:
    yield "# Skeletons: is a drawn file measured as the exported one?"
    yield ""
    yield "`make bench-skeletons` writes this page. Each network is exported with torch and drawn from its"
    yield "skeleton. Both files run in one process, block by block in turn. A second process loads them in"
    yield f"the other order. A ratio is the median over {2 * _ROUNDS} rounds of the drawn file's time over"
    yield "the exported file's."
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
    yield "| peak memory, drawn over exported | median | 5th to 95th percentile | within 2 % | within 5 % |"
    yield "|---|--:|--:|--:|--:|"
    for runtime in _RUNTIMES:
        peaks = np.array([one.memory[runtime] for one in found])
        yield f"| {runtime} | {_spread(peaks[:, 0] / peaks[:, 1])} |"
    yield ""
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
    yield ""
    yield "Networks whose ratio is more than 5 % from one:"
    yield ""
    for one in found:
        for name in one.blocks:
            ratio = float(np.median(one.ratios(name)))
            if abs(ratio - 1) > 0.05:
                low, high = np.percentile(one.ratios(name), [25, 75])
                half = f"half of the rounds lie between {low:.3f} and {high:.3f}"
                yield f"- {one.name}, {name}: {ratio:.3f} ({half})"


def _spread(ratios: Any) -> str:
    low, high = np.percentile(ratios, [5, 95])
    within = [np.mean(np.abs(ratios - 1) <= limit) for limit in (0.02, 0.05)]
    return f"{np.median(ratios):.3f} | {low:.3f} to {high:.3f} | {within[0]:.0%} | {within[1]:.0%}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=130)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--report-only", action="store_true")
    arguments = parser.parse_args()
    journal = ProfilerSettings().cache_dir / "bench-skeletons" / "journal.jsonl"
    if not arguments.report_only:
        run(journal, arguments.networks, arguments.minutes)
    if found := read(journal):
        _REPORT.write_text(report(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
