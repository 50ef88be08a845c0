"""How much of the machine other processes use, from /proc/stat."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

# CPUs kept busy by others, above which a process counts as contended. The slightest neighbour of
# docs/bench-profiler.md is busy for a quarter of the time, and all 80 runs beside it were flagged. Of 60
# quiet runs 3 were, because the kernel's own work and the resolution of its tick (10 ms) mostly stay below.
CONTENDED_CPUS = 0.15

_STAT = Path("/proc/stat")
_BUSY_FIELDS = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq. On a shared host, steal says nothing.


@dataclass(frozen=True)
class CpuUse:
    """A reading of the processor time that all processes have used and that this process has, and of the wall
    time."""

    busy_s: float
    own_s: float
    wall_s: float


def current_use() -> CpuUse:
    """A reading now."""
    return CpuUse(busy_seconds(), time.process_time(), time.perf_counter())


def busy_seconds(stat: str | None = None) -> float:
    """Processor seconds used by all processes since boot, from the text of /proc/stat."""
    text = _STAT.read_text() if stat is None else stat
    ticks = [int(field) for field in text.splitlines()[0].split()[1:]]
    return sum(ticks[field] for field in _BUSY_FIELDS) / os.sysconf("SC_CLK_TCK")


def foreign_cpus(before: CpuUse, after: CpuUse) -> float:
    """CPUs that other processes kept busy between two readings: 1.0 is one CPU all of the time."""
    wall_s = after.wall_s - before.wall_s
    if wall_s <= 0:
        return 0.0
    foreign_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return max(0.0, foreign_s / wall_s)
