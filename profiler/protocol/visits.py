"""Visits to open processes, and the samples that they make."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from statistics import median

from catalog.entities.samples import Beat, Block, CpuClock, DeviceReading, ProcessSample
from profiler.protocol.sampling import Timings


@dataclass(frozen=True)
class Visit:
    """What a process answers to a visit: the timings of a block, and what was read beside it.

    `at_s` is when the block began, and `took_s` how long it took, in seconds. `real_time` and `waited` are
    those of `Block`.
    """

    at_s: float
    took_s: float
    timings: Timings
    foreign_cpus: float
    peak_bytes: int | None
    real_time: bool = False
    waited: float | None = None
    clocks: tuple[CpuClock, ...] = ()
    device: DeviceReading | None = None


def one_block(opened: ProcessSample, visit: Visit, before: Beat, after: Beat) -> ProcessSample:
    """The sample of the process that `opened` describes, with the calls of one visit alone. The canary beat
    `before` and `after` it."""
    timings = visit.timings
    block = Block(
        at_s=visit.at_s,
        calls=len(timings.wall_ns),
        before=before,
        after=after,
        foreign_cpus=visit.foreign_cpus,
        span_ns=timings.span_ns,
        real_time=visit.real_time,
        waited=visit.waited,
    )
    return replace(
        opened,
        wall_ns=timings.wall_ns,
        cpu_ns=timings.cpu_ns,
        span_ns=timings.span_ns,
        peak_bytes=visit.peak_bytes,
        foreign_cpus=visit.foreign_cpus,
        clocks=visit.clocks,
        device=visit.device,
        blocks=(block,),
        seconds={**opened.seconds, "sample": visit.took_s},
    )


def merged(samples: Iterable[ProcessSample]) -> list[ProcessSample]:
    """One sample for each process, with all of its blocks. `samples` are those of single visits, in the order
    taken. No two processes start at the same time."""
    by_process: dict[str, list[ProcessSample]] = {}
    for sample in samples:
        by_process.setdefault(sample.started_at, []).append(sample)
    return [_joined(of_process) for of_process in by_process.values()]


def _joined(visits: Sequence[ProcessSample]) -> ProcessSample:
    first, last = visits[0], visits[-1]
    spans = [visit.span_ns for visit in visits if visit.span_ns is not None]
    peaks = [visit.peak_bytes for visit in visits if visit.peak_bytes is not None]
    return replace(
        first,
        wall_ns=tuple(chain.from_iterable(visit.wall_ns for visit in visits)),
        cpu_ns=tuple(chain.from_iterable(visit.cpu_ns for visit in visits)),
        span_ns=sum(spans) if spans else None,
        peak_bytes=max(peaks, default=None),
        foreign_cpus=median(visit.foreign_cpus for visit in visits),
        clocks=tuple(chain.from_iterable(visit.clocks for visit in visits)),
        device=_joined_reading([visit.device for visit in visits if visit.device is not None]),
        blocks=tuple(chain.from_iterable(visit.blocks for visit in visits)),
        seconds={**first.seconds, "sample": sum(visit.seconds.get("sample", 0.0) for visit in visits)},
        quiet_ns=last.quiet_ns,
    )


def _joined_reading(readings: Sequence[DeviceReading]) -> DeviceReading | None:
    if not readings:
        return None

    def most(values: Iterable[int | None]) -> int | None:
        return max((value for value in values if value is not None), default=None)

    return DeviceReading(
        allocated_bytes=most(reading.allocated_bytes for reading in readings),
        reserved_bytes=most(reading.reserved_bytes for reading in readings),
        used_bytes=most(reading.used_bytes for reading in readings),
        sm_clocks_mhz=tuple(chain.from_iterable(reading.sm_clocks_mhz for reading in readings)),
        slowdowns=tuple(dict.fromkeys(chain.from_iterable(reading.slowdowns for reading in readings))),
        event_ns=tuple(chain.from_iterable(reading.event_ns for reading in readings)),
    )
