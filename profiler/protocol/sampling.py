"""Sampling one client: warm up, then time blocks of its calls. The caller passes the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from profiler.protocol.plan import SamplingPlan, agree

Call = Callable[[], object]


class Clock(Protocol):
    """Nanoseconds of wall time and of this process's CPU time (all threads)."""

    def wall_ns(self) -> int: ...

    def cpu_ns(self) -> int: ...


@dataclass(frozen=True)
class WarmUp:
    """How many calls a warm-up took, and whether its last two windows agreed."""

    calls: int
    settled: bool


@dataclass(frozen=True)
class Timings:
    """Durations of the calls of a block (ns). Where calls overlap, `span_ns` is the time from the first begin
    to the last end, and `cpu_ns` is empty."""

    wall_ns: tuple[int, ...]
    cpu_ns: tuple[int, ...]
    span_ns: int | None = None


def _always() -> bool:
    return True


def warm_up(call: Call, plan: SamplingPlan, clock: Clock, steady: Callable[[], bool] = _always) -> WarmUp:
    """Call until two windows of calls agree, or the time for it is over.

    `steady` is asked after every window. The warm-up ends when the windows agree and it is true. A device's
    clock may still rise while the calls already agree.
    """
    begin = clock.wall_ns()
    calls = 0
    previous: float | None = None
    while True:
        window = _window(call, plan, clock)
        calls += len(window)
        current = median(window)
        is_steady = steady()
        if previous is not None and agree(previous, current, plan) and is_steady:
            return WarmUp(calls, settled=True)
        if previous is not None and clock.wall_ns() - begin >= plan.warm_up_max_s * 1e9:
            return WarmUp(calls, settled=False)
        previous = current


def _window(call: Call, plan: SamplingPlan, clock: Clock) -> list[int]:
    begin = clock.wall_ns()
    durations: list[int] = []
    while len(durations) < plan.warm_up_window_calls or clock.wall_ns() - begin < plan.warm_up_window_s * 1e9:
        start = clock.wall_ns()
        call()
        durations.append(max(1, clock.wall_ns() - start))
    return durations


def block(call: Call, plan: SamplingPlan, clock: Clock) -> Timings:
    """Time the calls of one block. The first call is not counted, because others have used the caches since
    the last block."""
    begin = clock.wall_ns()
    call()
    least = least_calls((clock.wall_ns() - begin) / 1e9, plan)
    wall: list[int] = []
    cpu: list[int] = []
    sampled_ns = 0
    while len(wall) < least or sampled_ns < plan.block_s * 1e9:
        # The CPU clock is read outside, because a system call is long against short calls.
        cpu_0, wall_0 = clock.cpu_ns(), clock.wall_ns()
        call()
        wall_1, cpu_1 = clock.wall_ns(), clock.cpu_ns()
        wall.append(max(1, wall_1 - wall_0))
        cpu.append(cpu_1 - cpu_0)
        sampled_ns += wall[-1]
    return Timings(tuple(wall), tuple(cpu))


def least_calls(call_s: float, plan: SamplingPlan) -> int:
    """How many calls a block has at least, where a call takes so long: one where it takes longer than the
    block."""
    return 1 if call_s > plan.block_s else plan.block_calls
