"""How far the machine was from its quiet level for the minute around each block.

A shared machine is not only disturbed for moments. Its clock follows the heat and the tenants of its host: on
2026-11-27 every network took 25 % longer at eight o'clock than a quarter of an hour later, and the canary
took 60 % longer (decision 24). All blocks of such a time are slow, or all are quick. The canary brings them
to the quiet level.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime

from catalog.entities.samples import ProcessSample

# How much a network is slower where the canary was slower for a while, as a power of the canary's factor.
# Over 18 minutes in which the canary drifted by 60 %, it was 0.54 to 0.80 for networks at one thread, and
# 0.96 to 1.12 at two. Two runs of another machine a day before preferred 0.5 (decision 24).
ELASTICITY = 0.7
ELASTICITY_SD = 0.2
"""What it differs by between networks."""
# The clock is as it is for a minute. A disturbance that is shorter is that of a moment, and the block counts
# less for it: so the canary's level is a low quantile of the minute.
_AROUND_S = 60.0
_LEVEL = 0.3


def drifts_of(samples: Sequence[ProcessSample], above: Sequence[float]) -> list[float]:
    """The drift at each block of the samples, in logarithms of the canary's time: below zero where the
    machine was quicker. `above` is how far the canary beside each was above its quiet level. Blocks on an
    accelerator have none.

    Raises:
        ValueError: a sample does not say when its process began.
    """
    blocks = [(_began_s(sample) + block.at_s, block) for sample in samples for block in sample.blocks]
    order = sorted(range(len(blocks)), key=lambda index: blocks[index][0])
    times = [blocks[index][0] for index in order]
    found = [0.0] * len(blocks)
    for index, (time, block) in enumerate(blocks):
        if block.before.device_ns is not None:
            continue
        begin, end = bisect_left(times, time - _AROUND_S), bisect_right(times, time + _AROUND_S)
        around = sorted(above[other] for other in order[begin:end])
        found[index] = around[int(_LEVEL * len(around))]
    return found


def _began_s(sample: ProcessSample) -> float:
    """When the process of the sample began."""
    return datetime.fromisoformat(sample.started_at).timestamp()
