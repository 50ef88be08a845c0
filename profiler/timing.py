"""Warm up, then sample the duration of a call. Pure but for the clock that is handed in."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Protocol


@dataclass(frozen=True)
class SamplingPlan:
    """How a case is sampled; its protocol. Times in seconds.

    A case takes at least `processes` fresh processes, and more until the half-width of its interval is at
    most `precision`, a share of the latency, or `max_processes` were taken. The width of the interval decides
    and not the spread of the samples, which more of them do not narrow.

    A process makes at least `min_calls` calls and at least `min_s` of them, but stops at `max_s` once it
    has `floor_calls`: the spread between processes is larger than within one, so time is better spent on
    another process than on more calls. Warm-up ends when the medians of two consecutive windows agree within
    `warm_up_tolerance`, or at `warm_up_max_s`.
    """

    processes: int = 5
    max_processes: int = 15
    precision: float = 0.02
    min_calls: int = 30
    min_s: float = 0.5
    max_s: float = 0.75
    floor_calls: int = 5
    warm_up_window_calls: int = 3
    warm_up_window_s: float = 0.05
    warm_up_tolerance: float = 0.05
    warm_up_max_s: float = 0.75

    @property
    def protocol(self) -> str:
        """The name under which measurements of this plan may be compared."""
        return (
            f"2: {self.processes} to {self.max_processes} processes until within {self.precision:.1%}; "
            f"{self.min_calls} calls and {self.min_s:g} s each, at most {self.max_s:g} s"
        )


class Clock(Protocol):
    """Nanoseconds of wall time and of this process's CPU time (all threads)."""

    def wall_ns(self) -> int: ...

    def cpu_ns(self) -> int: ...


@dataclass(frozen=True)
class Timings:
    """Durations of the sampled calls, in nanoseconds, and how the warm-up before them went."""

    wall_ns: tuple[int, ...]
    cpu_ns: tuple[int, ...]
    warm_up_calls: int
    warm_up_settled: bool


def _always() -> bool:
    return True


def sample(
    call: Callable[[], object], plan: SamplingPlan, clock: Clock, steady: Callable[[], bool] = _always
) -> Timings:
    """Time `call` as `plan` says. The warm-up goes on, as long as it may, until `steady` too, which is asked
    after every window: a device's clock may still rise where the calls already take alike."""
    warm_up_calls, settled = _warm_up(call, plan, clock, steady)
    wall: list[int] = []
    cpu: list[int] = []
    begin = clock.wall_ns()
    while not _enough(len(wall), (clock.wall_ns() - begin) / 1e9, plan):
        wall_0, cpu_0 = clock.wall_ns(), clock.cpu_ns()
        call()
        cpu_1, wall_1 = clock.cpu_ns(), clock.wall_ns()
        wall.append(wall_1 - wall_0)
        cpu.append(cpu_1 - cpu_0)
    return Timings(tuple(wall), tuple(cpu), warm_up_calls, settled)


def _enough(calls: int, seconds: float, plan: SamplingPlan) -> bool:
    if calls >= plan.min_calls and seconds >= plan.min_s:
        return True
    return calls >= plan.floor_calls and seconds >= plan.max_s


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
        if previous is not None and abs(current / previous - 1) <= plan.warm_up_tolerance and is_steady:
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
