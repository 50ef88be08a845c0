from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.machine.topology import CoreKind
from profiler.doctor import Verdict, host
from profiler.sensors import linux
from profiler.sensors.linux import Linux
from profiler.sensors.portable import Portable


def test_a_system_that_cannot_pin_is_a_doubt_and_no_failure() -> None:
    assert host.check_system(Linux()).verdict is Verdict.OK
    check = host.check_system(Portable())
    assert check.verdict is Verdict.DOUBTFUL
    assert "unpinned" in check.finding


def test_busy_neighbours_are_a_doubt_not_a_failure() -> None:
    assert host.check_neighbours(0.02).verdict is Verdict.OK
    busy = host.check_neighbours(0.8)
    assert busy.verdict is Verdict.DOUBTFUL
    assert busy.remedy


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_priority_is_told_and_never_doubtful(is_allowed: bool) -> None:
    check = host.check_priority(is_allowed)
    assert check.verdict is Verdict.OK
    assert ("prlimit" in check.finding) is not is_allowed


def test_the_processor_and_the_disk_are_told() -> None:
    assert host.check_processor().verdict is Verdict.OK
    assert "GB are free" in host.check_disk().finding


def test_this_system_can_measure() -> None:
    assert host.check_system().verdict is Verdict.OK


def test_a_hidden_proc_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host.check_proc().verdict is Verdict.OK
    monkeypatch.setattr(linux, "_STAT", Path("/absent/stat"))
    check = host.check_proc()
    assert check.verdict is Verdict.FAILED
    assert "/absent/stat" in check.finding


def test_variables_that_reach_the_processes_are_listed() -> None:
    assert "CXX=clang++" in host.check_variables({"CXX": "clang++"}).finding
    assert host.check_variables({}).verdict is Verdict.OK


def test_cores_of_several_kinds_are_said_with_the_way_to_the_others() -> None:
    fast, slow = CoreKind("performance", tuple(range(12))), CoreKind("efficient", (12, 13))
    finding = host.check_cores([fast, slow]).finding
    assert "12 performance, 2 efficient" in finding
    assert "taskset -c 12,13" in finding
    assert host.check_cores([CoreKind(None, (0,))]).finding == "Networks are measured on 1 CPU."
    assert "2 efficient CPUs" in host.check_cores([slow]).finding


def test_a_clock_that_was_never_set_is_a_failure() -> None:
    check = host.check_clock(datetime(1970, 1, 1, tzinfo=UTC))
    assert check.verdict is Verdict.FAILED
    assert "1970-01-01" in check.finding
    assert "timedatectl" in (check.remedy or "")
    assert host.check_clock().verdict is Verdict.OK
