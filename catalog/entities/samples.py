"""What one process recorded of a case, before any statistics."""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.entities.identity import Entity


@dataclass(frozen=True)
class Canary(Entity):
    """Times (ns) of two fixed kernels that ran between the samples. One is bound by computing, the other by
    memory. The quiet times are what the kernels take on this target when nothing disturbs it, as far as it
    was learnt by then."""

    compute_ns: tuple[int, ...]
    memory_ns: tuple[int, ...]
    quiet_compute_ns: float | None = None
    quiet_memory_ns: float | None = None


@dataclass(frozen=True)
class CpuClock(Entity):
    """The mean clock (MHz) of some CPUs at an instant. `throttles` is how often heat or power had throttled
    these CPUs since boot. None is unknown."""

    mhz: float | None
    throttles: int | None


@dataclass(frozen=True)
class DeviceReading(Entity):
    """What was read of an accelerator while one process sampled. None is unknown.

    `allocated_bytes` is what tensors held at the peak, and `reserved_bytes` what the runtime's allocator
    held. `used_bytes` is what the driver counts for the process, its context included. Where the driver
    counts none, it is the growth of what the whole device used.

    `sm_clocks_mhz` were read from before the first sample to after the last. `slowdowns` are the reasons for
    a lower clock in that time, as the driver names them. `event_ns` are the device's own times of the sampled
    calls, from the begin of the first kernel to the end of the last. It is empty where the runtime keeps no
    times.
    """

    allocated_bytes: int | None = None
    reserved_bytes: int | None = None
    used_bytes: int | None = None
    sm_clocks_mhz: tuple[int, ...] = ()
    slowdowns: tuple[str, ...] = ()
    event_ns: tuple[int, ...] = ()


@dataclass(frozen=True)
class ProcessSample(Entity):
    """What one fresh process recorded.

    Times are nanoseconds. Memory is the largest resident set so far (VmHWM) in bytes: after the imports,
    after loading, and at the end. It is None where /proc does not say.

    `foreign_cpus` is how many CPUs other processes kept busy while this process sampled. `deviation` is the
    largest error of its output against torch, relative to the largest value. It is None where nothing is
    compared. `clocks` are the clocks of its CPUs whenever the canary beat. It is empty where the kernel has
    no clocks to read. `span_ns` is the time from the begin of the first call to the end of the last, where
    calls overlap.
    """

    wall_ns: tuple[int, ...]
    cpu_ns: tuple[int, ...]
    warm_up_calls: int
    warm_up_settled: bool
    imported_bytes: int | None
    loaded_bytes: int | None
    peak_bytes: int | None
    foreign_cpus: float
    deviation: float | None
    affinity: tuple[int, ...]
    started_at: str
    seconds: Mapping[str, float]
    span_ns: int | None = None
    canary: Canary | None = None
    clocks: tuple[CpuClock, ...] = ()
    device: DeviceReading | None = None


@dataclass(frozen=True)
class PendingSample(Entity):
    """A sample of a case that is not finished, by the ids of what it belongs to."""

    workload: str
    configuration: str
    target: str
    environment: str
    protocol: str
    sample: ProcessSample | None = None
