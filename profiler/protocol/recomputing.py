"""The numbers of a measurement, computed again from its samples.

`catalog` finds this module by the entry point of the protocol, because it imports no profiler.
"""

from collections.abc import Mapping

from catalog.entities.configurations import Configuration
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import MEMORY_METRICS, Metric
from profiler.protocol.drift import MinuteOf, minute_before_6, minute_of
from profiler.protocol.summary import metric_values


def numbers_before_6(
    samples: tuple[ProcessSample, ...], configuration: Configuration
) -> Mapping[Metric, float]:
    """`numbers_of` samples of protocols 4 and 5."""
    return numbers_of(samples, configuration, minute_before_6)


def numbers_of(
    samples: tuple[ProcessSample, ...], configuration: Configuration, minute_of: MinuteOf = minute_of
) -> Mapping[Metric, float]:
    """The numbers that the samples make, without those that are unknown.

    Memory is left out. Until 2026-11-26 it was the median of the processes, and since then it is the largest.

    Raises:
        ValueError: the samples have no blocks, or blocks of overlapping calls without their whole time.
    """
    if not any(sample.blocks for sample in samples):
        raise ValueError("they have no blocks of calls")
    return {
        number.metric: number.value
        for number in metric_values(samples, configuration, minute_of=minute_of)
        if number.value is not None and number.metric not in MEMORY_METRICS
    }
