"""How much of the machine other processes use, and how long this one waits for them."""

import time
from dataclasses import dataclass

from profiler.sensors import threads
from profiler.sensors.system import this_system

# CPUs kept busy by others, above which a process counts as contended. It was chosen under protocol 2, on the
# runs of 2026-11-22. All 80 beside a neighbour that was busy for a quarter of the time were above, and 3 of
# 60 quiet ones. The kernel's own work and the resolution of its tick (10 ms) mostly stay below.
CONTENDED_CPUS = 0.15


@dataclass(frozen=True)
class CpuUse:
    """A reading of the processor time that all processes have used and that this process has, and of the wall
    time. `waited_s` is how long its threads have waited for a CPU, the sum over them. None is unknown."""

    busy_s: float
    own_s: float
    wall_s: float
    waited_s: float | None = None


def current_use() -> CpuUse:
    """A reading now."""
    waited_ns = threads.waited_ns()
    return CpuUse(
        busy_s=this_system().busy_s() or 0.0,
        own_s=time.process_time(),
        wall_s=time.perf_counter(),
        waited_s=None if waited_ns is None else waited_ns / 1e9,
    )


def foreign_cpus(before: CpuUse, after: CpuUse) -> float:
    """CPUs that other processes kept busy between two readings: 1.0 is one CPU all of the time."""
    wall_s = after.wall_s - before.wall_s
    if wall_s <= 0:
        return 0.0
    foreign_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return max(0.0, foreign_s / wall_s)


def waited(before: CpuUse, after: CpuUse) -> float | None:
    """How long the threads waited for a CPU between two readings, the sum over them as a share of the wall
    time. Threads that ended meanwhile take their part of it along."""
    wall_s = after.wall_s - before.wall_s
    if before.waited_s is None or after.waited_s is None or wall_s <= 0:
        return None
    return max(0.0, (after.waited_s - before.waited_s) / wall_s)
