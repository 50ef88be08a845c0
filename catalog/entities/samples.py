"""What one process recorded of a case, before any statistics."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp, fsum, log

from catalog.entities.identity import Entity


@dataclass(frozen=True)
class Beat(Entity):
    """Times (ns) of the canary's kernels at one moment, on as many CPUs as a case has: `cpus`.

    `product_ns` is a matrix product on each CPU, the mean over the CPUs. `network_ns` is a small network, and
    `hand_off_ns` a chain of operators so small that their threads wait for one another. `device_ns` is a
    product on the accelerator of the case, None where there is none.
    """

    cpus: int
    product_ns: float
    network_ns: float
    hand_off_ns: float
    device_ns: float | None = None

    @property
    def ns(self) -> float:
        """One figure of the moment: the geometric mean of the kernels. On an accelerator, that of its own
        kernel and of this mean, because the CPU starts whatever the accelerator computes."""
        kernels = (self.product_ns, self.network_ns, self.hand_off_ns)
        mean = fsum(map(log, kernels)) / len(kernels)
        return exp(mean) if self.device_ns is None else exp((mean + log(self.device_ns)) / 2)


@dataclass(frozen=True)
class Block(Entity):
    """One visit to an open process: some calls, one after another, and the canary right before and after.

    `at_s` is when it began, in seconds since the start of its process. `calls` is the number of its calls.
    They are those of the process that follow the calls of its earlier blocks. `foreign_cpus` is how many CPUs
    other processes kept busy meanwhile. `span_ns` is the time from the begin of the first call to the end of
    the last, where calls overlap. `real_time` says whether its threads had real-time priority, and so went
    before other processes. `waited` is how long its threads waited for a CPU, the sum over the threads, as a
    share of the block's time. None is unknown.
    """

    at_s: float
    calls: int
    before: Beat
    after: Beat
    foreign_cpus: float = 0.0
    span_ns: int | None = None
    real_time: bool = False
    waited: float | None = None

    @property
    def canary_ns(self) -> float:
        """The canary of this block: the geometric mean of both beats."""
        return exp((log(self.before.ns) + log(self.after.ns)) / 2)


@dataclass(frozen=True)
class Canary(Entity):
    """The canary of protocols 1 and 2: times (ns) of two fixed kernels that ran between the samples. One is
    bound by computing, the other by memory. The quiet times are what the kernels take on this target when
    nothing disturbs it, as far as it was learnt by then."""

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
    """What one fresh process recorded. Its calls were made in `blocks`, and until protocol 2 in one go.

    Times are nanoseconds. Memory is the largest resident set so far (VmHWM) in bytes: after the imports,
    after loading, and at the end. It is None where /proc does not say.

    `foreign_cpus` is how many CPUs other processes kept busy while this process sampled, the median of its
    blocks. `deviation` is the
    largest error of its output against torch, relative to the largest value. It is None where nothing is
    compared. `clocks` are the clocks of its CPUs after every block. It is empty where the kernel has no
    clocks to read. `span_ns` is the sum of its blocks' spans. `quiet_ns` is what the canary takes on this
    target when nothing disturbs it, as far as it was learnt by then. `threads` is how many threads of the
    process computed while it warmed up. None is unknown.
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
    blocks: tuple[Block, ...] = ()
    quiet_ns: float | None = None
    threads: int | None = None

    def calls_of_blocks(self) -> Iterator[tuple[Block, tuple[int, ...]]]:
        """Every block with the wall times (ns) of its calls."""
        begin = 0
        for block in self.blocks:
            yield block, self.wall_ns[begin : begin + block.calls]
            begin += block.calls

    def calls_met(self) -> list[tuple[int, ...]]:
        """The wall times (ns) of the calls of each block, as an ordinary process makes them: of those that
        went before no other process, if there are any."""
        blocks = list(self.calls_of_blocks())
        return [calls for block, calls in blocks if not block.real_time] or [calls for _, calls in blocks]


@dataclass(frozen=True)
class PendingSample(Entity):
    """A sample of a case that is not finished, by the ids of what it belongs to."""

    workload: str
    configuration: str
    target: str
    environment: str
    protocol: str
    sample: ProcessSample | None = None
