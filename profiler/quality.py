"""Doubts about a measurement, drawn from its raw samples."""

from collections.abc import Sequence
from statistics import median

from catalog.entities import ProcessSample
from catalog.vocabulary import Doubt
from profiler import clocks
from profiler.summary import half_width

# CPUs kept busy by others. The kernel's own housekeeping and the tick's resolution stay below.
CONTENDED_CPUS = 0.15
# Below this many calls, the median of a process is itself uncertain.
FEW_CALLS = 6


def doubts(samples: Sequence[ProcessSample], precision: float) -> tuple[Doubt, ...]:
    """What makes the numbers of these samples doubtful; most processes must agree on it. The latency was to
    be known within the share `precision` of itself."""
    found = {
        Doubt.CONTENDED: median(sample.foreign_cpus for sample in samples) > CONTENDED_CPUS,
        Doubt.CLOCK_DRIFT: clocks.drifted(samples),
        Doubt.WARM_UP_UNSETTLED: median(sample.warm_up_settled for sample in samples) < 1,
        Doubt.FEW_CALLS: min(len(sample.wall_ns) for sample in samples) < FEW_CALLS,
        Doubt.NO_INTERVAL: len(samples) == 1,
        Doubt.IMPRECISE: len(samples) > 1 and half_width(samples) > precision,
    }
    return tuple(doubt for doubt, holds in found.items() if holds)
