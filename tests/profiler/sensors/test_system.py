"""Linux, and any other system. Of the others, only what they lack is simulated here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from profiler.faults import FaultKind, HostFault
from profiler.sensors import linux, system
from profiler.sensors.linux import Linux, status_bytes
from profiler.sensors.portable import Portable


def test_this_system_is_linux() -> None:
    assert isinstance(system.this_system(), Linux)


@pytest.mark.parametrize("lacking", ["affinity", "name"])
def test_a_system_without_affinity_or_of_another_name_is_another(
    lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lacking == "affinity":
        monkeypatch.delattr(os, "sched_getaffinity")
    else:
        monkeypatch.setattr(sys, "platform", "darwin")
    assert not linux.is_here()


@pytest.mark.parametrize("hidden", ["_STATUS", "_STAT", "_MEMINFO"])
def test_linux_that_hides_proc_cannot_measure_and_says_what_it_hides(
    hidden: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    linux.require_proc()
    monkeypatch.setattr(linux, hidden, tmp_path / "absent")
    with pytest.raises(HostFault, match=str(tmp_path / "absent")) as caught:
        linux.require_proc()
    assert caught.value.kind is FaultKind.NO_PROC
    assert "/proc" in (caught.value.remedy or "")


def test_cpus_that_cannot_be_had_are_a_fault_of_the_host() -> None:
    with pytest.raises(HostFault, match="4095") as caught:
        Linux().pin([4095])
    assert caught.value.kind is FaultKind.OTHER_CPUS


@pytest.mark.parametrize("one", [Linux(), Portable()])
def test_memory_and_processor_time_are_told_by_both(one: system.System) -> None:
    peak, busy = one.peak_bytes(), one.busy_s()
    assert peak is not None
    assert busy is not None
    assert peak > 10_000_000
    assert busy > 0


def test_both_tell_about_the_same() -> None:
    assert Portable().busy_s() == pytest.approx(Linux().busy_s(), rel=0.2)
    assert len(Portable().cpus()) == len(Linux().cpus())


def test_only_linux_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned: list[tuple[int, list[int]]] = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cpus: pinned.append((pid, list(cpus))))
    assert Linux().pin([0]) == (0,)
    assert pinned == [(0, [0])]
    assert Portable().pin([0]) == ()
    assert pinned == [(0, [0])]


@pytest.mark.parametrize(("platform", "unit"), [("darwin", 1), ("linux", 1024)])
def test_the_peak_is_in_bytes_on_every_system(
    platform: str, unit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setattr(sys, "platform", platform)
    found = Portable().peak_bytes()
    assert found is not None
    assert peak * unit <= found <= 1.1 * peak * unit


PLANTED = """
from profiler.sensors.system import this_system
peak_bytes = this_system().peak_bytes
before = peak_bytes()
block = bytearray(256_000_000)
block[::4096] = b"x" * len(block[::4096])
del block
print(peak_bytes() - before)
"""


def test_the_peak_is_read_in_kibibytes() -> None:
    status = "Name: python\nVmPeak: 9 kB\nVmHWM:\t    2048 kB\nVmRSS: 1 kB\n"
    assert status_bytes("VmHWM:", status) == 2048 * 1024


def test_a_missing_peak_is_unknown_not_zero() -> None:
    assert status_bytes("VmHWM:", "Name: python\n") is None


def test_a_buffer_that_is_gone_still_shows_in_the_peak_within_two_percent() -> None:
    output = subprocess.run([sys.executable, "-c", PLANTED], capture_output=True, text=True, check=True)
    assert int(output.stdout) == pytest.approx(256_000_000, rel=0.02)


def test_the_name_of_a_process_may_be_in_any_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = tmp_path / "status"
    status.write_bytes(b"Name:\tgr\xf6\xdfer\nVmHWM:\t8 kB\n")
    monkeypatch.setattr(linux, "_STATUS", status)
    assert status_bytes("VmHWM:") == 8 * 1024
    linux.require_proc()
