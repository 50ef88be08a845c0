"""Settings of the host that change what is measured, from /proc and /sys.

A host that lacks a file says nothing of its setting, which is then unknown. `root` holds /proc and /sys.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.machine import control_groups
from catalog.machine.files import number_in, text_of

_ROOT = Path("/")
_CPUS = "sys/devices/system/cpu"
_HUGE_PAGES = "sys/kernel/mm/transparent_hugepage/enabled"
_PARANOID = "proc/sys/kernel/perf_event_paranoid"
_EVENT_SOURCES = "sys/bus/event_source/devices"
# Processors name their counters cpu, cpu_core and cpu_atom (x86), or armv8_pmuv3_0 (Arm).
_COUNTERS = re.compile(r"^(cpu|cpu_\w+|arm\w*_(pmu|cortex)\w*)$")
# Where /sys is hidden, the flags of the processor say it: of Intel, then of AMD.
_COUNTER_FLAGS = {"arch_perfmon", "perfctr_core", "perfmon_v2"}
# Columns of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. User includes guests.
_COLUMNS, _STEAL = 8, 7


@dataclass(frozen=True)
class HostSettings:
    """What the kernel says of the host. None is unknown.

    `one_cpu_of_each_core` is empty where the kernel does not say which CPUs share a core. `huge_pages` is the
    setting of transparent huge pages. `memory_limit_bytes` is None where no control group limits memory.
    """

    smt_active: bool | None = None
    one_cpu_of_each_core: tuple[int, ...] = ()
    huge_pages: str | None = None
    memory_limit_bytes: int | None = None
    has_counters: bool = False
    perf_event_paranoid: int | None = None
    is_virtual: bool = False


@dataclass(frozen=True)
class ProcessorTime:
    """The time of all CPUs since boot, in ticks of the kernel, and what other machines stole of it."""

    ticks: int = 0
    stolen: int = 0

    def stolen_share(self, before: "ProcessorTime | None" = None) -> float | None:
        """The share that was stolen since `before`, or since boot. None where no time is known."""
        begin = before or ProcessorTime()
        ticks = self.ticks - begin.ticks
        return max(0, self.stolen - begin.stolen) / ticks if ticks > 0 else None


def read(root: Path = _ROOT) -> HostSettings:
    """The settings of the host."""
    line = re.search(r"^(?:flags|Features)\s*:(.*)$", text_of(root / "proc/cpuinfo"), re.MULTILINE)
    flags = set(line.group(1).split()) if line else set()
    smt = number_in(root / _CPUS / "smt/active")
    chosen = re.search(r"\[(\w+)\]", text_of(root / _HUGE_PAGES))
    return HostSettings(
        smt_active=None if smt is None else smt == 1,
        one_cpu_of_each_core=tuple(sorted(_one_cpu_of_each_core(root))),
        huge_pages=chosen.group(1) if chosen else None,
        memory_limit_bytes=control_groups.memory_limit(root),
        has_counters=_has_counters(root, flags),
        perf_event_paranoid=number_in(root / _PARANOID),
        is_virtual="hypervisor" in flags,
    )


def processor_time(root: Path = _ROOT) -> ProcessorTime:
    """The time of the CPUs now. Zero where there is no /proc/stat."""
    fields = text_of(root / "proc/stat").partition("\n")[0].split()[1 : _COLUMNS + 1]
    if len(fields) < _COLUMNS:
        return ProcessorTime()
    ticks = [int(field) for field in fields]
    return ProcessorTime(sum(ticks), ticks[_STEAL])


def _one_cpu_of_each_core(root: Path) -> set[int]:
    """The first CPU of each core, of lists as "0,4" or "0-1"."""
    lists = [text_of(path) for path in (root / _CPUS).glob("cpu[0-9]*/topology/thread_siblings_list")]
    return {int(first.group()) for first in (re.match(r"\d+", text) for text in lists) if first}


def _has_counters(root: Path, flags: set[str]) -> bool:
    devices = list(_names(root / _EVENT_SOURCES))
    if devices:
        return any(map(_COUNTERS.match, devices))
    return bool(_COUNTER_FLAGS & flags)


def _names(folder: Path) -> Iterator[str]:
    try:
        yield from (path.name for path in folder.iterdir())
    except OSError:
        return
