"""Examining architectures, each in a process."""

import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from profiler import preparation
from profiler.errors import TimmUnavailable, UnknownArchitecture
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.preparation import Examined, Registry, SkeletonJob
from profiler.processes.serving import Json
from profiler.skeletons.skeleton import Unexported
from tests.fakes.examining import make_examined, make_failed
from tests.profiler.preparation.preparing import NAMES, Bench
from tests.profiler.skeletons.models import make_entry


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
        (FailureReason.RUNTIME_ERROR, "RuntimeError: shapes cannot be multiplied"),
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


@pytest.mark.parametrize(
    ("reason", "kind"),
    [(FailureReason.OUT_OF_MEMORY, FaultKind.NO_MEMORY), (FailureReason.TIMED_OUT, FaultKind.TIME_LIMIT)],
)
def test_time_and_memory_that_lack_are_no_failure_of_an_architecture_and_the_others_are_examined(
    bench: Bench, reason: FailureReason, kind: FaultKind
) -> None:
    bench.failures["bravo"] = CaseFailed(reason, "as the parent saw it")
    examined: list[Examined] = []
    with pytest.raises(HostFault, match="bravo: as the parent saw it") as caught:
        examined.extend(bench.preparation.examine({name: [] for name in NAMES}))
    assert {one.architecture.name for one in examined} == set(NAMES) - {"bravo"}
    assert caught.value.kind is kind
    assert "Run the same command again" in (caught.value.remedy or "")
    assert [request["failure"] for request in bench.requests()] == [None] * len(NAMES)


def test_a_full_disk_ends_the_work_at_once(bench: Bench) -> None:
    bench.failures["alpha"] = HostFault(FaultKind.NO_SPACE, "the cache is full")
    with pytest.raises(HostFault):
        list(bench.preparation.examine({name: [] for name in NAMES}))
    assert len(bench.requests()) < len(NAMES)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (FailureReason.OUT_OF_MEMORY, f"not exported yet: {FaultKind.NO_MEMORY.meaning} as it was seen"),
        (FailureReason.TIMED_OUT, f"not exported yet: {FaultKind.TIME_LIMIT.meaning} as it was seen"),
        (FailureReason.UNSUPPORTED_EXPORT, "unsupported_export: as it was seen"),
    ],
)
def test_a_network_that_lacked_time_or_memory_is_not_exported_yet(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, reason: FailureReason, told: str
) -> None:
    entry = make_entry("bravo")

    def reply(request: Json) -> Json:
        if request["skeleton"]["workload"]["architecture"] == "alpha":
            raise CaseFailed(reason, "as it was seen")
        return {"skeleton": asdict(entry.skeleton), "graph": b64encode(entry.graph).decode()}

    monkeypatch.setattr(bench, "_reply", reply)
    alpha, bravo = (SkeletonJob(Workload(name, 1000, 224), "fakes") for name in ("alpha", "bravo"))
    exported = list(bench.preparation.export_skeletons([alpha, bravo]))
    assert exported == [Unexported(alpha.workload, told), entry]


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
