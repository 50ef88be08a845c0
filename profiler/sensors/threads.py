"""What the threads of this process compute, how long they wait for a CPU, and on which CPUs they may run."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from profiler.faults import FaultKind, HostFault

_TASKS = Path("/proc/self/task")
# Of the time that a process computes. A thread of a pool that never gets work stays far below.
_COMPUTING_SHARE = 0.01
# The fields of `schedstat`.
_COMPUTED, _WAITED = 0, 1


def cpu_ns(tasks: Path = _TASKS) -> dict[str, int]:
    """The processor time (ns) of each thread of this process so far. Empty where the kernel does not say."""
    return _times(tasks, _COMPUTED)


def waited_ns(tasks: Path = _TASKS) -> int | None:
    """How long (ns) the threads of this process have waited for a CPU so far, the sum over the threads. None
    where the kernel does not say."""
    times = _times(tasks, _WAITED)
    return sum(times.values()) if times else None


def _times(tasks: Path, field: int) -> dict[str, int]:
    """A field of the kernel's times (ns) of each thread. Empty where one cannot be read."""
    times: dict[str, int] = {}
    try:
        for task in tasks.iterdir():
            times[task.name] = int((task / "schedstat").read_text().split()[field])
    except (OSError, ValueError, IndexError):  # a thread that has ended meanwhile falsifies the count as well
        return {}
    return times


def computing(before: Mapping[str, int], after: Mapping[str, int]) -> int | None:
    """How many threads computed between two readings of `cpu_ns`. None where they say nothing."""
    used = [time - before.get(task, 0) for task, time in after.items()]
    if not before or sum(used) <= 0:
        return None
    return sum(time >= _COMPUTING_SHARE * sum(used) for time in used)


def require_cpus(cpus: Sequence[int], tasks: Path = _TASKS) -> None:
    """Refuse to measure where a thread of this process may run on other CPUs than `cpus`. Where the system
    pins nothing, there are none.

    Raises:
        HostFault: a thread may.
    """
    if not cpus:
        return
    for task in _names(tasks):
        try:
            allowed = os.sched_getaffinity(int(task))
        except (OSError, ValueError):  # it has ended meanwhile
            continue
        if not allowed <= set(cpus):
            raise HostFault(
                FaultKind.OTHER_CPUS,
                f"CPUs {_listed(cpus)} were chosen, and a thread may run on {_listed(allowed)}.",
            )


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _listed(cpus: Sequence[int] | set[int]) -> str:
    return ", ".join(map(str, sorted(cpus)))
