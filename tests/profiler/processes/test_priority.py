"""Calls go before other processes where this user may let them, and their threads get back what they had."""

import os
import threading
from pathlib import Path

import pytest

from profiler.processes import priority
from profiler.processes.priority import real_time_priority

ORDINARY = os.SCHED_OTHER, os.sched_param(0)


class FakeKernel:
    """The priorities of threads, by id. Those of `closed` may not be raised. Those of `ended` are gone."""

    def __init__(self, *threads: int) -> None:
        self.held = dict.fromkeys(threads, ORDINARY)
        self.closed: set[int] = set()
        self.ended: set[int] = set()

    def policies(self) -> list[int]:
        return [policy for policy, _ in self.held.values()]

    def get_policy(self, thread: int) -> int:
        if thread in self.ended:
            raise ProcessLookupError
        return self.held[thread][0]

    def get_parameter(self, thread: int) -> os.sched_param:
        return self.held[thread][1]

    def set(self, thread: int, policy: int, parameter: os.sched_param) -> None:
        if thread in self.closed and policy == os.SCHED_RR:
            raise PermissionError
        self.held[thread] = policy, parameter


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    kernel = FakeKernel(7, 8)
    monkeypatch.setattr(os, "sched_getscheduler", kernel.get_policy)
    monkeypatch.setattr(os, "sched_getparam", kernel.get_parameter)
    monkeypatch.setattr(os, "sched_setscheduler", kernel.set)
    return kernel


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """The folder of the threads, and the file that says what the kernel leaves to ordinary processes."""
    for thread in ("7", "8"):
        (tmp_path / "task" / thread).mkdir(parents=True)
    (tmp_path / "throttle").write_text("950000\n")
    return tmp_path / "task", tmp_path / "throttle"


def test_every_thread_goes_before_others_and_then_no_longer(
    kernel: FakeKernel, places: tuple[Path, Path]
) -> None:
    with real_time_priority(*places) as ahead:
        assert ahead
        assert kernel.policies() == [os.SCHED_RR] * 2
        assert kernel.held[7][1].sched_priority == 1
    assert kernel.policies() == [os.SCHED_OTHER] * 2


@pytest.mark.parametrize("closed", [{7}, {8}, {7, 8}])
def test_where_a_thread_may_not_none_does(
    kernel: FakeKernel, places: tuple[Path, Path], closed: set[int]
) -> None:
    kernel.closed = closed
    with real_time_priority(*places) as ahead:
        assert not ahead
        assert kernel.policies() == [os.SCHED_OTHER] * 2


@pytest.mark.parametrize("left", ["-1\n", "0\n", "", None])
def test_where_others_would_stand_still_nothing_is_asked(
    kernel: FakeKernel, places: tuple[Path, Path], left: str | None
) -> None:
    places[1].unlink()
    if left is not None:
        places[1].write_text(left)
    with real_time_priority(*places) as ahead:
        assert not ahead
        assert kernel.policies() == [os.SCHED_OTHER] * 2


def test_where_threads_are_hidden_nothing_is_asked(kernel: FakeKernel, places: tuple[Path, Path]) -> None:
    with real_time_priority(places[0] / "hidden", places[1]) as ahead:
        assert not ahead
        assert kernel.policies() == [os.SCHED_OTHER] * 2


def test_a_priority_that_somebody_chose_stays(kernel: FakeKernel, places: tuple[Path, Path]) -> None:
    chosen = os.SCHED_FIFO, os.sched_param(50)
    kernel.held = dict.fromkeys((7, 8), chosen)
    with real_time_priority(*places) as ahead:
        assert ahead
        assert list(kernel.held.values()) == [chosen, chosen]
    assert list(kernel.held.values()) == [chosen, chosen]


def test_threads_may_begin_and_end_meanwhile(kernel: FakeKernel, places: tuple[Path, Path]) -> None:
    with real_time_priority(*places):
        (places[0] / "8").rmdir()
        (places[0] / "9").mkdir()
        kernel.held[9] = kernel.held[7]  # a thread begins with what its maker has
    assert kernel.held[9][0] == kernel.held[7][0] == os.SCHED_OTHER
    kernel.ended = {9}
    with real_time_priority(*places) as ahead:
        assert ahead
    assert kernel.held[7][0] == os.SCHED_OTHER


def test_a_fault_of_a_call_leaves_no_priority_behind(kernel: FakeKernel, places: tuple[Path, Path]) -> None:
    with pytest.raises(RuntimeError), real_time_priority(*places):
        raise RuntimeError
    assert kernel.policies() == [os.SCHED_OTHER] * 2


def test_this_system_does_as_the_fake_one() -> None:
    if not priority.is_allowed():
        pytest.skip("This user may not go before others.")
    found: list[int] = []
    begin, done = threading.Barrier(2), threading.Barrier(2)

    def look() -> None:
        for _ in range(2):
            begin.wait(60)
            found.append(os.sched_getscheduler(0))
            done.wait(60)

    thread = threading.Thread(target=look)
    thread.start()
    with real_time_priority():
        begin.wait(60)
        done.wait(60)
    begin.wait(60)
    done.wait(60)
    thread.join()
    assert found == [os.SCHED_RR, os.SCHED_OTHER]
