"""Doubts about a measurement. They follow from its raw samples alone."""

from collections.abc import Iterable, Sequence
from statistics import median

from catalog.entities.measurements import MetricValue
from catalog.entities.samples import ProcessSample
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from profiler.protocol.summary import half_width
from profiler.sensors import gpu_clock
from profiler.sensors.contention import CONTENDED_CPUS

# How far the wall time of one thread may exceed its CPU time. It and the next two are chosen on the runs of
# docs/bench-profiler.md so that 1 quiet run of 20 is flagged, because tenants of a shared host take some
# percent of any process.
OFF_CPU_SHARE = 0.10
# How far the canary's kernels may exceed their quiet level.
COMPUTE_SHARE = 0.10
MEMORY_SHARE = 0.30
# How far the processor's clock may move while it is busy. A step of turbo is 100 MHz, which is 5 % of 2 GHz.
CLOCK_SHARE = 0.05
# Of fewer calls, not even the fastest and the slowest enclose the median with 95 %: of 5, with 1 - 2 / 2**5.
FEW_CALLS = 6


def doubts(samples: Sequence[ProcessSample], interval_target: float) -> tuple[Doubt, ...]:
    """What makes the numbers of these samples doubtful. Most processes must agree on a disturbance.

    Half of the latency's interval was asked to be at most `interval_target`, as a share of the latency.
    """
    disturbed = [disturbances(sample) for sample in samples]
    judged = {
        **{doubt: 2 * sum(doubt in seen for seen in disturbed) > len(samples) for doubt in _DISTURBANCES},
        Doubt.WARM_UP_UNSETTLED: median(sample.warm_up_settled for sample in samples) < 1,
        Doubt.FEW_CALLS: min(len(sample.wall_ns) for sample in samples) < FEW_CALLS,
        Doubt.NO_INTERVAL: len(samples) == 1,
        Doubt.UNPINNED: not all(sample.affinity for sample in samples),
        Doubt.IMPRECISE: len(samples) > 1 and half_width(samples) > interval_target,
    }
    return tuple(doubt for doubt, holds in judged.items() if holds)


def doubts_of_values(values: Iterable[MetricValue], asked: Metric | None) -> tuple[Doubt, ...]:
    """What is missing from the numbers of a case: its memory, or the percentile that was `asked` for."""
    missing = {value.metric for value in values if value.value is None}
    judged = {
        Doubt.FEW_FOR_PERCENTILE: asked in missing,
        Doubt.MEMORY_UNKNOWN: not missing.isdisjoint(_MEMORY),
    }
    return tuple(doubt for doubt, holds in judged.items() if holds)


def disturbances(sample: ProcessSample) -> frozenset[Doubt]:
    """What disturbed one process. A sample without disturbances is clean."""
    judged = {
        Doubt.CONTENDED: sample.foreign_cpus > CONTENDED_CPUS,
        Doubt.OFF_CPU: _off_cpu(sample),
        Doubt.CANARY_MOVED: _canary_moved(sample),
        Doubt.CLOCK_DRIFT: _clock_drifted(sample),
    }
    return frozenset(doubt for doubt, holds in judged.items() if holds)


_DISTURBANCES = (Doubt.CONTENDED, Doubt.OFF_CPU, Doubt.CANARY_MOVED, Doubt.CLOCK_DRIFT)
_MEMORY = (Metric.PEAK_MEMORY_MB, Metric.DEVICE_MEMORY_MB, Metric.TRAIN_MEMORY_MB)


def _off_cpu(sample: ProcessSample) -> bool:
    """Judged for a single thread that computes on the processor itself, whose CPU time is its wall time."""
    if len(sample.affinity) > 1 or sample.device is not None or sample.span_ns is not None:
        return False
    return sum(sample.wall_ns) > (1 + OFF_CPU_SHARE) * sum(sample.cpu_ns)


def _canary_moved(sample: ProcessSample) -> bool:
    canary = sample.canary
    if canary is None or canary.quiet_compute_ns is None or canary.quiet_memory_ns is None:
        return False
    if not canary.compute_ns:
        return False
    return (
        median(canary.compute_ns) > (1 + COMPUTE_SHARE) * canary.quiet_compute_ns
        or median(canary.memory_ns) > (1 + MEMORY_SHARE) * canary.quiet_memory_ns
    )


def _clock_drifted(sample: ProcessSample) -> bool:
    if sample.device is not None and gpu_clock.moved(sample.device):
        return True
    throttles = [clock.throttles for clock in sample.clocks if clock.throttles is not None]
    if throttles and throttles[-1] > throttles[0]:
        return True
    # The first reading is from before the warm-up, when the clock may still have been rising.
    mhz = [clock.mhz for clock in sample.clocks[1:] if clock.mhz is not None]
    return bool(mhz) and max(mhz) > (1 + CLOCK_SHARE) * min(mhz)
