"""What the processes of a campaign are started with, and what they are asked."""

import sysconfig
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, RuntimeName
from profiler.artefacts.cache import ArtefactCache, CachedArtefact, Format
from profiler.campaign import measuring
from profiler.cases import Case
from profiler.errors import CanaryFailed
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.processes import bytecode
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.sampling import Timings
from profiler.protocol.visits import Visit
from profiler.sensors.loaded import InstalledPackage
from profiler.sensors.system import this_system
from profiler.worker import Worker
from tests.builders import make_beat, make_sample

CASE = Case(Workload("resnet50", 1000, 224), Configuration(RuntimeName.PYTORCH))
ON_GPU = replace(CASE, configuration=replace(CASE.configuration, device=Device.CUDA))
OPENED = replace(make_sample(calls=0), quiet_ns=None)
VISIT = Visit(1.5, 0.1, Timings((10, 11), (9, 9)), 0.25, 100_000_000)


@dataclass(frozen=True)
class Compiled:
    """What a process answers that has imported a runtime."""


class FakeChild:
    """Answers with the documents of `answers` in turn, or fails as they say."""

    answers: list[object]
    children: list["FakeChild"]

    def __init__(self, module: str, variables: Mapping[str, str]) -> None:
        self.module = module
        self.variables = variables
        self.asked: list[tuple[dict[str, Any], float]] = []
        self.closed = False
        self.children.append(self)

    def ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        self.send(request)
        return self.answer(timeout_s)

    def send(self, request: dict[str, Any]) -> None:
        self.sent = request

    def answer(self, timeout_s: float) -> dict[str, Any]:
        self.asked.append((self.sent, timeout_s))
        answer: Any = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return asdict(answer)

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> "FakeChild":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[FakeChild]:
    """The children that were started."""
    monkeypatch.setattr(measuring, "Child", FakeChild)
    monkeypatch.setattr(FakeChild, "children", [], raising=False)
    monkeypatch.setattr(type(this_system()), "cpus", lambda self: [3, 5, 6, 7])
    monkeypatch.setattr(bytecode, "are_compiled", lambda modules, environment: True)
    measuring._let_compile.cache_clear()
    return FakeChild.children


def answer(monkeypatch: pytest.MonkeyPatch, *answers: object) -> None:
    monkeypatch.setattr(FakeChild, "answers", list(answers), raising=False)


@pytest.fixture
def made(tmp_path: Path) -> CachedArtefact:
    cache = ArtefactCache(tmp_path, 1e9)
    return cache.make(CASE.workload, Format.SAFETENSORS, lambda path: float(path.write_bytes(b"weights")))


@pytest.mark.parametrize(
    ("threads", "clients", "cpus"), [(1, 1, [7]), (2, 1, [6, 7]), (1, 3, [5, 6, 7]), (2, 4, [3, 5, 6, 7])]
)
def test_a_case_is_measured_on_the_last_cpus_one_for_each_thread_of_each_client(
    children: list[FakeChild], threads: int, clients: int, cpus: list[int]
) -> None:
    configuration = replace(CASE.configuration, threads=threads, clients=clients)
    assert measuring.cpus_of(replace(CASE, configuration=configuration)) == cpus


def test_a_process_is_opened_with_the_case_and_then_visited(
    children: list[FakeChild], made: CachedArtefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, OPENED, VISIT)
    process = measuring.open_process(CASE, made, SamplingPlan(), 9.0)
    assert process.loaded() == OPENED
    assert process.visit() == VISIT
    assert process.loaded() == OPENED
    (child,) = children
    assert child.module == "profiler.worker"
    (opening, opening_s), visiting = child.asked
    assert opening == {
        "ask": "open",
        "artefact": str(made.path.absolute()),
        "workload": asdict(CASE.workload),
        "configuration": asdict(CASE.configuration),
        "affinity": [7],
        "plan": asdict(SamplingPlan()),
        "packages": [
            asdict(InstalledPackage(name, version(name), str(Path(sysconfig.get_path("purelib")).resolve())))
            for name in ("torch", "timm")
        ],
    }
    assert (opening_s, visiting) == (9.0, ({"ask": "visit"}, 9.0))
    assert not child.closed
    process.close()
    assert child.closed


def test_the_peak_of_memory_is_that_of_a_process_which_ends(
    children: list[FakeChild], made: CachedArtefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, OPENED, VISIT)
    assert measuring.peak_bytes(CASE, made, 9.0) == VISIT.peak_bytes
    assert [child.closed for child in children] == [True]
    answer(monkeypatch, OPENED, CaseFailed(FailureReason.CRASHED, "SIGSEGV"))
    with pytest.raises(CaseFailed):
        measuring.peak_bytes(CASE, made, 9.0)
    assert [child.closed for child in children] == [True, True]


