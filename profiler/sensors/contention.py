"""How much of the machine other processes use."""

import time
from dataclasses import dataclass

from profiler.sensors.system import this_system

# CPUs kept busy by others, above which a process counts as contended. It was chosen under protocol 2, on the
# runs of 2026-11-22. All 80 beside a neighbour that was busy for a quarter of the time were above, and 3 of
# 60 quiet ones. The kernel's own work and the resolution of its tick (10 ms) mostly stay below.
CONTENDED_CPUS = 0.15


@dataclass(frozen=True)
class CpuUse:
    """A reading of the processor time that all processes have used and that this process has, and of the wall
    time."""

    busy_s: float
    own_s: float
    wall_s: float


def current_use() -> CpuUse:
    """A reading now."""
    return CpuUse(this_system().busy_s() or 0.0, time.process_time(), time.perf_counter())


def foreign_cpus(before: CpuUse, after: CpuUse) -> float:
    """CPUs that other processes kept busy between two readings: 1.0 is one CPU all of the time."""
    wall_s = after.wall_s - before.wall_s
    if wall_s <= 0:
        return 0.0
    foreign_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return max(0.0, foreign_s / wall_s)
