"""What the processes that profile nodes are asked, and in which order."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import NodeProfile
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts.cache import ArtefactCache, CachedArtefact, Format
from profiler.campaign import profiling_nodes
from profiler.campaign.profiling_nodes import profile_nodes
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault

ALPHA = Case(Workload("alpha", 1000, 224), Configuration(RuntimeName.OPENVINO, threads=2))
BETA = replace(ALPHA, workload=Workload("beta", 1000, 224))
LOAD, PROFILE = "load for nodes", "nodes"
CRASHED = CaseFailed(FailureReason.CRASHED, "SIGSEGV")
FULL = HostFault(FaultKind.NO_SPACE, "full")


class FakeChild:
    """Answers any request, unless `failing` says how one of a network fails. `begun` and `answered` remember
    the network and the request of each, in their order."""

    failing: Mapping[tuple[str, str], Exception]
    begun: list[tuple[str, str]]
    answered: list[tuple[str, str]]
    running: list["FakeChild"]
    packages: list[str]

    def __init__(self, module: str, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.network = ""
        self.asked = ""
        self.running.append(self)

    def send(self, request: dict[str, Any]) -> None:
        if request["ask"] == LOAD:
            self.network = request["workload"]["architecture"]
            self.packages[:] = [package["module"] for package in request["packages"]]
        self.asked = request["ask"]
        self.begun.append((self.network, self.asked))

    def answer(self, timeout_s: float) -> dict[str, Any]:
        assert timeout_s == 9.0
        key = self.network, self.asked
        self.answered.append(key)
        if key in self.failing:
            raise self.failing[key]
        return {} if self.asked == LOAD else asdict(NodeProfile(calls_us=(1.0,)))

    def ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        self.send(request)
        return self.answer(timeout_s)

    def __enter__(self) -> "FakeChild":
        return self

    def __exit__(self, *_: object) -> None:
        self.running.remove(self)


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> type[FakeChild]:
    monkeypatch.setattr(profiling_nodes, "Child", FakeChild)
    for name in ("begun", "answered", "running", "packages"):
        monkeypatch.setattr(FakeChild, name, [], raising=False)
    monkeypatch.setattr(FakeChild, "failing", {}, raising=False)
    return FakeChild


@pytest.fixture
def both(tmp_path: Path) -> list[tuple[Case, CachedArtefact]]:
    cache = ArtefactCache(tmp_path, 1e9)
    return [
        (case, cache.make(case.workload, Format.ONNX, lambda path: float(path.write_bytes(b"weights"))))
        for case in (ALPHA, BETA)
    ]


def test_processes_load_side_by_side_and_then_profile_one_after_the_other(
    child: type[FakeChild], both: list[tuple[Case, CachedArtefact]]
) -> None:
    assert profile_nodes(both, 9.0) == [NodeProfile(calls_us=(1.0,))] * 2
    assert child.begun[:2] == child.answered[:2] == [("alpha", LOAD), ("beta", LOAD)]
    assert child.begun[2:] == child.answered[2:] == [("alpha", PROFILE), ("beta", PROFILE)]
    assert child.running == []
    assert child.packages == ["openvino"]


@pytest.mark.parametrize("step", [LOAD, PROFILE])
@pytest.mark.parametrize("reason", [FailureReason.CRASHED, FailureReason.RUNTIME_ERROR])
def test_a_runtime_that_fails_on_its_nodes_is_the_reason_for_their_absence(
    child: type[FakeChild], both: list[tuple[Case, CachedArtefact]], step: str, reason: FailureReason
) -> None:
    child.failing = {("alpha", step): CaseFailed(reason, "SIGSEGV")}
    absent, found = profile_nodes(both, 9.0)
    assert absent == NodeProfile(absent_reason=f"{reason.meaning} SIGSEGV")
    assert found == NodeProfile(calls_us=(1.0,))
    assert child.running == []


@pytest.mark.parametrize("step", [LOAD, PROFILE])
@pytest.mark.parametrize(
    "failure",
    [
        CaseFailed(FailureReason.TIMED_OUT, "no answer within 9 s"),
        CaseFailed(FailureReason.OUT_OF_MEMORY, "killed"),
        FULL,
    ],
)
def test_nodes_that_lack_time_memory_or_a_host_have_no_profile_at_all(
    child: type[FakeChild], both: list[tuple[Case, CachedArtefact]], step: str, failure: Exception
) -> None:
    child.failing = {("beta", step): failure}
    assert profile_nodes(both, 9.0) == [NodeProfile(calls_us=(1.0,)), failure]


def test_what_lacked_memory_beside_another_is_tried_alone(
    child: type[FakeChild], both: list[tuple[Case, CachedArtefact]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(self: FakeChild, timeout_s: float) -> dict[str, Any]:
        if len(FakeChild.running) > 1 and self.network == "beta":
            raise CaseFailed(FailureReason.OUT_OF_MEMORY, "killed")
        return usual(self, timeout_s)

    usual = FakeChild.answer
    monkeypatch.setattr(FakeChild, "answer", answer)
    assert profile_nodes(both, 9.0) == [NodeProfile(calls_us=(1.0,))] * 2
    assert child.begun.count(("alpha", PROFILE)) == 1


def test_a_process_that_cannot_start_leaves_the_others_theirs(
    child: type[FakeChild], both: list[tuple[Case, CachedArtefact]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(self: FakeChild, module: str, variables: Mapping[str, str]) -> None:
        if FakeChild.begun:
            raise FULL
        initialise(self, module, variables)

    initialise = FakeChild.__init__
    monkeypatch.setattr(FakeChild, "__init__", start)
    assert profile_nodes(both, 9.0) == [NodeProfile(calls_us=(1.0,)), FULL]


def test_whatever_happens_every_process_is_ended(
    child: type[FakeChild], both: list[tuple[Case, CachedArtefact]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: FakeChild, timeout_s: float) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeChild, "answer", interrupt)
    with pytest.raises(KeyboardInterrupt):
        profile_nodes(both, 9.0)
    assert child.running == []


def test_the_variables_of_the_campaign_reach_the_process(
    child: type[FakeChild], both: list[tuple[Case, CachedArtefact]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Mapping[str, str]] = []
    initialise = FakeChild.__init__

    def start(self: FakeChild, module: str, variables: Mapping[str, str]) -> None:
        seen.append(variables)
        initialise(self, module, variables)

    monkeypatch.setattr(FakeChild, "__init__", start)
    profile_nodes(both[:1], 9.0, variables={"CUDA_VISIBLE_DEVICES": ""})
    assert [variables["CUDA_VISIBLE_DEVICES"] for variables in seen] == [""]
    assert [variables["OMP_NUM_THREADS"] for variables in seen] == ["2"]
