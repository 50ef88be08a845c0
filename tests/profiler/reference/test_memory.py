"""What memory each network takes, over fakes of the processes that measure it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from catalog.entities.networks import Workload
from catalog.inventory import collected
from catalog.reference.tables import operator_inventory
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts.cache import CachedArtefact
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.reference import memory
from profiler.reference.memory import PROCESSES, PeakMemory
from profiler.skeletons import archive
from profiler.skeletons.archive import Archive
from profiler.skeletons.operators import operators_of
from tests.fakes.examining import FakeListener
from tests.profiler.skeletons.models import CLASSES, SIZE, make_entry

NETWORKS = ("alpha", "bravo", "charlie")
MB = 1_000_000


class FakeProcesses:
    """Processes that take 100 MB, each one MB more than the one before. `failing` fail, and the one after
    `survives` others is interrupted."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.fault_of: str | None = None
        self.silent = False
        self.survives: int | None = None
        self.opened: Counter[tuple[str, RuntimeName]] = Counter()
        self.files: set[Path] = set()

    def __call__(self, workload: Workload, runtime: RuntimeName, artefact: CachedArtefact) -> int | None:
        if self.survives is not None and self.opened.total() >= self.survives:
            raise KeyboardInterrupt
        if workload.architecture == self.fault_of:
            raise HostFault(FaultKind.NO_SPACE, "full")
        if workload.architecture in self.failing:
            raise CaseFailed(FailureReason.OUT_OF_MEMORY, "killed")
        assert artefact.path.exists()
        self.files.add(artefact.path)
        key = workload.architecture, runtime
        self.opened[key] += 1
        return None if self.silent else (99 + self.opened[key]) * MB


class Bench:
    def __init__(self, folder: Path) -> None:
        skeletons = folder / "skeletons.zip"
        archive.write(skeletons, [make_entry(name) for name in NETWORKS], [])
        self.archive = Archive(skeletons)
        self.journal, self.scratch = folder / "cache" / "journal.jsonl", folder / "scratch"
        self.processes, self.listener = FakeProcesses(), FakeListener()
        self.path = folder / "operators.zip"
        self.list_networks()

    def list_networks(self) -> None:
        """Write the inventory of two of the networks and an unknown one."""
        operators = operators_of(self.archive.graph(_workload(NETWORKS[0]))).operators
        listed = [(_workload(name), operators) for name in (*NETWORKS[:2], "unknown")]
        operator_inventory.write(collected(listed), {}, self.path)

    def build(self) -> dict[tuple[str, RuntimeName], PeakMemory]:
        found = memory.build(
            self.archive, self.path, self.journal, self.scratch, 1, self.processes, self.listener
        )
        return {(one.workload.architecture, one.runtime): one for one in found}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def _workload(name: str) -> Workload:
    return Workload(name, CLASSES, SIZE)


def test_each_network_has_the_largest_peak_of_its_processes(bench: Bench) -> None:
    found = bench.build()
    assert set(found) == {(name, runtime) for name in NETWORKS for runtime in PROCESSES}
    for (_, runtime), one in found.items():
        assert one.peak_mb == 99 + PROCESSES[runtime]
    assert bench.processes.opened["alpha", RuntimeName.ONNXRUNTIME] > 1


def test_drawn_files_are_removed(bench: Bench) -> None:
    bench.build()
    assert len(bench.processes.files) == len(NETWORKS)
    assert list(bench.scratch.iterdir()) == []


def test_an_interrupted_build_continues(bench: Bench) -> None:
    bench.processes.survives = sum(PROCESSES.values()) + 1
    with pytest.raises(KeyboardInterrupt):
        bench.build()
    for peaks in operator_inventory.read(bench.path).memory.values():
        assert np.isnan(peaks).tolist() == [False, True, True]  # what was measured is written
    bench.processes.survives = None
    bench.processes.opened.clear()
    assert len(bench.build()) == len(NETWORKS) * len(PROCESSES)
    assert bench.listener.plans == [(3, 0), (3, 1)]
    assert {name for name, _ in bench.processes.opened} == set(NETWORKS[1:])


def test_what_failed_is_told_and_tried_again(bench: Bench) -> None:
    bench.processes.failing = {"bravo"}
    found = bench.build()
    failed = found["bravo", RuntimeName.OPENVINO]
    assert failed.peak_mb is None
    assert failed.reason is not None
    assert "killed" in failed.reason
    assert found["charlie", RuntimeName.OPENVINO].peak_mb is not None
    bench.processes.failing = set()
    assert bench.build()["bravo", RuntimeName.OPENVINO].peak_mb is not None


def test_a_system_that_says_nothing_of_memory_leaves_it_unknown(bench: Bench) -> None:
    bench.processes.silent = True
    assert {one.reason for one in bench.build().values()} == {
        "The system does not say how much memory a process takes."
    }


def test_what_was_found_is_written_into_the_inventory(bench: Bench) -> None:
    bench.processes.failing = {"bravo"}
    bench.build()
    held = operator_inventory.read(bench.path)
    assert set(held.memory) == set(PROCESSES)
    for runtime, peaks in held.memory.items():
        assert np.array_equal(peaks, [99 + PROCESSES[runtime], np.nan, np.nan], equal_nan=True)


def test_what_the_inventory_holds_is_not_measured_again(bench: Bench) -> None:
    bench.build()
    bench.journal.unlink()
    bench.processes.opened.clear()
    found = bench.build()
    assert {name for name, _ in bench.processes.opened} == {"charlie"}  # which the inventory does not list
    assert found["alpha", RuntimeName.OPENVINO].peak_mb == 99 + PROCESSES[RuntimeName.OPENVINO]


def test_a_line_of_the_journal_that_a_kill_cut_short_is_measured_again(bench: Bench) -> None:
    bench.build()
    bench.path.unlink()
    bench.list_networks()
    text = bench.journal.read_bytes()
    bench.journal.write_bytes(text[:-20])
    bench.processes.opened.clear()
    assert all(one.peak_mb for one in bench.build().values())
    assert {name for name, _ in bench.processes.opened} == {"charlie"}
    bench.path.unlink()
    bench.list_networks()
    bench.processes.opened.clear()
    bench.build()
    assert not bench.processes.opened  # every line is whole now


def test_a_fault_of_the_host_ends_the_build_and_keeps_what_was_measured(bench: Bench) -> None:
    bench.processes.fault_of = "bravo"
    with pytest.raises(HostFault):
        bench.build()
    for peaks in operator_inventory.read(bench.path).memory.values():
        assert np.isnan(peaks).tolist() == [False, True, True]
