"""The sampling plan of a case: how it is visited, and how often."""

from dataclasses import dataclass, replace
from math import ceil

# Raised when measurements of before and after may not be compared. Earlier measurements are stale from then
# on.
PROTOCOL_VERSION = 6
# The calls of a block are alike, so the interval of a percentile may need more calls than independent calls
# would. Twice as many are enough where the shares of the blocks spread 1.4 times as far.
_MORE_CALLS = 2


@dataclass(frozen=True)
class SamplingPlan:
    """How a case is sampled. Times are in seconds.

    A case is measured by fresh processes that stay open and are visited. A visit is a block of calls: as many
    as fit in `block_s`, but at least `block_calls`, or one where a single call takes longer than the block.
    Two visits to a case begin at least `gap_s` apart, because a machine stays as it is for about a second.

    A case takes at least `processes` processes, and at least `blocks_each` blocks for each. It takes more
    until half of its interval is at most `interval_target` of the latency, and stays so for `confirming` more
    blocks. It takes `max_blocks` and `max_processes` at most. The interval decides and not the spread of the
    blocks, because more blocks narrow the interval and not the spread. With a `percentile`, blocks are added
    until there are `calls_for_percentile`, and until the percentile has an interval.

    Warm-up ends when the medians of two consecutive windows agree within `warm_up_tolerance`, or at
    `warm_up_max_s`. After a block, a process is left alone until its threads rest, for `rest_max_s` at most.
    """

    processes: int = 3
    max_processes: int = 8
    blocks_each: int = 4
    max_blocks: int = 60
    interval_target: float = 0.02
    confirming: int = 3
    percentile: int | None = None
    calls_for_percentile: int = 0
    block_s: float = 0.05
    block_calls: int = 3
    gap_s: float = 2.0
    warm_up_window_calls: int = 2
    warm_up_window_s: float = 0.05
    warm_up_tolerance: float = 0.05
    warm_up_max_s: float = 0.4
    rest_max_s: float = 0.1

    @property
    def min_blocks(self) -> int:
        """The least number of blocks of a case."""
        return self.processes * self.blocks_each

    @property
    def protocol(self) -> str:
        """The name under which measurements of this plan may be compared."""
        percentile = "" if self.percentile is None else f" and p{self.percentile} is carried"
        return (
            f"{PROTOCOL_VERSION}: {self.min_blocks} to {self.max_blocks} blocks of {self.block_s:g} s and "
            f"{self.block_calls} calls, {self.gap_s:g} s apart, in {self.processes} to {self.max_processes} "
            f"processes until within {self.interval_target:.1%}{percentile}"
        )

    def with_percentile(self, percentile: int, calls: int) -> "SamplingPlan":
        """The plan that makes the `calls` that the percentile needs, and more where its interval needs it."""
        most = max(self.max_blocks, ceil(_MORE_CALLS * calls / self.block_calls))
        return replace(self, percentile=percentile, calls_for_percentile=calls, max_blocks=most)


def agree(previous: float, current: float, plan: SamplingPlan) -> bool:
    """Whether the medians of two consecutive warm-up windows are equal within the tolerance."""
    return abs(current / previous - 1) <= plan.warm_up_tolerance
