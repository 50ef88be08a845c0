"""What Linux tells of a process and of the machine, from /proc."""

import os
from collections.abc import Sequence
from pathlib import Path

_STATUS = Path("/proc/self/status")
_STAT = Path("/proc/stat")
_MEMINFO = Path("/proc/meminfo")
_CONTROL_GROUP = Path("/sys/fs/cgroup")
_LIMIT_FILES = ("memory.max", "memory.current", "memory.stat")
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

    def available_bytes(self) -> int | None:
        return available_bytes(_read(_MEMINFO), *(_read(_CONTROL_GROUP / name) for name in _LIMIT_FILES))

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


def available_bytes(meminfo: str, limit: str, used: str, stat: str) -> int | None:
    """What is left of the machine's memory and of the control group's limit, from the texts of /proc/meminfo
    and of memory.max, memory.current and memory.stat. What the group holds of files can be taken back."""
    kilobytes = [line.split()[1] for line in meminfo.splitlines() if line.startswith("MemAvailable:")]
    left = [int(text) * 1024 for text in kilobytes]
    if limit.strip().isdigit() and used.strip().isdigit():
        files = [line.split()[1] for line in stat.splitlines() if line.startswith("inactive_file ")]
        left.append(max(0, int(limit) - int(used) + sum(map(int, files))))
    return min(left, default=None)


def _read(path: Path) -> str:
    """The text of a file, empty where there is none to read."""
    try:
        return path.read_text()
    except OSError:
        return ""


def busy_seconds(stat: str) -> float:
    """Processor seconds used by all processes since boot, from the text of /proc/stat."""
    ticks = [int(field) for field in stat.splitlines()[0].split()[1:]]
    return sum(ticks[field] for field in _BUSY_FIELDS) / os.sysconf("SC_CLK_TCK")
