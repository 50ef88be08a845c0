"""Doubts about a measurement. They follow from its raw samples alone."""

from collections.abc import Iterable, Sequence
from math import fsum, inf, isinf
from statistics import median

from catalog.entities.measurements import MetricValue
from catalog.entities.samples import ProcessSample
from catalog.statistics.between_campaigns import Spread
from catalog.statistics.quietness import QUIET
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device
from profiler.protocol.intervals import is_on_level
from profiler.protocol.latency import CAMPAIGNS, Moment
from profiler.protocol.summary import half_width, moments_of, peaks_of
from profiler.sensors import gpu_clock
from profiler.sensors.contention import CONTENDED_CPUS

# How far the wall time of one thread may exceed its CPU time. It was chosen under protocol 2, on the runs of
# 2026-11-22, so that 1 quiet run of 20 is flagged, because tenants of a shared host take some percent of any
# process.
OFF_CPU_SHARE = 0.10
# How far the processor's clock may move while it is busy. A step of turbo is 100 MHz, which is 5 % of 2 GHz.
CLOCK_SHARE = 0.05
# Of fewer calls, not even the fastest and the slowest enclose the median with 95 %: of 5, with 1 - 2 / 2**5.
FEW_CALLS = 6
# On fewer quiet blocks a latency rests on luck.
FEW_QUIET_BLOCKS = 3
# Where a machine is quiet in fewer of its moments, that is why an interval is wide.
QUIET_SHARE = 1 / 2


def doubts(
    samples: Sequence[ProcessSample], interval_target: float, campaigns: Spread = CAMPAIGNS
) -> tuple[Doubt, ...]:
    """What makes the numbers of these samples doubtful.

    Half of the latency's interval was asked to be at most `interval_target`, as a share of the latency.
    `campaigns` is what the target's campaigns differ by.
    """
    moments = moments_of(samples)
    quiet = sum(moment.is_quiet for moment in moments)
    canary_moved = all(moment.above > QUIET for moment in moments)
    width = half_width(samples, campaigns)
    imprecise = interval_target < width < inf
    few = QUIET_SHARE * len(moments) if imprecise else FEW_QUIET_BLOCKS
    judged = {
        Doubt.CONTENDED: _is_contended(samples, moments),
        Doubt.OFF_CPU: _mostly(_off_cpu(sample) for sample in samples),
        Doubt.CANARY_MOVED: canary_moved,
        Doubt.FEW_QUIET_MOMENTS: not canary_moved and quiet < few,
        Doubt.CLOCK_DRIFT: _mostly(_clock_drifted(sample) for sample in samples),
        Doubt.FEW_CALLS: sum(len(sample.wall_ns) for sample in samples) < FEW_CALLS,
        Doubt.NO_INTERVAL: isinf(width),
        Doubt.UNPINNED: not all(sample.affinity for sample in samples),
        Doubt.FEWER_THREADS: _mostly(_fewer_threads(sample) for sample in samples),
        Doubt.MEMORY_LEVELS: any(_differ(peaks_of(samples, device)) for device in Device),
        Doubt.IMPRECISE: imprecise,
    }
    return tuple(doubt for doubt, holds in judged.items() if holds)


def _mostly(holds: Iterable[bool]) -> bool:
    """Whether it holds of more than half."""
    judged = list(holds)
    return 2 * sum(judged) > len(judged)


def doubts_of_values(values: Iterable[MetricValue], asked: Metric | None) -> tuple[Doubt, ...]:
    """What is missing from the numbers of a case: its memory, or the percentile that was `asked` for."""
    missing = {value.metric for value in values if value.value is None}
    judged = {
        Doubt.FEW_FOR_PERCENTILE: asked in missing,
        Doubt.MEMORY_UNKNOWN: not missing.isdisjoint(_MEMORY),
    }
    return tuple(doubt for doubt, holds in judged.items() if holds)


_MEMORY = (Metric.PEAK_MEMORY_MB, Metric.DEVICE_MEMORY_MB, Metric.TRAIN_MEMORY_MB)


def _is_contended(samples: Sequence[ProcessSample], moments: Sequence[Moment]) -> bool:
    """Whether other processes used the processor beside most of what the number rests on: of the blocks, each
    counted as the latency counts it."""
    blocks = [block for sample in samples for block in sample.blocks]
    if not blocks:  # until protocol 2
        return median(sample.foreign_cpus for sample in samples) > CONTENDED_CPUS
    beside = zip(blocks, moments, strict=True)
    contended = fsum(moment.weight for block, moment in beside if block.foreign_cpus > CONTENDED_CPUS)
    return 2 * contended > fsum(moment.weight for moment in moments)


def _fewer_threads(sample: ProcessSample) -> bool:
    """Judged on the processor alone, where a process is pinned to as many CPUs as it has threads."""
    if sample.threads is None or sample.device is not None:
        return False
    return sample.threads < len(sample.affinity)


def _differ(peaks: Sequence[int | None]) -> bool:
    known = [peak for peak in peaks if peak is not None]
    return bool(known) and not is_on_level(min(known), max(known))


def _off_cpu(sample: ProcessSample) -> bool:
    """Judged for a single thread that computes on the processor itself, whose CPU time is its wall time."""
    if len(sample.affinity) > 1 or sample.device is not None or sample.span_ns is not None:
        return False
    return sum(sample.wall_ns) > (1 + OFF_CPU_SHARE) * sum(sample.cpu_ns)


def _clock_drifted(sample: ProcessSample) -> bool:
    if sample.device is not None and gpu_clock.moved(sample.device):
        return True
    throttles = [clock.throttles for clock in sample.clocks if clock.throttles is not None]
    if throttles and throttles[-1] > throttles[0]:
        return True
    mhz = [clock.mhz for clock in sample.clocks if clock.mhz is not None]
    return bool(mhz) and max(mhz) > (1 + CLOCK_SHARE) * min(mhz)
