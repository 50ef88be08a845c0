"""What a worker imports, what it answers, and what it says of each system."""

import errno
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import NodeProfile
from catalog.entities.samples import CpuClock, ProcessSample
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Device, RuntimeName
from profiler import worker
from profiler.artefacts import drawn, verification
from profiler.faults import FaultKind, HostFault, fault_of
from profiler.protocol.doubts import doubts
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.visits import Visit, merged, one_block
from profiler.runtimes import base
from profiler.runtimes.nodes import attributed
from profiler.sensors import contention, frequency, gpu_watch, loaded, threads
from profiler.skeletons import archive
from profiler.skeletons.archive import Archive
from tests.builders import make_beat
from tests.fakes.clock import FakeCall, FakeClock
from tests.profiler.skeletons.models import CLASSES, SIZE, make_entry

RUNTIMES = ("torch", "timm", "onnx", "onnxruntime", "openvino")


def imported_by(module: str, packages: tuple[str, ...]) -> list[str]:
    """Those of the packages that a fresh process has loaded once it has imported the module."""
    program = f"import sys, {module}; print(*[name for name in {packages} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_worker_imports_no_library_before_it_is_asked() -> None:
    assert imported_by("profiler.worker", ("numpy", "scipy", "pydantic", *RUNTIMES)) == []


@pytest.mark.parametrize(
    "module", ["profiler.artefacts.verification", "profiler.runtimes.base", "profiler.doctor"]
)
def test_what_compares_outputs_names_runtimes_or_looks_for_them_loads_none(module: str) -> None:
    assert imported_by(module, ("scipy", *RUNTIMES)) == []


# What it answers, with a runtime and a system that only count


class FakeNetwork:
    """A network whose calls take 20 ms, and which puts out its images."""

    def __init__(self, clock: FakeClock) -> None:
        self.infer = FakeCall(clock, [20.0])

    def prepare(self, images: Any) -> None:
        self.images = images

    def client(self) -> "FakeNetwork":
        return self

    def output(self) -> Any:
        return self.images


class FakeSystem:
    """A system that pins, and whose peak of memory grows by a byte at each look."""

    peak = 0
    pinned: tuple[int, ...] = ()

    def pin(self, cpus: list[int]) -> tuple[int, ...]:
        self.pinned = tuple(cpus)
        return self.pinned

    def peak_bytes(self) -> int:
        self.peak += 1
        return self.peak


class FakeTime:
    """The module `time` and the worker's clock. While the process sleeps, its threads spin for `spin_ms`."""

    def __init__(self, spin_ms: float = 0.0) -> None:
        self.clock = FakeClock()
        self.spin_ms = spin_ms
        self.slept_s = 0.0

    def perf_counter(self) -> float:
        return self.clock.wall / 1e9

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds
        spun_ms = min(self.spin_ms, seconds * 1e3)
        self.spin_ms -= spun_ms
        self.clock.wall += round(seconds * 1e9)
        self.clock.cpu += round(spun_ms * 1e6)


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """A worker in this process, whose time passes only in calls and in sleep."""
    time, system = FakeTime(), FakeSystem()
    monkeypatch.setattr(worker, "time", time)
    monkeypatch.setattr(worker, "SystemClock", lambda: time.clock)
    monkeypatch.setattr(worker, "this_system", lambda: system)
    monkeypatch.setattr(contention, "current_use", lambda: contention.CpuUse(0.0, 0.0, time.perf_counter()))
    runtime = SimpleNamespace(load=lambda request: FakeNetwork(time.clock))
    monkeypatch.setattr(base, "import_runtime", lambda name, scenario, device: runtime)
    expected = SimpleNamespace(image=np.ones((1, 3, 4, 4)), output=None)
    monkeypatch.setattr(verification, "load", lambda folder: expected)
    monkeypatch.setattr(verification, "check", lambda output, expected, precision: 0.25)
    monkeypatch.setattr(threads, "require_cpus", lambda cpus: None)
    readings = iter([{"1": 0}, {"1": 500, "2": 400}])
    monkeypatch.setattr(threads, "cpu_ns", lambda: next(readings))
    return time


PLAN = SamplingPlan(block_s=0.1, block_calls=3, warm_up_window_calls=3, warm_up_window_s=0.0, rest_max_s=0.1)


def opening(artefact: Path, plan: SamplingPlan = PLAN, workload: Workload | None = None) -> dict[str, Any]:
    artefact.touch()
    return {
        "ask": "open",
        "artefact": str(artefact),
        "workload": asdict(workload or Workload("net", CLASSES, SIZE)),
        "configuration": asdict(Configuration(RuntimeName.ONNXRUNTIME, threads=1)),
        "affinity": [0],
        "plan": asdict(plan),
        "packages": [],
    }


