"""The raw samples behind a measurement."""

from typing import Annotated

from pydantic import BaseModel, Field


class BeatView(BaseModel):
    """Times of the canary at one moment. The canary is fixed work. It is slow while something slows the
    machine."""

    cpus: Annotated[int, Field(description="Number of CPUs that the canary ran on.")]
    product_ns: Annotated[
        float,
        Field(description="Time of a matrix product on each CPU, the mean over the CPUs, in nanoseconds."),
    ]
    network_ns: Annotated[float, Field(description="Time of a small network, in nanoseconds.")]
    hand_off_ns: Annotated[
        float,
        Field(
            description="Time of a chain of small operators, whose threads wait for one another, in "
            "nanoseconds."
        ),
    ]
    device_ns: Annotated[
        float | None,
        Field(
            description="Time of a matrix product on the accelerator, in nanoseconds. Absent if the canary "
            "ran on none."
        ),
    ] = None


class BlockView(BaseModel):
    """A block of calls that a process made one after another, with the canary right before and after it."""

    at_s: Annotated[
        float, Field(description="Time from the start of the process to that of the block, in seconds.")
    ]
    calls: Annotated[
        int,
        Field(
            description="Number of calls of the block. In `wall_ns` they follow the calls of the earlier "
            "blocks."
        ),
    ]
    before: Annotated[BeatView, Field(description="The canary before the first call.")]
    after: Annotated[BeatView, Field(description="The canary after the last call.")]
    foreign_cpus: Annotated[
        float, Field(description="Mean number of CPUs that other processes kept busy during the block.")
    ]
    span_ns: Annotated[
        int | None,
        Field(
            description="Time from the start of the first call to the end of the last, in nanoseconds. "
            "Absent if calls do not overlap."
        ),
    ] = None
    real_time: Annotated[
        bool, Field(description="Whether the calls had real-time priority, before all other processes.")
    ] = False
    waited: Annotated[
        float | None,
        Field(
            description="How long the threads of the process waited for a CPU, as a share of the block's "
            "time: the sum over the threads. Absent if unknown."
        ),
    ] = None


class CanaryView(BaseModel):
    """The canary of protocols 1 and 2: times of fixed kernels that ran between the samples. Slow kernels show
    a disturbed machine."""

    compute_ns: Annotated[
        list[int], Field(description="Times of the kernel that is bound by computing, in nanoseconds.")
    ]
    memory_ns: Annotated[
        list[int], Field(description="Times of the kernel that is bound by memory, in nanoseconds.")
    ]
    quiet_compute_ns: Annotated[
        float | None,
        Field(
            description="Time of the computing kernel on the quiet target, in nanoseconds. Absent if unknown."
        ),
    ] = None
    quiet_memory_ns: Annotated[
        float | None,
        Field(
            description="Time of the memory kernel on the quiet target, in nanoseconds. Absent if unknown."
        ),
    ] = None


class CpuClockView(BaseModel):
    """A reading of the clock of the CPUs that the process may use."""

    mhz: Annotated[float | None, Field(description="Mean clock of the CPUs, in MHz. Absent if unknown.")] = (
        None
    )
    throttles: Annotated[
        int | None,
        Field(description="How often heat or power limits throttled the CPUs since boot. Absent if unknown."),
    ] = None


class DeviceReadingView(BaseModel):
    """What an accelerator reported about one process."""

    allocated_bytes: Annotated[
        int | None, Field(description="Peak memory of tensors, in bytes. Absent if unknown.")
    ] = None
    reserved_bytes: Annotated[
        int | None, Field(description="Peak memory of the runtime's allocator, in bytes. Absent if unknown.")
    ] = None
    used_bytes: Annotated[
        int | None,
        Field(
            description="Peak memory that the driver counts for the process, or for the whole device if the "
            "driver counts no process, in bytes. Absent if unknown."
        ),
    ] = None
    sm_clocks_mhz: Annotated[
        list[int],
        Field(description="Clock of the multiprocessors from before to after the samples, in MHz."),
    ]
    slowdowns: Annotated[
        list[str], Field(description="The driver's reasons for a lower clock during the samples.")
    ]
    event_ns: Annotated[
        list[int],
        Field(description="The device's own times of the calls, in nanoseconds. Empty if none were kept."),
    ] = []


class SampleView(BaseModel):
    """What one fresh process recorded."""

    wall_ns: Annotated[list[int], Field(description="Wall time of every call, in nanoseconds.")]
    cpu_ns: Annotated[list[int], Field(description="CPU time of every call, in nanoseconds.")]
    warm_up_calls: Annotated[int, Field(description="Number of calls before the first one that counts.")]
    warm_up_settled: Annotated[
        bool, Field(description="Whether the last two windows of the warm-up agreed with one another.")
    ]
    imported_bytes: Annotated[
        int | None, Field(description="Peak resident memory after the imports, in bytes. Absent if unknown.")
    ] = None
    loaded_bytes: Annotated[
        int | None,
        Field(description="Peak resident memory after loading the network, in bytes. Absent if unknown."),
    ] = None
    peak_bytes: Annotated[
        int | None, Field(description="Peak resident memory of the process, in bytes. Absent if unknown.")
    ] = None
    foreign_cpus: Annotated[
        float,
        Field(
            description="Number of CPUs that other processes kept busy during the samples: the median of the "
            "blocks."
        ),
    ]
    deviation: Annotated[
        float | None,
        Field(
            description="Largest error of the process's output against torch's fp32 output, as a share of "
            "the largest output. Absent if nothing was compared."
        ),
    ] = None
    affinity: Annotated[list[int], Field(description="Numbers of the CPUs that the process may use.")]
    started_at: Annotated[str, Field(description="Start of the process, as an ISO 8601 time.")]
    seconds: Annotated[
        dict[str, float], Field(description="Duration of each phase of the process, in seconds.")
    ]
    span_ns: Annotated[
        int | None,
        Field(
            description="Sum over the blocks of the time from the start of the first call to the end of the "
            "last, in nanoseconds. Absent if calls do not overlap."
        ),
    ] = None
    canary: Annotated[
        CanaryView | None,
        Field(
            description="Times of fixed kernels that ran between the samples. Absent since protocol 3, whose "
            "blocks have beats."
        ),
    ] = None
    clocks: Annotated[
        list[CpuClockView],
        Field(description="CPU clocks read after every block. Until protocol 2, read between the samples."),
    ] = []
    device: Annotated[
        DeviceReadingView | None, Field(description="What the accelerator reported, if one was used.")
    ] = None
    blocks: Annotated[
        list[BlockView],
        Field(description="The blocks in which the calls were made, in order. Empty until protocol 2."),
    ] = []
    quiet_ns: Annotated[
        float | None,
        Field(
            description="Time of the canary while nothing slows the machine, in nanoseconds. It is the "
            "geometric mean of the CPU's kernels, and on an accelerator that of its product and of this "
            "mean. Absent if unknown."
        ),
    ] = None
    threads: Annotated[
        int | None,
        Field(description="Number of threads that computed during the warm-up. Absent if unknown."),
    ] = None
