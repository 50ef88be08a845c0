"""What preparing lacks: time, memory, room, a cache."""

import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import asdict
from pathlib import Path

import pytest

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler import preparation
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.preparation import Preparation
from profiler.processes.serving import Json
from tests.fakes.examining import make_examined
from tests.profiler.preparation.preparing import NAMES, Bench, FakeProcess
from tests.profiler.preparation.test_files import jobs


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
