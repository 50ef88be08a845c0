"""Warm up, then sample the duration of a call. Pure but for the clock that is handed in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from statistics import median
from typing import Protocol

# Raised when measurements of before and after may not be compared: what was measured by then is stale.
PROTOCOL_VERSION = 2


@dataclass(frozen=True)
class SamplingPlan:
    """How a case is sampled; its protocol. Times in seconds.

    A case takes at least `processes` fresh processes, and more until the half-width of its interval is at
    most `precision`, a share of the latency, and `confirming` processes more have left it so; or until
    `max_processes` were taken. The width of the interval decides and not the spread of the samples, which
    more of them do not narrow. Without confirmation, few processes that agree by luck end a case too soon.

    A process makes at least `min_calls` calls and at least `min_s` of them, but stops at `max_s` once it
    has `floor_calls`: the spread between processes is larger than within one, so time is better spent on
    another process than on more calls. Warm-up ends when the medians of two consecutive windows agree within
    `warm_up_tolerance`, or at `warm_up_max_s`. The canary beats before it, after the last call, and in
    between whenever `beat_calls` calls and `beat_s` have passed. With a `percentile`, processes are added
    until they carry it.
    """

    processes: int = 5
    max_processes: int = 15
    precision: float = 0.02
    confirming: int = 2
    percentile: int | None = None
    min_calls: int = 30
    min_s: float = 0.5
    max_s: float = 0.75
    floor_calls: int = 5
    warm_up_window_calls: int = 3
    warm_up_window_s: float = 0.05
    warm_up_tolerance: float = 0.05
    warm_up_max_s: float = 0.75
    beat_calls: int = 5
    beat_s: float = 0.1

    @property
    def protocol(self) -> str:
        """The name under which measurements of this plan may be compared."""
        percentile = "" if self.percentile is None else f" and p{self.percentile} is carried"
        return (
            f"{PROTOCOL_VERSION}: {self.processes} to {self.max_processes} processes until within "
            f"{self.precision:.1%} and {self.confirming} more{percentile}; "
            f"{self.min_calls} calls and {self.min_s:g} s each, "
            f"at most {self.max_s:g} s from {self.floor_calls} calls"
        )

    def carrying(self, percentile: int, calls: int) -> "SamplingPlan":
        """The plan whose least number of processes makes the `calls` that a percentile needs together."""
        each = ceil(calls / self.processes)
        return replace(
            self,
            percentile=percentile,
            min_calls=max(self.min_calls, each),
            floor_calls=max(self.floor_calls, each),
        )


class Clock(Protocol):
    """Nanoseconds of wall time and of this process's CPU time (all threads)."""

    def wall_ns(self) -> int: ...

    def cpu_ns(self) -> int: ...


@dataclass(frozen=True)
class Timings:
    """Durations of the sampled calls, in nanoseconds, and how the warm-up before them went; `warm_up_ns` is
    the time that it took. Where calls overlap, `span_ns` goes from the first begin to the last end, and
    `cpu_ns` is empty."""

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
    """Time `call` as `plan` says, with a `beat` of the canary now and then. The warm-up goes on, as long as
    it may, until `steady` too, which is asked after every window: a device's clock may still rise where the
    calls already take alike."""
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
            call()  # it finds its caches emptied by the canary: not counted
            block = _Block(plan, clock, len(wall))
        # The CPU clock is a system call: outside, or it would be part of the time of short calls.
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


def enough(calls: int, seconds: float, plan: SamplingPlan) -> bool:
    """Whether a process has sampled for long enough."""
    if calls >= plan.min_calls and seconds >= plan.min_s:
        return True
    return calls >= plan.floor_calls and seconds >= plan.max_s


def agree(previous: float, current: float, plan: SamplingPlan) -> bool:
    """Whether the medians of two consecutive warm-up windows are as good as equal."""
    return abs(current / previous - 1) <= plan.warm_up_tolerance


def _warm_up(
    call: Callable[[], object], plan: SamplingPlan, clock: Clock, steady: Callable[[], bool]
) -> tuple[int, bool]:
    """Returns the number of calls made, and whether the last two windows agreed and it was steady."""
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
