"""What one process recorded of a case, before any statistics."""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.entities.identity import Entity


@dataclass(frozen=True)
class Canary(Entity):
    """How long fixed kernels took, ns, each time that they ran between the samples: one bound by computing,
    one by memory. The quiet times are what the target needs when nothing disturbs it, as known by then."""

    compute_ns: tuple[int, ...]
    memory_ns: tuple[int, ...]
    quiet_compute_ns: float | None = None
    quiet_memory_ns: float | None = None


@dataclass(frozen=True)
class CpuClock(Entity):
    """The mean clock of some CPUs (MHz) at an instant, and how often heat or power had throttled them since
    boot. None is unknown."""

    mhz: float | None
    throttles: int | None


@dataclass(frozen=True)
class DeviceReading(Entity):
    """What an accelerator told of one process. Memory is bytes: what tensors held at the peak, what the
    runtime's allocator held, and what the driver counts for the process or, failing that, for the device,
    its context included. None is unknown.

    `sm_clocks_mhz` were read from before the first sample to after the last; `slowdowns` are the reasons for
    a lower clock that held meanwhile, as the driver names them. `event_ns` are the device's own times of the
    sampled calls, from the first kernel's begin to the last one's end; empty where the runtime keeps none.
    """

    allocated_bytes: int | None = None
    reserved_bytes: int | None = None
    used_bytes: int | None = None
    sm_clocks_mhz: tuple[int, ...] = ()
    slowdowns: tuple[str, ...] = ()
    event_ns: tuple[int, ...] = ()


@dataclass(frozen=True)
class ProcessSample(Entity):
    """What one fresh process recorded. Times are nanoseconds; memory is bytes, the largest resident set so
    far (VmHWM) after the imports, after loading and at the end, None where /proc does not tell.

    `foreign_cpus` is how many CPUs other processes kept busy while this one sampled; `deviation` is the
    largest error of its output against torch, relative to the largest value, None where nothing is compared;
    `clocks` are those of its CPUs whenever the canary beat, where the kernel tells;
    `span_ns` is the time from the first call's begin to the last one's end, where calls overlap.
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
