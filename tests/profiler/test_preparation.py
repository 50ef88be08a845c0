"""The parent's end of the preparer processes, with fakes in their place."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from catalog.entities.networks import CountedWorkload, Workload
from catalog.reference import reading
from catalog.reference.reading import SKELETONS
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler import preparation
from profiler.artefacts.cache import Format
from profiler.errors import TimmUnavailable, TorchMissing, UnknownArchitecture
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.preparation import Job, Preparation, Registry
from profiler.processes.serving import Json
from profiler.skeletons import archive
from tests.fakes.examining import make_examined, make_failed
from tests.profiler.skeletons.models import CLASSES, SIZE, make_entry

NAMES = ("alpha", "bravo", "charlie", "delta", "echo")


@dataclass(eq=False)
class FakeProcess:
    """Answers as `reply` does; a process that was closed may not be asked."""

    reply: Callable[[Json], Json]
    requests: list[Json] = field(default_factory=list)
    closed: bool = False

    def ask(self, request: Json, timeout_s: float) -> Json:
        assert not self.closed
        assert timeout_s > 0
        self.requests.append(request)
        return self.reply(request)

    def close(self) -> None:
        self.closed = True


class Bench:
    """A preparation over fake processes, all that it started in `processes`."""

    def __init__(self, folder: Path, parallel: int = 1) -> None:
        self.processes: list[FakeProcess] = []
        self.failures: dict[str, BaseException] = {}
        self.is_timm_broken = False
        self.preparation = Preparation(folder, parallel, self._start)

    def _start(self, module: str) -> FakeProcess:
        self.processes.append(FakeProcess(self._reply))
        return self.processes[-1]

    def _reply(self, request: Json) -> Json:
        if "registry" in request:
            return {"architectures": list(NAMES), "aliases": {"old": "alpha.v1"}}
        name = request["architecture"]
        if request["failure"] is not None and not self.is_timm_broken:
            return asdict(make_failed(name, request["failure"]))
        if name in self.failures:
            raise self.failures[name]
        pairs = [(classes, size) for classes, size in request["wanted"]]
        answer: dict[str, Any] = asdict(make_examined(name, pairs))
        return answer

    def requests(self) -> list[Json]:
        return [request for process in self.processes for request in process.requests]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_registry_is_what_timm_says(bench: Bench) -> None:
    assert bench.preparation.registry() == Registry(NAMES, {"old": "alpha.v1"})


@pytest.mark.parametrize("parallel", [1, 2, 8])
def test_every_architecture_is_examined_once_with_its_pairs(tmp_path: Path, parallel: int) -> None:
    bench = Bench(tmp_path, parallel)
    wanted = {name: [(1000, 256 + position)] for position, name in enumerate(NAMES)}
    examined = {entry.architecture.name: entry for entry in bench.preparation.examine(wanted)}
    assert examined == {name: make_examined(name, pairs) for name, pairs in wanted.items()}
    assert sorted(request["architecture"] for request in bench.requests()) == sorted(NAMES)
    assert len(bench.processes) <= parallel


def test_nothing_to_examine_starts_no_process(bench: Bench) -> None:
    assert list(bench.preparation.examine({})) == []
    assert bench.processes == []


@pytest.mark.parametrize(
    ("reason", "detail"),
    [
        (FailureReason.CRASHED, "SIGSEGV\ncorrupted size vs. prev_size"),
        (FailureReason.OUT_OF_MEMORY, "killed by the kernel for want of memory"),
        (FailureReason.TIMED_OUT, "no answer within 900 s"),
    ],
)
def test_a_crash_is_a_failure_of_one_architecture_and_the_others_go_on(
    bench: Bench, reason: FailureReason, detail: str
) -> None:
    bench.failures["bravo"] = CaseFailed(reason, detail)
    examined = {
        entry.architecture.name: entry for entry in bench.preparation.examine({name: [] for name in NAMES})
    }
    assert examined.keys() == set(NAMES)
    assert examined.pop("bravo") == make_failed("bravo", f"{reason}: {detail}")
    assert all(entry == make_examined(name) for name, entry in examined.items())


def test_timm_that_fails_on_its_registry_too_ends_the_work(bench: Bench) -> None:
    bench.is_timm_broken = True
    bench.failures["bravo"] = CaseFailed(FailureReason.RUNTIME_ERROR, "ImportError: no module named timm")
    with pytest.raises(CaseFailed, match="no module named timm"):
        list(bench.preparation.examine({"bravo": []}))


def test_a_process_that_failed_is_ended_and_another_takes_its_place(bench: Bench) -> None:
    bench.failures["alpha"] = CaseFailed(FailureReason.CRASHED, "SIGSEGV")
    list(bench.preparation.examine({"alpha": [], "bravo": [], "charlie": []}))
    assert [process.closed for process in bench.processes] == [True, False]
    assert [request["architecture"] for request in bench.processes[1].requests] == [
        "alpha",
        "bravo",
        "charlie",
    ]


def test_what_is_not_a_failure_of_the_network_ends_the_work(bench: Bench) -> None:
    bench.failures["bravo"] = KeyError("a mistake of ours")
    with pytest.raises(KeyError):
        list(bench.preparation.examine({name: [] for name in NAMES}))


def test_closing_ends_the_processes_that_wait(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 2)
    list(bench.preparation.examine({name: [] for name in NAMES}))
    bench.preparation.close()
    assert all(process.closed for process in bench.processes)
    bench.preparation.registry()
    assert not bench.processes[-1].closed


def test_who_stops_listening_cancels_what_has_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, 1)
    second_asked, go_on = threading.Event(), threading.Event()
    original = bench._reply

    def reply(request: Json) -> Json:
        if request["architecture"] != "alpha":
            second_asked.set()
            assert go_on.wait(60)
        return original(request)

    class Pool(ThreadPoolExecutor):
        """Lets the second architecture end once the rest has been cancelled."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            go_on.set()
            super().shutdown(wait)

    monkeypatch.setattr(preparation, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(bench, "_reply", reply)
    examined = bench.preparation.examine({name: [] for name in NAMES})
    assert next(examined).architecture.name == "alpha"
    assert second_asked.wait(60)
    examined.close()  # type: ignore[attr-defined]
    assert [request["architecture"] for request in bench.requests()] == ["alpha", "bravo"]


def jobs(*precisions: Precision) -> list[Job]:
    return [
        Job(Workload("alpha", 1000, 224), Format.ONNX, count=False, precision=precision)
        for precision in precisions
    ]


def answering(bench: Bench, monkeypatch: pytest.MonkeyPatch, failing: Precision | None = None) -> list[str]:
    """Makes artefacts in all precisions but `failing`; returns those that are asked for, in order."""
    asked: list[str] = []

    def reply(request: Json) -> Json:
        asked.append(request["precision"])
        if request["precision"] == failing:
            raise CaseFailed(FailureReason.UNSUPPORTED_EXPORT, "no such operator")
        return {}

    monkeypatch.setattr(bench, "_reply", reply)
    return asked


def test_quantising_begins_where_the_export_of_its_network_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, 2)
    asked = answering(bench, monkeypatch)
    done = list(bench.preparation.prepare(jobs(Precision.INT8, Precision.FP32)))
    assert asked == [Precision.FP32, Precision.INT8]
    assert all(prepared.failure is None for prepared in done)
    assert len(bench.processes) == 1