def test_the_variables_reach_every_process(
    children: list[FakeChild], made: CachedArtefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, make_beat())
    visible = {"CUDA_VISIBLE_DEVICES": "GPU-aaaa"}
    measuring.open_process(ON_GPU, made, SamplingPlan(), 1.0, variables=visible)
    measuring.open_canary(ON_GPU, visible)
    assert [child.variables for child in children] == [
        {"OMP_NUM_THREADS": "1", **visible},
        {"OPENBLAS_NUM_THREADS": "1", **visible},
    ]


def test_a_process_that_takes_no_request_is_closed(
    children: list[FakeChild], made: CachedArtefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(child: FakeChild, request: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeChild, "send", refuse)
    with pytest.raises(KeyboardInterrupt):
        measuring.open_process(CASE, made, SamplingPlan(), 1.0)
    assert [child.closed for child in children] == [True]


def test_what_a_process_could_not_load_is_told_by_its_first_visit(
    children: list[FakeChild], made: CachedArtefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, HostFault(FaultKind.NO_SPACE, "full"))
    process = measuring.open_process(CASE, made, SamplingPlan(), 1.0)
    with pytest.raises(HostFault):
        process.visit()


@pytest.mark.parametrize(("case", "on_gpu"), [(CASE, False), (ON_GPU, True)])
def test_a_canary_is_opened_on_the_cpus_and_the_device_of_a_case(
    children: list[FakeChild], monkeypatch: pytest.MonkeyPatch, case: Case, on_gpu: bool
) -> None:
    answer(monkeypatch, make_beat(), make_beat(1.5))
    canary = measuring.open_canary(case)
    assert canary.beat() == make_beat(1.5)
    (child,) = children
    assert child.module == "profiler.canary"
    assert [asked for asked, _ in child.asked] == [
        {"ask": "open", "affinity": [7], "on_gpu": on_gpu},
        {"ask": "beat"},
    ]
    canary.close()
    assert child.closed


@pytest.mark.parametrize("error", [CaseFailed(FailureReason.CRASHED, "SIGSEGV"), KeyboardInterrupt()])
def test_a_canary_that_could_not_be_opened_is_closed(
    children: list[FakeChild], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    answer(monkeypatch, error)
    with pytest.raises((CanaryFailed, KeyboardInterrupt)):
        measuring.open_canary(CASE)
    assert [child.closed for child in children] == [True]


def test_a_canary_that_dies_is_no_failure_of_the_case_beside_it(
    children: list[FakeChild], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, make_beat(), CaseFailed(FailureReason.TIMED_OUT, "no answer within 60 s"))
    canary = measuring.open_canary(CASE)
    with pytest.raises(CanaryFailed, match="no answer within 60 s") as caught:
        canary.beat()
    assert not isinstance(caught.value, CaseFailed)
    assert caught.value.remedy


def test_a_fault_of_the_host_that_the_canary_meets_keeps_its_remedy(
    children: list[FakeChild], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = HostFault(FaultKind.NOT_IMPORTABLE, "ImportError: libgomp.so.1", "Install libgomp1.")
    answer(monkeypatch, fault)
    with pytest.raises(CanaryFailed, match=r"libgomp\.so\.1") as caught:
        measuring.open_canary(CASE)
    assert caught.value.remedy == "Install libgomp1."
    assert [child.closed for child in children] == [True]


@pytest.mark.parametrize("outcome", [None, CaseFailed(FailureReason.RUNTIME_ERROR, "no module")])
def test_the_first_process_of_a_runtime_that_is_not_compiled_measures_nothing(
    outcome: CaseFailed | None,
    children: list[FakeChild],
    made: CachedArtefact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bytecode, "are_compiled", lambda modules, environment: False)
    answer(monkeypatch, outcome or Compiled(), OPENED, OPENED)
    for _ in range(2):
        measuring.open_process(CASE, made, SamplingPlan(), 60.0).loaded()
    asked = [request["ask"] for child in children for request, _ in child.asked]
    assert asked == ["import", "open", "open"]
    assert children[0].closed


def test_a_process_can_import_a_runtime_and_no_more() -> None:
    request = {"ask": "import", "runtime": "openvino", "scenario": "single_stream", "device": "cpu"}
    assert Worker().answer(request) == {}
