"""How far the machine was from its quiet level for the minute around each block.

A shared machine is not only disturbed for moments. Its clock follows the heat and the tenants of its host: on
2026-11-27 every network took 25 % longer at eight o'clock than a quarter of an hour later, and the canary
took 60 % longer (decision 24). All blocks of such a time are slow, or all are quick. The canary brings them
to the quiet level.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor

from catalog.entities.samples import ProcessSample

# How much a network is slower where the canary was slower for a while, as a power of the canary's factor.
# Over 18 minutes in which the canary drifted by 60 %, it was 0.54 to 0.80 for networks at one thread, and
# 0.96 to 1.12 at two. Two runs of another machine a day before preferred 0.5 (decision 24).
ELASTICITY = 0.7
ELASTICITY_SD = 0.2
"""What it differs by between networks."""
# The clock is as it is for a minute. A disturbance that is shorter is that of a moment, and the block counts
# less for it.
_AROUND_S = 60.0
QUIET_SHARE = 0.1
"""The quiet level is the quantile of so many blocks, and the drift is that of a minute. So a machine that is
always the same drifts by nothing, and a neighbour that works for a quarter of the time is no drift."""
# Blocks count less above this quantile of the minute. Above the drift itself fewer would count, and intervals
# of noisy hours would be a quarter wider (decision 24).
_USUAL_SHARE = 0.3


@dataclass(frozen=True)
class Minute:
    """How far the canary was above its quiet level for the minute around a block, in logarithms: in its quiet
    part, and as it usually was. Below zero the machine was quicker than quiet."""

    drift: float = 0.0
    usual: float = 0.0


MinuteOf = Callable[[Sequence[float]], Minute]
"""The minute, from how far the canary was above its quiet level beside each of its blocks."""
STILL = Minute()
"""That of a machine that is always at its quiet level."""


def minute_of(above: Sequence[float]) -> Minute:
    """That of the protocol of today."""
    ordered = sorted(above)
    return Minute(quantile_of(ordered, QUIET_SHARE), quantile_of(ordered, _USUAL_SHARE))


def minute_before_6(above: Sequence[float]) -> Minute:
    """That of protocols 4 and 5, whose quiet level was the same quantile."""
    drift = sorted(above)[int(_USUAL_SHARE * len(above))]
    return Minute(drift, drift)


def minutes_of(
    samples: Sequence[ProcessSample], above: Sequence[float], minute_of: MinuteOf = minute_of
) -> list[Minute]:
    """The minute around each block of the samples. `above` is how far the canary beside each was above its
    quiet level. On an accelerator nothing drifts.

    Raises:
        ValueError: a sample does not say when its process began.
    """
    blocks = [(_began_s(sample) + block.at_s, block) for sample in samples for block in sample.blocks]
    order = sorted(range(len(blocks)), key=lambda index: blocks[index][0])
    times = [blocks[index][0] for index in order]
    found = [STILL] * len(blocks)
    for index, (time, block) in enumerate(blocks):
        if block.before.device_ns is None:
            begin, end = bisect_left(times, time - _AROUND_S), bisect_right(times, time + _AROUND_S)
            found[index] = minute_of([above[other] for other in order[begin:end]])
    return found


def quantile_of(ordered: Sequence[float], share: float) -> float:
    """The quantile of values in order. It is unbiased in the median, so that of a few blocks is no higher
    than that of many (Hyndman and Fan 1996, their type 8, doi:10.1080/00031305.1996.10473566).

    Raises:
        IndexError: there are no values.
    """
    last = len(ordered) - 1
    place = min(max(0.0, share * (last + 4 / 3) - 2 / 3), last)
    low, high = ordered[floor(place)], ordered[ceil(place)]
    return low + (place - floor(place)) * (high - low)


def _began_s(sample: ProcessSample) -> float:
    """When the process of the sample began."""
    return datetime.fromisoformat(sample.started_at).timestamp()
