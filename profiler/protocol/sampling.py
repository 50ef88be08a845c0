"""Sampling one client: warm up, then time its calls. The caller passes the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from profiler.protocol.plan import SamplingPlan, agree, enough


class Clock(Protocol):
    """Nanoseconds of wall time and of this process's CPU time (all threads)."""

    def wall_ns(self) -> int: ...

    def cpu_ns(self) -> int: ...


@dataclass(frozen=True)
class Timings:
    """Durations of the sampled calls (ns), and the warm-up before them. `warm_up_ns` is how long that took.
    Where calls overlap, `span_ns` is the time from the first begin to the last end, and `cpu_ns` is empty."""

    wall_ns: tuple[int, ...]
    cpu_ns: tuple[int, ...]
    warm_up_calls: int
    warm_up_settled: bool
    warm_up_ns: int
    span_ns: int | None = None


def _always() -> bool:
    return True


def sample(
    call: Callable[[], object],
    plan: SamplingPlan,
    clock: Clock,
    beat: Callable[[], None] = lambda: None,
    steady: Callable[[], bool] = _always,
) -> Timings:
    """Time `call` as `plan` says, with a `beat` of the canary before, between and after.

    `steady` is asked after every window of the warm-up, which ends when the windows agree and it is true, or
    when its time is over. A device's clock may still rise while the calls already agree."""
    beat()
    begin = clock.wall_ns()
    warm_up_calls, settled = _warm_up(call, plan, clock, steady)
    warm_up_ns = clock.wall_ns() - begin
    wall: list[int] = []
    cpu: list[int] = []
    block = _Block(plan, clock)
    sampled_ns = 0
    while not enough(len(wall), sampled_ns / 1e9, plan):
        if block.is_over(len(wall)):
            beat()
            call()  # not counted, because the canary has emptied its caches
            block = _Block(plan, clock, len(wall))
        # The CPU clock is read outside, because a system call is long against short calls.
        cpu_0, wall_0 = clock.cpu_ns(), clock.wall_ns()
        call()
        wall_1, cpu_1 = clock.wall_ns(), clock.cpu_ns()
        wall.append(wall_1 - wall_0)
        cpu.append(cpu_1 - cpu_0)
        sampled_ns += wall[-1]
    beat()
    return Timings(tuple(wall), tuple(cpu), warm_up_calls, settled, warm_up_ns)


class _Block:
    """The calls between two beats of the canary."""

    def __init__(self, plan: SamplingPlan, clock: Clock, calls: int = 0) -> None:
        self._plan = plan
        self._clock = clock
        self._calls = calls
        self._begin = clock.wall_ns()

    def is_over(self, calls: int) -> bool:
        long = self._clock.wall_ns() - self._begin >= self._plan.beat_s * 1e9
        return long and calls - self._calls >= self._plan.beat_calls


def _warm_up(
    call: Callable[[], object], plan: SamplingPlan, clock: Clock, steady: Callable[[], bool]
) -> tuple[int, bool]:
    """Returns the number of calls, and whether the last two windows agreed while it was steady."""
    begin = clock.wall_ns()
    calls = 0
    previous: float | None = None
    while True:
        window = _window(call, plan, clock)
        calls += len(window)
        current = median(window)
        is_steady = steady()
        if previous is not None and agree(previous, current, plan) and is_steady:
            return calls, True
        if previous is not None and clock.wall_ns() - begin >= plan.warm_up_max_s * 1e9:
            return calls, False
        previous = current


def _window(call: Callable[[], object], plan: SamplingPlan, clock: Clock) -> list[int]:
    begin = clock.wall_ns()
    durations: list[int] = []
    while len(durations) < plan.warm_up_window_calls or clock.wall_ns() - begin < plan.warm_up_window_s * 1e9:
        start = clock.wall_ns()
        call()
        durations.append(max(1, clock.wall_ns() - start))
    return durations
