"""Listening to the machine: the canary beats for some seconds, as it beats beside the blocks of a campaign.

Nothing is stored. The quiet level is that of these seconds alone. A machine that is equally busy all the time
seems quiet here, and shows in the check of its other processes.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from math import log
from statistics import fmean, median
from typing import NoReturn

from catalog import host
from catalog.entities.samples import Beat
from catalog.machine.topology import chosen_cpus
from catalog.statistics.quietness import QUIET
from profiler.campaign.lock import host_lock
from profiler.campaign.measuring import Canary, CanaryProcess
from profiler.protocol.drift import minute_of
from profiler.protocol.latency import Moment, latency_of
from profiler.protocol.plan import SamplingPlan
from profiler.sensors.linux import Linux
from profiler.sensors.system import this_system

LISTENED_S = 20.0
_EVERY_S = 0.25
# A beat's product is timed by threads of one interpreter. The more there are, the longer they take to start.
_MOST_AT_ONCE = 8
_QUIET_TENTH = 10
# The starter preset measures 28 cases in five minutes. Each gets so many blocks.
_BLOCKS = 45
_RESAMPLED = 100


class CampaignRuns(Exception):
    """Another process measures on this host. Listening would disturb it."""


@dataclass(frozen=True)
class Round:
    """One moment. `alone_ns` is the product on each of two CPUs while the other rests. Then the canary beats
    twice on all CPUs at once: `beat`, and right after it `block`, which stands for a block of calls."""

    alone_ns: tuple[float, ...]
    beat: Beat
    block: Beat


@dataclass(frozen=True)
class Heard:
    """The moments of the time that the machine was listened to."""

    rounds: Sequence[Round]

    @cached_property
    def above(self) -> list[float]:
        """How far the canary was above its quiet level, in logarithms, at each moment."""
        level = _quietest([heard.beat.ns for heard in self.rounds])
        return [log(heard.beat.ns / level) for heard in self.rounds]

    @property
    def quiet_share(self) -> float:
        """The share of the moments that were quiet."""
        return fmean(above <= QUIET for above in self.above)

    @property
    def is_rarely_quiet(self) -> bool:
        """Whether the quiet ones among a case's blocks are fewer than a case has at least."""
        return self.quiet_share * _BLOCKS < SamplingPlan().min_blocks

    @property
    def at_once_over_alone(self) -> float | None:
        """How much slower the product is on all CPUs at once than on one. Both are compared at their quiet
        levels, because a neighbour disturbs one that has an idle CPU less. None on a single CPU."""
        if not self.rounds[0].alone_ns:
            return None
        at_once = [beat.product_ns for heard in self.rounds for beat in (heard.beat, heard.block)]
        alone = zip(*(heard.alone_ns for heard in self.rounds), strict=True)
        return _quietest(at_once) / fmean(map(_quietest, alone))

    def expected_half_width(self) -> float:
        """Half of the interval of a case that gets so many blocks, as a share of its latency.

        So many blocks are drawn from the moments, with replacement, and become a latency as those of a case
        do. `block` is the time of a block, and `beat` the canary beside it, so that no block is selected by
        its own time. The result is the median of some draws. Under protocol 3 it expected 2.0, 2.0 and 2.9 %
        from the canary of three runs of 2026-11-25. Their cases had 2.0, 1.9 and 2.4 % in the median.
        """
        draw = random.Random(0)  # noqa: S311 - the same answer for the same moments
        times = [log(heard.block.ns) for heard in self.rounds]
        moments, minute = list(zip(times, self.above, strict=True)), minute_of(self.above)
        processes = SamplingPlan().processes
        return median(
            latency_of(
                [
                    Moment(index % processes, time, above, minute=minute)
                    for index, (time, above) in enumerate(draw.choices(moments, k=_BLOCKS))
                ]
            ).half_width
            for _ in range(_RESAMPLED)
        )


def listen_here(announce: Callable[[str], None]) -> Heard:
    """Listen to this machine, while no campaign measures on it. `announce` is told when that begins.

    Raises:
        CampaignRuns: a campaign measures. Its text is the id of the process.
        CanaryFailed: a canary died or gave no answer.
        HostFault: the host lets no canary start, or has no place for the lock.
    """
    cpus = spread(chosen_cpus(this_system().cpus(), host.usable_cpus()))
    can_pin = isinstance(this_system(), Linux)
    with host_lock(_refuse), ExitStack() as stack:
        announce(f"Listening to the machine for {LISTENED_S:.0f} s ...")

        def opened(cpus: Sequence[int]) -> CanaryProcess:
            return stack.enter_context(closing(CanaryProcess(cpus, on_gpu=False, variables={})))

        alone = [opened([cpu]) for cpu in (cpus[0], cpus[-1])] if len(cpus) > 1 and can_pin else []
        return listen(alone, opened(cpus))


def listen(
    alone: Sequence[Canary],
    at_once: Canary,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Heard:
    """Let canaries beat for `LISTENED_S`: those on one CPU each, then the one on all of them.

    Raises:
        CanaryFailed: a canary died or gave no answer.
    """
    rounds: list[Round] = []
    end_s = clock() + LISTENED_S
    while not rounds or clock() < end_s:
        begin_s = clock()
        alone_ns = tuple(canary.beat().product_ns for canary in alone)
        rounds.append(Round(alone_ns, at_once.beat(), at_once.beat()))
        sleep(max(0.0, begin_s + _EVERY_S - clock()))
    return Heard(rounds)


def spread(cpus: Sequence[int]) -> list[int]:
    """The CPUs that compute at once: all, or pairs of neighbours spread over all of them. Systems number the
    two CPUs of a core either one after the other, or half of all CPUs apart. The pairs have some of each."""
    if len(cpus) <= _MOST_AT_ONCE:
        return list(cpus)
    pairs = _MOST_AT_ONCE // 2
    starts = [index * (len(cpus) // pairs) for index in range(pairs)]
    return [cpus[start + offset] for start in starts for offset in (0, 1)]


def _refuse(holder: str) -> NoReturn:
    raise CampaignRuns(holder)


def _quietest(times: Sequence[float]) -> float:
    """The quietest tenth of the times."""
    return sorted(times)[max(0, len(times) // _QUIET_TENTH - 1)]
