from pathlib import Path

import pytest

from profiler.sensors import host_settings
from profiler.sensors.host_settings import HostSettings, ProcessorTime, processor_time, read

TOPOLOGY = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
EVENT_SOURCES = "sys/bus/event_source/devices"


def write(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_host_that_says_nothing_is_unknown(tmp_path: Path) -> None:
    assert read(tmp_path) == HostSettings()
    assert processor_time(tmp_path) == ProcessorTime()


def test_a_machine_with_two_threads_a_core_is_read(tmp_path: Path) -> None:
    write(tmp_path, "sys/devices/system/cpu/smt/active", "1\n")
    for cpu, siblings in enumerate(("0,2", "1,3", "0,2", "1,3")):
        write(tmp_path, TOPOLOGY.format(cpu), f"{siblings}\n")
    write(tmp_path, "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n")
    write(tmp_path, "sys/fs/cgroup/memory.max", "8589934592\n")
    write(tmp_path, "proc/sys/kernel/perf_event_paranoid", "4\n")
    write(tmp_path, f"{EVENT_SOURCES}/cpu/type", "4\n")
    write(tmp_path, "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu avx2\n\nprocessor\t: 1\n")
    assert read(tmp_path) == HostSettings(
        smt_active=True,
        one_cpu_of_each_core=(0, 1),
        huge_pages="always",
        memory_limit_bytes=8 * 2**30,
        has_counters=True,
        perf_event_paranoid=4,
        is_virtual=False,
    )


def test_a_virtual_machine_without_limits_and_counters_is_read(tmp_path: Path) -> None:
    write(tmp_path, "sys/devices/system/cpu/smt/active", "0\n")
    write(tmp_path, "sys/fs/cgroup/memory.max", "max\n")
    write(tmp_path, f"{EVENT_SOURCES}/software/type", "1\n")
    write(tmp_path, "proc/cpuinfo", "flags\t\t: fpu hypervisor arch_perfmon\n")
    assert read(tmp_path) == HostSettings(smt_active=False, is_virtual=True)


@pytest.mark.parametrize("name", ["cpu", "cpu_core", "armv8_pmuv3_0", "armv8_cortex_a72"])
def test_counters_have_many_names(tmp_path: Path, name: str) -> None:
    write(tmp_path, f"{EVENT_SOURCES}/{name}/type", "4\n")
    assert read(tmp_path).has_counters


@pytest.mark.parametrize("flag", ["arch_perfmon", "perfctr_core"])
def test_where_sys_is_hidden_the_flags_say_whether_there_are_counters(tmp_path: Path, flag: str) -> None:
    write(tmp_path, "proc/cpuinfo", f"flags\t\t: fpu {flag}\n")
    assert read(tmp_path).has_counters


def test_stolen_time_is_a_share_of_all_time(tmp_path: Path) -> None:
    write(tmp_path, "proc/stat", "cpu  100 10 40 800 20 0 5 25 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    boot = processor_time(tmp_path)
    assert boot == ProcessorTime(ticks=1000, stolen=25)
    assert boot.stolen_share() == 0.025
    assert ProcessorTime(1200, 45).stolen_share(boot) == 0.1
    assert boot.stolen_share(boot) is None


def test_this_host_is_read() -> None:
    assert host_settings.processor_time().ticks > 0
    assert read() == read()
