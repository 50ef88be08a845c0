"""Calls that go before all other processes of the machine, where it lets this process have that.

A process beside many others waits for a CPU, or shares one between its own threads. ONNX Runtime on two CPUs
took 3 times as long beside one busy process on 2026-11-27, and within 5 % of its usual time with real-time
priority (decision 23).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")
_THROTTLE = Path("/proc/sys/kernel/sched_rt_runtime_us")
# The lowest real-time priority: before every ordinary process, after all that a system runs in real time.
_PRIORITY = 1


@contextmanager
def real_time_priority(tasks: Path = _TASKS, throttle: Path = _THROTTLE) -> Iterator[bool]:
    """Within the context, the threads of this process have real-time priority, and so have those that they
    start. Afterwards they have what they had. Its value says whether they have it.

    The kernel leaves other processes 5 % of the time. Where it was told not to, nothing is asked of it,
    because they would stand still.
    """
    if not _leaves_time(throttle):
        yield False
        return
    before: dict[int, tuple[int, os.sched_param]] = {}
    try:
        _each_thread(tasks, lambda thread: _raise(thread, before))
    except OSError:  # this user may not, or /proc is hidden
        if before:
            _each_thread(tasks, lambda thread: _restore(thread, before))
        yield False
        return
    try:
        yield True
    finally:
        _each_thread(tasks, lambda thread: _restore(thread, before))


def is_allowed() -> bool:
    """Whether this process may go ahead of others."""
    with real_time_priority() as ahead:
        return ahead


def _leaves_time(throttle: Path) -> bool:
    """Whether real-time processes leave some time to the others."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    try:
        return int(throttle.read_text()) > 0
    except (OSError, ValueError):
        return False


def _each_thread(tasks: Path, change: Callable[[int], None]) -> None:
    for task in tasks.iterdir():
        with suppress(ProcessLookupError):  # the thread has ended meanwhile
            change(int(task.name))


def _raise(thread: int, before: dict[int, tuple[int, os.sched_param]]) -> None:
    held = os.sched_getscheduler(thread), os.sched_getparam(thread)
    if held[0] not in (os.SCHED_FIFO, os.SCHED_RR):  # else somebody chose it, for example with chrt
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(_PRIORITY))
    before[thread] = held


def _restore(thread: int, before: dict[int, tuple[int, os.sched_param]]) -> None:
    """Give a thread what it had. One that has started meanwhile gets what the threads before it had."""
    policy, parameter = before.get(thread, next(iter(before.values())))
    os.sched_setscheduler(thread, policy, parameter)
