"""The sampling plan of a case, and when a process has sampled enough."""

from dataclasses import dataclass, replace
from math import ceil

# Raised when measurements of before and after may not be compared. Earlier measurements are stale from then
# on.
PROTOCOL_VERSION = 2


@dataclass(frozen=True)
class SamplingPlan:
    """How a case is sampled. Times are in seconds.

    A case takes at least `processes` fresh processes, and more until half of its interval is at most
    `interval_target` of the latency, and `confirming` more processes have left it so. It takes
    `max_processes` at most. The interval decides and not the spread of the samples, because more samples
    narrow the interval and not the spread. Without confirmation, few processes that agree by luck would end a
    case too soon. With a `percentile`, processes are added until they have calls enough for it.

    A process makes at least `min_calls` calls for at least `min_s`, but stops at `max_s` once it has made
    `floor_calls`. The spread between processes is larger than that within a process, so time is better spent
    on another process than on more calls. Warm-up ends when the medians of two consecutive windows agree
    within `warm_up_tolerance`, or at `warm_up_max_s`. The canary beats before the warm-up, after the last
    call, and in between whenever `beat_calls` calls and `beat_s` have passed.
    """

    processes: int = 5
    max_processes: int = 15
    interval_target: float = 0.02
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
            f"{self.interval_target:.1%} and {self.confirming} more{percentile}; "
            f"{self.min_calls} calls and {self.min_s:g} s each, "
            f"at most {self.max_s:g} s from {self.floor_calls} calls"
        )

    def with_percentile(self, percentile: int, calls: int) -> "SamplingPlan":
        """The plan whose `processes` together make the `calls` that the percentile needs."""
        calls_each = ceil(calls / self.processes)
        return replace(
            self,
            percentile=percentile,
            min_calls=max(self.min_calls, calls_each),
            floor_calls=max(self.floor_calls, calls_each),
        )


def enough(calls: int, seconds: float, plan: SamplingPlan) -> bool:
    """Whether a process has sampled for long enough."""
    if calls >= plan.min_calls and seconds >= plan.min_s:
        return True
    return calls >= plan.floor_calls and seconds >= plan.max_s


def agree(previous: float, current: float, plan: SamplingPlan) -> bool:
    """Whether the medians of two consecutive warm-up windows are equal within the tolerance."""
    return abs(current / previous - 1) <= plan.warm_up_tolerance