def test_a_case_is_opened_once_and_visited_as_often_as_asked(passing: FakeTime, tmp_path: Path) -> None:
    asked = worker.Worker()
    opened = from_document(ProcessSample, json.loads(json.dumps(asked.answer(opening(tmp_path / "model")))))
    assert (opened.wall_ns, opened.cpu_ns, opened.blocks) == ((), (), ())
    assert opened.affinity == (0,)
    assert opened.deviation == 0.25
    assert opened.warm_up_calls == 6
    assert opened.warm_up_settled
    assert opened.threads == 2
    assert (opened.imported_bytes, opened.loaded_bytes, opened.peak_bytes) == (1, 2, 3)
    assert opened.seconds == pytest.approx({"import": 0.0, "load": 0.02, "warm_up": 6 * 0.02})
    visits = [from_document(Visit, json.loads(json.dumps(asked.answer({"ask": "visit"})))) for _ in range(2)]
    for visit in visits:
        assert visit.timings.wall_ns == visit.timings.cpu_ns == (20_000_000,) * 5
        assert visit.took_s == pytest.approx(6 * 0.02)  # with the call that is not counted
    assert [visit.peak_bytes for visit in visits] == [4, 5]
    assert visits[0].at_s == pytest.approx(0.02 + 6 * 0.02 + 0.01)  # after one look at threads that rest
    assert visits[1].at_s - visits[0].at_s == pytest.approx(6 * 0.02 + 0.01)


@contextmanager
def before_others(asked: list[bool], is_allowed: bool) -> Iterator[bool]:
    asked.append(is_allowed)
    yield is_allowed


