"""How many threads compute, how long they wait for a CPU, and on which CPUs they may run."""

import os
import threading
from pathlib import Path

import pytest

from profiler.faults import FaultKind, HostFault
from profiler.sensors.threads import computing, cpu_ns, require_cpus, waited_ns


def tasks(folder: Path, times: dict[str, str]) -> Path:
    for task, text in times.items():
        (folder / task).mkdir()
        (folder / task / "schedstat").write_text(text)
    return folder


def test_the_time_of_each_thread_is_read(tmp_path: Path) -> None:
    assert cpu_ns(tasks(tmp_path, {"7": "1500 20 3\n", "8": "0 0 0\n"})) == {"7": 1500, "8": 0}


def test_what_the_threads_waited_is_added_up(tmp_path: Path) -> None:
    assert waited_ns(tasks(tmp_path, {"7": "1500 20 3\n", "8": "0 7 0\n"})) == 27


def test_where_the_kernel_keeps_no_times_nothing_is_known(tmp_path: Path) -> None:
    assert waited_ns(tmp_path / "absent") is None
    (tmp_path / "7").mkdir()
    assert cpu_ns(tmp_path) == {}
    assert cpu_ns(tmp_path / "absent") == {}
    assert computing({}, {}) is None
    assert computing({"7": 1}, {"7": 1}) is None


@pytest.mark.parametrize(
    ("after", "count"),
    [
        ({"1": 1000, "2": 1000}, 2),
        ({"1": 1000, "2": 1000, "3": 5}, 2),  # a pool's thread that never gets work
        ({"1": 1000, "2": 20}, 2),
        ({"1": 1000}, 1),
        ({"1": 10, "2": 900, "3": 900}, 2),  # who calls waits
    ],
)
def test_threads_compute_that_use_more_than_a_hundredth_of_the_time(
    after: dict[str, int], count: int
) -> None:
    assert computing({"1": 0}, after) == count


def test_what_was_computed_before_does_not_count() -> None:
    assert computing({"1": 5000, "2": 0}, {"1": 5000, "2": 800}) == 1


def test_the_threads_of_this_process_are_told_apart() -> None:
    before = cpu_ns()
    if not before:
        pytest.skip("This kernel keeps no times of threads.")
    done, leave = threading.Barrier(3), threading.Event()

    def work() -> None:
        sum(number * number for number in range(300_000))
        done.wait(60)
        leave.wait(60)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    done.wait(60)
    count = computing(before, cpu_ns())
    leave.set()
    for worker in workers:
        worker.join()
    assert count is not None
    assert count >= 2


def test_a_thread_that_may_run_elsewhere_is_a_fault_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda task: {2, 3})
    require_cpus([2, 3])
    require_cpus([1, 2, 3])
    require_cpus([])  # the system pins nothing
    with pytest.raises(HostFault, match="CPUs 3 were chosen, and a thread may run on 2, 3") as caught:
        require_cpus([3])
    assert caught.value.kind is FaultKind.OTHER_CPUS


def test_a_thread_that_has_ended_meanwhile_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(task: int) -> set[int]:
        raise ProcessLookupError

    monkeypatch.setattr(os, "sched_getaffinity", gone)
    require_cpus([0], tasks(tmp_path, {"7": "1"}))
