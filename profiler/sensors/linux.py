"""What Linux tells of a process and of the machine, from /proc."""

import os
from collections.abc import Sequence
from pathlib import Path

_STATUS = Path("/proc/self/status")
_STAT = Path("/proc/stat")
_BUSY_FIELDS = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq. On a shared host, steal says nothing.


class Linux:
    """Processes are pinned. The peak of memory is VmHWM, because ru_maxrss inherits the parent's peak."""

    def cpus(self) -> list[int]:
        return sorted(os.sched_getaffinity(0))

    def pin(self, cpus: Sequence[int]) -> tuple[int, ...]:
        os.sched_setaffinity(0, cpus)
        return tuple(cpus)

    def peak_bytes(self) -> int | None:
        return status_bytes("VmHWM:")

    def resident_bytes(self) -> int | None:
        return status_bytes("VmRSS:")

    def busy_s(self) -> float | None:
        return busy_seconds(_STAT.read_text())


def is_complete() -> bool:
    """Whether this system has affinity and /proc, which all of the above reads."""
    return hasattr(os, "sched_getaffinity") and _STATUS.exists() and _STAT.exists()


def status_bytes(field: str, status: str | None = None) -> int | None:
    """A field of the text of /proc/self/status, in bytes. None where it is missing."""
    try:
        text = _STATUS.read_text() if status is None else status
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return None


def busy_seconds(stat: str) -> float:
    """Processor seconds used by all processes since boot, from the text of /proc/stat."""
    ticks = [int(field) for field in stat.splitlines()[0].split()[1:]]
    return sum(ticks[field] for field in _BUSY_FIELDS) / os.sysconf("SC_CLK_TCK")
