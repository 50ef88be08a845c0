"""What Linux tells of a process and of the machine, from /proc."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from catalog.machine import control_groups
from catalog.machine.control_groups import MemoryGroup
from catalog.machine.files import text_of
from profiler.faults import FaultKind, HostFault

_STATUS = Path("/proc/self/status")
_STAT = Path("/proc/stat")
_MEMINFO = Path("/proc/meminfo")
_BUSY_FIELDS = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq. On a shared host, steal says nothing.


class Linux:
    """Processes are pinned. The peak of memory is VmHWM, because ru_maxrss inherits the parent's peak."""

    def cpus(self) -> list[int]:
        return sorted(os.sched_getaffinity(0))

    def pin(self, cpus: Sequence[int]) -> tuple[int, ...]:
        try:
            os.sched_setaffinity(0, cpus)
        except OSError as error:  # a CPU was switched off, or taken from this control group
            raise HostFault(
                FaultKind.OTHER_CPUS, f"The CPUs {', '.join(map(str, cpus))}: {error}."
            ) from error
        return tuple(cpus)

    def peak_bytes(self) -> int | None:
        return status_bytes("VmHWM:")

    def available_bytes(self) -> int | None:
        return available_bytes(text_of(_MEMINFO), control_groups.memory_groups())

    def busy_s(self) -> float | None:
        return busy_seconds(_STAT.read_text())


def is_here() -> bool:
    """Whether this system is Linux, with affinity."""
    return hasattr(os, "sched_getaffinity") and sys.platform == "linux"


def require_proc() -> None:
    """Refuse to measure where /proc hides what every measurement reads.

    Raises:
        HostFault: a file cannot be read.
    """
    for path in (_STATUS, _STAT, _MEMINFO):
        try:
            path.read_bytes()
        except OSError as error:
            raise HostFault(FaultKind.NO_PROC, f"{path}: {os.strerror(error.errno or 0)}.") from error


def status_bytes(field: str, status: str | None = None) -> int | None:
    """A field of the text of /proc/self/status, in bytes. None where it is missing."""
    for line in (text_of(_STATUS) if status is None else status).splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return None


def available_bytes(meminfo: str, groups: Sequence[MemoryGroup]) -> int | None:
    """What is left of the machine's memory, from the text of /proc/meminfo, and of the limits of control
    groups. What a group holds of files can be taken back."""
    kilobytes = [line.split()[1] for line in meminfo.splitlines() if line.startswith("MemAvailable:")]
    left = [int(text) * 1024 for text in kilobytes]
    left += [max(0, group.limit - group.used + group.files) for group in groups if group.used is not None]
    return min(left, default=None)


def busy_seconds(stat: str) -> float:
    """Processor seconds used by all processes since boot, from the text of /proc/stat."""
    ticks = [int(field) for field in stat.splitlines()[0].split()[1:]]
    return sum(ticks[field] for field in _BUSY_FIELDS) / os.sysconf("SC_CLK_TCK")
