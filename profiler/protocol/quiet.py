"""What the canary takes while the machine is quiet.

A machine has a level for each number of CPUs: the canary's work meets other limits on two CPUs than on one.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import log

from catalog.entities.samples import Beat, Block, ProcessSample
from profiler.protocol.drift import QUIET_SHARE, quantile_of

MOST_DRIFT = 1.4
"""By this factor a machine may drift from hour to hour. One that differs by more is another machine."""

Place = tuple[int, bool]
"""How many CPUs a canary beats on, and whether on an accelerator too."""


def place_of(beat: Beat) -> Place:
    """Where the canary beat."""
    return beat.cpus, beat.device_ns is not None


class QuietLevel:
    """The canary's time (ns) on the quiet machine: the level of the target's last measurements. Where there
    are none, that of this campaign.

    Numbers of one target are compared with each other, whatever hour they are of. So each campaign takes over
    the level that those before it had, also where its own hour is quicker. A machine that moved to another
    host has a new level once `seen` is all of that host.
    """

    def __init__(self, seen: Iterable[ProcessSample] = ()) -> None:
        self._now: defaultdict[Place, list[float]] = defaultdict(list)  # in order, because every block asks
        before: defaultdict[Place, list[float]] = defaultdict(list)
        taken_over: defaultdict[Place, list[float]] = defaultdict(list)
        for sample in seen:
            if sample.blocks and sample.quiet_ns is not None:
                taken_over[place_of(sample.blocks[0].before)].append(sample.quiet_ns)
            for block in sample.blocks:
                before[place_of(block.before)].append(block.canary_ns)
        self._before = {
            place: _taken_over(_quietest(sorted(times)), taken_over[place]) for place, times in before.items()
        }

    def learn(self, block: Block) -> None:
        """Take a block of this campaign into account."""
        insort(self._now[place_of(block.before)], block.canary_ns)

    def now_ns(self, place: Place) -> float | None:
        """The level of this campaign alone. None before the first block."""
        return _quietest(self._now[place])

    def known_ns(self, place: Place) -> float | None:
        """The level of the target's last measurements. None where they have no block."""
        return self._before.get(place)

    def change(self) -> float | None:
        """The level of this campaign over that of the target's last measurements, where it changed most. None
        where nothing can be compared."""
        changes = [
            now / known
            for place in self._now
            if (now := self.now_ns(place)) and (known := self.known_ns(place))
        ]
        return max(changes, key=lambda change: abs(log(change)), default=None)

    def level_ns(self, place: Place) -> float | None:
        """The level that blocks are compared with."""
        known = self.known_ns(place)
        return self.now_ns(place) if known is None else known


def _taken_over(seen_ns: float | None, levels_ns: Sequence[float]) -> float | None:
    """The level of the last measurements: the one that they were compared with, unless what they saw is
    another machine. `levels_ns` are those of their processes. Within the first campaign, the level falls."""
    if seen_ns is None or not levels_ns:
        return seen_ns
    level_ns = min(levels_ns)
    return level_ns if 1 / MOST_DRIFT <= seen_ns / level_ns <= MOST_DRIFT else seen_ns


def _quietest(ordered: Sequence[float]) -> float | None:
    """The quantile at the quiet share of times in order."""
    return quantile_of(ordered, QUIET_SHARE) if ordered else None
