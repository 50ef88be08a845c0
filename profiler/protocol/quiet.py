"""What the canary takes while the machine is quiet.

A machine has a level for each number of CPUs: the canary's work meets other limits on two CPUs than on one.
"""

from collections import defaultdict, deque
from collections.abc import Iterable

from catalog.entities.samples import Beat, ProcessSample

# A tenth of the beats: enough not to rest on a lucky one, few enough that a machine is as quiet so often.
_QUIET_SHARE = 0.1
# Measurements of about one campaign: a machine that moved to another host has a new level soon.
_REMEMBERED = 30
# Beats of a campaign of half an hour.
_HELD = 10_000

Place = tuple[int, bool]
"""How many CPUs a canary beats on, and whether on an accelerator too."""


def place_of(beat: Beat) -> Place:
    """Where the canary beat."""
    return beat.cpus, beat.device_ns is not None


class QuietLevel:
    """The canary's time (ns) on the quiet machine: the level of this campaign, or the one that the target's
    last measurements knew, if that is lower.

    A campaign whose machine is busy from begin to end never sees it quiet, but its target may have been seen
    quiet before.
    """

    def __init__(self, seen: Iterable[ProcessSample] = ()) -> None:
        self._now: defaultdict[Place, deque[float]] = defaultdict(lambda: deque(maxlen=_HELD))
        self._before: defaultdict[Place, deque[float]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        for sample in seen:
            if sample.quiet_ns is not None and sample.blocks:
                self._before[place_of(sample.blocks[0].before)].append(sample.quiet_ns)

    def learn(self, beat: Beat) -> None:
        """Take a beat of this campaign into account."""
        self._now[place_of(beat)].append(beat.ns)

    def now_ns(self, place: Place) -> float | None:
        """The level of this campaign alone. None before the first beat."""
        return _quietest(self._now[place])

    def known_ns(self, place: Place) -> float | None:
        """The lowest level that the target's last measurements knew. None where there is none."""
        return min(self._before[place], default=None)

    def level_ns(self, place: Place) -> float | None:
        """The level that blocks are compared with."""
        levels = (self.now_ns(place), self.known_ns(place))
        return min((level for level in levels if level is not None), default=None)


def _quietest(times: Iterable[float]) -> float | None:
    """The quantile at the quiet share."""
    ordered = sorted(times)
    if not ordered:
        return None
    return ordered[max(0, round(len(ordered) * _QUIET_SHARE) - 1)]