@pytest.fixture
def asked(passing: FakeTime, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The answers to a worker that asked to go before other processes."""
    asked: list[bool] = []
    monkeypatch.setattr(worker, "real_time_priority", lambda: before_others(asked, is_allowed=True))
    return asked


def visits_of(request: dict[str, Any], count: int) -> list[Visit]:
    working = worker.Worker()
    working.answer(request)
    return [from_document(Visit, working.answer({"ask": "visit"})) for _ in range(count)]


def test_every_other_block_goes_before_other_processes(asked: list[bool], tmp_path: Path) -> None:
    visits = visits_of(opening(tmp_path / "model"), 5)
    assert [visit.real_time for visit in visits] == [False, True, False, True, False]


def test_where_that_is_not_allowed_every_block_is_an_ordinary_one(
    passing: FakeTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(worker, "real_time_priority", lambda: before_others(asked, is_allowed=False))
    assert not any(visit.real_time for visit in visits_of(opening(tmp_path / "model"), 4))
    assert asked == [False] * 3  # the first block is an ordinary one in any case


def test_long_calls_do_not_go_before_others(
    asked: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_MOST_REAL_TIME_NS", 19e6)
    assert not any(visit.real_time for visit in visits_of(opening(tmp_path / "model"), 3))
    assert asked == []


def test_calls_that_a_percentile_is_of_do_not_go_before_others(asked: list[bool], tmp_path: Path) -> None:
    visits_of(opening(tmp_path / "model", PLAN.with_percentile(99, 700)), 3)
    assert asked == []


def test_calls_on_an_accelerator_do_not_go_before_others(
    asked: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_watch, "watch", lambda device: gpu_watch.Unwatched())
    request = opening(tmp_path / "model")
    request["configuration"] = {**request["configuration"], "device": Device.CUDA}
    visits_of(request, 3)
    assert asked == []


def test_a_block_says_how_long_its_threads_waited(
    passing: FakeTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = iter((0.0, 0.03, 0.03, 0.03))
    monkeypatch.setattr(
        contention,
        "current_use",
        lambda: contention.CpuUse(0.0, 0.0, passing.perf_counter(), next(waited)),
    )
    visits = visits_of(opening(tmp_path / "model"), 2)
    assert [visit.waited for visit in visits] == pytest.approx([0.03 / (6 * 0.02), 0.0])


def test_another_runtime_than_the_installed_one_is_not_measured(passing: FakeTime, tmp_path: Path) -> None:
    installed = loaded.InstalledPackage("numpy", "0.0.1", None)
    request = {**opening(tmp_path / "model"), "packages": [asdict(installed)]}
    with pytest.raises(HostFault) as caught:
        worker.Worker().answer(request)
    assert caught.value.kind is FaultKind.OTHER_RUNTIME
    assert f"numpy {np.__version__} of {np.__file__}" in caught.value.detail


def test_on_other_cpus_than_the_chosen_ones_nothing_is_measured_or_profiled(
    profiled: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(cpus: tuple[int, ...]) -> None:
        assert cpus == (0,)
        raise HostFault(FaultKind.OTHER_CPUS, "1")

    monkeypatch.setattr(threads, "require_cpus", refuse)
    process = worker.Worker()
    with pytest.raises(HostFault):
        process.answer(opening(tmp_path / "model"))
    process.answer(loading(tmp_path / "model"))
    with pytest.raises(HostFault):
        process.answer({"ask": "nodes"})


# What is asked of its nodes is checked as what is measured


@pytest.fixture
def profiled(passing: FakeTime, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The requests that a profiler of nodes is given."""
    requests: list[Any] = []

    def load_for_nodes(request: Any, images: Any) -> Callable[[], NodeProfile]:
        requests.append(request)
        return lambda: NodeProfile(absent_reason="a fake")

    profiler = SimpleNamespace(load_for_nodes=load_for_nodes)
    monkeypatch.setattr(base, "import_node_profiler", lambda configuration: profiler)
    monkeypatch.setattr(attributed, "with_operators", lambda profile, request: profile)
    return requests


def loading(artefact: Path) -> dict[str, Any]:
    return {**opening(artefact), "ask": "load for nodes"}


def test_nodes_are_profiled_once_it_is_asked(profiled: list[Any], tmp_path: Path) -> None:
    process = worker.Worker()
    assert process.answer(loading(tmp_path / "model")) == {}
    assert process.answer({"ask": "nodes"})["absent_reason"] == "a fake"
    assert len(profiled) == 1


def test_nodes_are_not_profiled_before_they_are_loaded() -> None:
    with pytest.raises(ValueError, match="before"):
        worker.Worker().answer({"ask": "nodes"})


def test_the_nodes_of_another_runtime_than_the_installed_one_are_not_profiled(
    profiled: list[Any], tmp_path: Path
) -> None:
    installed = loaded.InstalledPackage("numpy", "0.0.1", None)
    request = {**loading(tmp_path / "model"), "packages": [asdict(installed)]}
    with pytest.raises(HostFault) as caught:
        worker.Worker().answer(request)
    assert caught.value.kind is FaultKind.OTHER_RUNTIME
    assert profiled == []


def test_a_file_that_cannot_be_opened_is_named_before_its_nodes_are_profiled(
    profiled: list[Any], tmp_path: Path
) -> None:
    request = loading(tmp_path / "model")
    (tmp_path / "model").unlink()
    with pytest.raises(FileNotFoundError):
        worker.Worker().answer(request)
    assert profiled == []


def test_threads_of_clients_are_not_counted(passing: FakeTime, tmp_path: Path) -> None:
    request = opening(tmp_path / "model")
    request["configuration"] = {**request["configuration"], "clients": 2}
    assert worker.Worker().answer(request)["threads"] is None


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.EIO])
def test_a_file_that_the_host_does_not_let_open_is_named_before_a_runtime_fails_of_it(
    passing: FakeTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    request = opening(tmp_path / "model")

    def refuse(path: Path, mode: str) -> None:
        raise OSError(number, "refused", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OSError, match="refused") as caught:
        worker.Worker().answer(request)
    assert fault_of(caught.value) is not None


def test_a_visit_before_a_case_was_opened_is_an_error(passing: FakeTime) -> None:
    with pytest.raises(ValueError, match="before a case was opened"):
        worker.Worker().answer({"ask": "visit"})


@pytest.mark.parametrize(("spin_ms", "slept_s"), [(0, 0.01), (25, 0.04), (28, 0.04), (10_000, 0.1)])
def test_a_process_is_left_alone_until_its_threads_rest(
    spin_ms: float, slept_s: float, passing: FakeTime, tmp_path: Path
) -> None:
    asked = worker.Worker()
    asked.answer(opening(tmp_path / "model"))
    passing.slept_s, passing.spin_ms = 0.0, spin_ms
    asked.answer({"ask": "visit"})
    assert passing.slept_s == pytest.approx(slept_s)


def test_the_clock_of_the_processor_is_read_before_the_process_rests(
    passing: FakeTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = worker.Worker()
    asked.answer(opening(tmp_path / "model"))
    passing.slept_s = 0.0
    read: Callable[[Any], Any] = lambda cpus: (CpuClock(100.0 if passing.slept_s else 3500.0, None),)  # noqa: E731
    monkeypatch.setattr(frequency, "read", read)
    assert asked.answer({"ask": "visit"})["clocks"] == ({"mhz": 3500.0, "throttles": None},)


# As on macOS: no affinity, and nothing in /proc.
ELSEWHERE = """
import json, os, sys
del os.sched_getaffinity, os.sched_setaffinity
from profiler.worker import Worker
worker = Worker()
print(json.dumps([worker.answer(request) for request in json.loads(sys.argv[1])]))
"""


@pytest.mark.parametrize("runtime", [RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO])
def test_where_no_process_can_be_pinned_numbers_have_a_doubt(runtime: RuntimeName, tmp_path: Path) -> None:
    archive.write(tmp_path / "skeletons.zip", [make_entry()], [])
    workload = Workload("net", CLASSES, SIZE)
    drawn.write(Archive(tmp_path / "skeletons.zip"), workload, tmp_path / "model.onnx")
    plan = replace(PLAN, block_s=0.01, block_calls=6)
    request = opening(tmp_path / "model.onnx", plan, workload)
    request["configuration"] = asdict(Configuration(runtime, threads=1))
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, json.dumps([request, {"ask": "visit"}, {"ask": "visit"}])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    opened, *visits = json.loads(done.stdout)
    (sample,) = merged(
        one_block(from_document(ProcessSample, opened), from_document(Visit, visit), make_beat(), make_beat())
        for visit in visits
    )
    assert sample.affinity == ()
    assert len(sample.blocks) == 2
    assert all(len(calls) >= 6 for _, calls in sample.calls_of_blocks())
    assert None not in (sample.imported_bytes, sample.loaded_bytes, sample.peak_bytes)
    assert Doubt.UNPINNED in doubts([sample], 0.02)
