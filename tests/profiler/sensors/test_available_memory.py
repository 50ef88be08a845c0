"""Memory that new processes can take: what the machine has, within the limit of the control group."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from catalog.machine import control_groups
from catalog.machine.control_groups import MemoryGroup
from profiler.sensors import linux
from profiler.sensors.linux import Linux, available_bytes
from profiler.sensors.portable import Portable

MEMINFO = "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    8000 kB\nBuffers: 1 kB\n"
MACHINE = 8000 * 1024


def test_without_a_limit_it_is_what_the_machine_has() -> None:
    assert available_bytes(MEMINFO, []) == MACHINE


def test_a_lower_limit_of_a_control_group_counts() -> None:
    assert available_bytes(MEMINFO, [MemoryGroup(5000, 3000)]) == 2000
    assert available_bytes(MEMINFO, [MemoryGroup(9000, 3000), MemoryGroup(5000, 3000)]) == 2000


def test_what_the_group_holds_of_files_can_be_taken_back() -> None:
    assert available_bytes(MEMINFO, [MemoryGroup(5000, 3000, 700)]) == 2700


def test_a_higher_limit_than_the_machine_has_does_not_count() -> None:
    assert available_bytes(MEMINFO, [MemoryGroup(10 * MACHINE, 3000)]) == MACHINE


def test_a_group_beyond_its_limit_has_nothing_left() -> None:
    assert available_bytes(MEMINFO, [MemoryGroup(5000, 6000)]) == 0


def test_a_limit_is_known_also_where_the_machine_says_nothing() -> None:
    assert available_bytes("MemTotal: 16000 kB\n", [MemoryGroup(5000, 3000)]) == 2000


def test_where_nothing_can_be_read_nothing_is_known() -> None:
    assert available_bytes("", []) is None
    assert available_bytes("", [MemoryGroup(5000)]) is None


def test_linux_reads_the_machine_and_the_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux, "_MEMINFO", tmp_path / "meminfo")
    groups: list[MemoryGroup] = []
    monkeypatch.setattr(control_groups, "memory_groups", lambda: groups)
    assert Linux().available_bytes() is None
    (tmp_path / "meminfo").write_text(MEMINFO)
    assert Linux().available_bytes() == MACHINE
    groups.append(MemoryGroup(5000, 3000, 500))
    assert Linux().available_bytes() == 2500


def test_elsewhere_psutil_says_it() -> None:
    portable = Portable()
    portable.__dict__["_psutil"] = SimpleNamespace(virtual_memory=lambda: SimpleNamespace(available=1234.0))
    assert portable.available_bytes() == 1234


@pytest.mark.parametrize("one", [Linux(), Portable()])
def test_it_is_known_of_this_machine(one: Linux | Portable) -> None:
    available = one.available_bytes()
    assert available is not None
    assert 10_000_000 < available < 2**50
