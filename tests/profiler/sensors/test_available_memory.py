"""Memory that new processes can take: what the machine has, within the limit of the control group."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from profiler.sensors import linux
from profiler.sensors.linux import Linux, available_bytes
from profiler.sensors.portable import Portable

MEMINFO = "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    8000 kB\nBuffers: 1 kB\n"
MACHINE = 8000 * 1024


def test_without_a_limit_it_is_what_the_machine_has() -> None:
    assert available_bytes(MEMINFO, "max\n", "500\n", "inactive_file 100\n") == MACHINE
    assert available_bytes(MEMINFO, "", "", "") == MACHINE


def test_a_lower_limit_of_the_control_group_counts() -> None:
    assert available_bytes(MEMINFO, "5000\n", "3000\n", "") == 2000


def test_what_the_group_holds_of_files_can_be_taken_back() -> None:
    stat = "anon 2000\nfile 900\ninactive_file 700\nactive_file 200\n"
    assert available_bytes(MEMINFO, "5000\n", "3000\n", stat) == 2700


def test_a_higher_limit_than_the_machine_has_does_not_count() -> None:
    assert available_bytes(MEMINFO, f"{10 * MACHINE}\n", "3000\n", "") == MACHINE


def test_a_group_beyond_its_limit_has_nothing_left() -> None:
    assert available_bytes(MEMINFO, "5000\n", "6000\n", "") == 0


def test_a_limit_is_known_also_where_the_machine_says_nothing() -> None:
    assert available_bytes("MemTotal: 16000 kB\n", "5000\n", "3000\n", "") == 2000


def test_where_nothing_can_be_read_nothing_is_known() -> None:
    assert available_bytes("", "", "", "") is None
    assert available_bytes("", "max\n", "3000\n", "") is None
    assert available_bytes("", "5000\n", "", "") is None


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the control group, with /proc/meminfo beside. Both are empty."""
    monkeypatch.setattr(linux, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(linux, "_CONTROL_GROUP", tmp_path)
    return tmp_path


def test_linux_reads_the_files_of_the_machine_and_of_the_group(files: Path) -> None:
    assert Linux().available_bytes() is None
    (files / "meminfo").write_text(MEMINFO)
    assert Linux().available_bytes() == MACHINE
    (files / "memory.max").write_text("5000\n")
    (files / "memory.current").write_text("3000\n")
    assert Linux().available_bytes() == 2000
    (files / "memory.stat").write_text("inactive_file 500\n")
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