def test_what_cannot_be_exported_is_not_exported_again_to_be_quantised(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(bench, monkeypatch, failing=Precision.FP32)
    done = list(bench.preparation.prepare(jobs(Precision.FP32, Precision.INT8)))
    assert asked == [Precision.FP32]
    assert [prepared.job.precision for prepared in done] == [Precision.FP32, Precision.INT8]
    failures = [prepared.failure for prepared in done]
    assert all(isinstance(failure, CaseFailed) for failure in failures)
    assert {failure.reason for failure in failures if isinstance(failure, CaseFailed)} == {
        FailureReason.UNSUPPORTED_EXPORT
    }


def test_what_cannot_be_quantised_is_exported_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(bench, monkeypatch, failing=Precision.INT8)
    done = list(bench.preparation.prepare(jobs(Precision.FP32, Precision.INT8)))
    assert [prepared.failure is None for prepared in done] == [True, False]


def test_timm_that_cannot_be_asked_is_told_with_a_way_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(request: Json) -> Json:
        raise CaseFailed(FailureReason.RUNTIME_ERROR, "ImportError: no module named timm")

    monkeypatch.setattr(bench, "_reply", fail)
    with pytest.raises(TimmUnavailable) as caught:
        bench.preparation.describe(["resnet50"])
    assert "no module named timm" in caught.value.message
    assert caught.value.remedy == "Run `archrank doctor`."


def test_an_unknown_architecture_is_an_error_with_close_names(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = {"unknown": {"name": "resnt50", "close": ["resnet50", "resnet50d"]}}
    monkeypatch.setattr(bench, "_reply", lambda request: unknown)
    with pytest.raises(UnknownArchitecture) as caught:
        bench.preparation.describe(["resnt50"])
    assert caught.value.message == "Unknown architecture 'resnt50'."
    assert caught.value.remedy == "Close matches: resnet50, resnet50d."


# Without torch


class Drawing:
    """A preparation beside a skeleton of `net`. `missing` are the packages that torch's extra lacks."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]) -> None:
        archive.write(folder / SKELETONS, [make_entry()], [])
        monkeypatch.setattr(reading, "FOLDER", folder)
        self.requests: list[tuple[str, Json]] = []
        self.preparation = Preparation(folder, 1, self._start, lambda: missing)

    def _start(self, module: str) -> FakeProcess:
        def reply(request: Json) -> Json:
            self.requests.append((module, request))
            counted = asdict(CountedWorkload(Workload("net", CLASSES, SIZE), None, "no formula"))
            return {"counted": counted, "seconds": 1.0}

        return FakeProcess(reply)


DRAWN = Job(Workload("net", CLASSES, SIZE), Format.ONNX, count=True)


def test_what_a_skeleton_serves_is_drawn_and_counted_where_torch_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_torch = Drawing(tmp_path, monkeypatch, missing=())
    (prepared,) = with_torch.preparation.prepare([DRAWN])
    assert [module for module, _ in with_torch.requests] == ["profiler.drawer", "profiler.preparer"]
    assert prepared.counted is not None
    without = Drawing(tmp_path, monkeypatch, missing=("torch",))
    (prepared,) = without.preparation.prepare([DRAWN])
    assert [module for module, _ in without.requests] == ["profiler.drawer"]
    assert prepared.counted is None
    assert prepared.failure is None


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (Job(DRAWN.workload, Format.SAFETENSORS, count=False), "The runtime pytorch runs net"),
        (Job(Workload("net", 0, SIZE), Format.ONNX, count=False), "ships net for 32 px"),
        (Job(Workload("other", 10, SIZE), Format.ONNX, count=False), "no graph of other"),
    ],
)
def test_what_needs_torch_is_refused_before_anything_is_prepared(
    job: Job, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = Drawing(tmp_path, monkeypatch, missing=("torch", "timm"))
    without.preparation.check([DRAWN])
    with pytest.raises(TorchMissing, match=words) as caught:
        without.preparation.check([DRAWN, job])
    assert "torch, timm" in caught.value.message
    assert "archrank[profiler]" in (caught.value.remedy or "")
    Drawing(tmp_path, monkeypatch, missing=()).preparation.check([DRAWN, job])


def test_an_unknown_name_is_told_its_neighbours_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = Drawing(tmp_path, monkeypatch, missing=("timm",))
    with pytest.raises(TorchMissing, match="archrank ships no nett") as caught:
        without.preparation.describe(["nett"])
    assert "net" in (caught.value.remedy or "")
    assert without.requests == []


# What preparing lacks


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (FailureReason.TIMED_OUT, FaultKind.TIME_LIMIT),
        (FailureReason.OUT_OF_MEMORY, FaultKind.NO_MEMORY),
    ],
)
def test_time_and_memory_that_preparing_lacks_say_nothing_of_the_network(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, reason: FailureReason, kind: FaultKind
) -> None:
    def reply(request: Json) -> Json:
        raise CaseFailed(reason, "as the parent saw it")

    monkeypatch.setattr(bench, "_reply", reply)
    (prepared,) = bench.preparation.prepare(jobs(Precision.FP32))
    assert isinstance(prepared.failure, HostFault)
    assert prepared.failure.kind is kind
    assert prepared.failure.remedy == kind.remedy


def test_a_fault_of_the_host_reaches_every_job_of_the_file(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = HostFault(FaultKind.NO_SPACE, "the cache is full")

    def reply(request: Json) -> Json:
        raise fault

    monkeypatch.setattr(bench, "_reply", reply)
    prepared = list(bench.preparation.prepare(jobs(Precision.FP32, Precision.INT8)))
    assert [one.failure for one in prepared] == [fault, fault]


def test_a_job_may_take_as_long_as_is_asked_for(tmp_path: Path) -> None:
    allowed: list[float] = []

    class Timed(FakeProcess):
        def ask(self, request: Json, timeout_s: float) -> Json:
            allowed.append(timeout_s)
            return {}

    def start(module: str) -> Timed:
        return Timed(lambda request: {})

    for preparing in (Preparation(tmp_path, 1, start), Preparation(tmp_path, 1, start, timeout_s=7.0)):
        list(preparing.prepare(jobs(Precision.FP32)))
    assert allowed == [900.0, 7.0]


def test_who_is_interrupted_waits_for_no_process(tmp_path: Path) -> None:
    """The first job is done, the second still works, and the others never begin."""
    asked: list[str] = []
    working, killed = threading.Event(), threading.Event()

    class Working:
        def ask(self, request: Json, timeout_s: float) -> Json:
            asked.append(request["architecture"])
            if request["architecture"] != "alpha":
                working.set()
                assert killed.wait(60)
                raise CaseFailed(FailureReason.CRASHED, "SIGKILL")
            answer: Json = asdict(make_examined(request["architecture"], []))
            return answer

        def close(self) -> None:
            killed.set()

    preparing = Preparation(tmp_path, 1, lambda module: Working())
    examined = preparing.examine({name: [] for name in NAMES})
    next(examined)
    assert working.wait(60)
    preparing.close()  # while the caller still holds the iterator
    with pytest.raises((CaseFailed, HostFault, CancelledError)):
        list(examined)
    assert asked == ["alpha", "bravo"]


def test_temporary_files_lie_in_the_cache_and_go_with_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Mapping[str, str]] = []

    def start(module: str, variables: Mapping[str, str]) -> FakeProcess:
        started.append(variables)
        return FakeProcess(lambda request: {"architectures": [], "aliases": {}})

    monkeypatch.setattr(preparation, "Child", start)
    preparing = Preparation(tmp_path / "cache", 1)
    preparing.registry()
    ((variables,),) = [started]
    folder = Path(variables["TMPDIR"])
    assert folder.parent == tmp_path / "cache"
    assert variables["TORCHINDUCTOR_CACHE_DIR"] == str(folder)
    assert folder.is_dir()
    preparing.close()
    assert not folder.exists()
    preparing.registry()
    assert Path(started[1]["TMPDIR"]).is_dir()
    preparing.close()


def test_a_cache_that_cannot_be_made_is_a_fault_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    preparing = Preparation(tmp_path / "file" / "cache", 1)
    (prepared,) = preparing.prepare(jobs(Precision.FP32))
    assert isinstance(prepared.failure, HostFault)
    assert prepared.failure.kind is FaultKind.UNUSABLE_PLACE
    assert "ARCHRANK_CACHE_DIR" in (prepared.failure.remedy or "")
