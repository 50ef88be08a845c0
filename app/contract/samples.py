"""The raw samples behind a measurement."""

from typing import Annotated

from pydantic import BaseModel, Field


class CanaryView(BaseModel):
    """Times of fixed kernels that ran between the samples. Slow kernels show a disturbed machine."""

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
    ]
    quiet_memory_ns: Annotated[
        float | None,
        Field(
            description="Time of the memory kernel on the quiet target, in nanoseconds. Absent if unknown."
        ),
    ]


class CpuClockView(BaseModel):
    """A reading of the clock of the CPUs that the process may use."""

    mhz: Annotated[float | None, Field(description="Mean clock of the CPUs, in MHz. Absent if unknown.")]
    throttles: Annotated[
        int | None,
        Field(description="How often heat or power limits throttled the CPUs since boot. Absent if unknown."),
    ]


class DeviceReadingView(BaseModel):
    """What an accelerator reported about one process."""

    allocated_bytes: Annotated[
        int | None, Field(description="Peak memory of tensors, in bytes. Absent if unknown.")
    ]
    reserved_bytes: Annotated[
        int | None, Field(description="Peak memory of the runtime's allocator, in bytes. Absent if unknown.")
    ]
    used_bytes: Annotated[
        int | None,
        Field(
            description="Peak memory that the driver counts for the process, or for the whole device if the "
            "driver counts no process, in bytes. Absent if unknown."
        ),
    ]
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
    ]
    loaded_bytes: Annotated[
        int | None,
        Field(description="Peak resident memory after loading the network, in bytes. Absent if unknown."),
    ]
    peak_bytes: Annotated[
        int | None, Field(description="Peak resident memory of the process, in bytes. Absent if unknown.")
    ]
    foreign_cpus: Annotated[
        float, Field(description="Mean number of CPUs that other processes kept busy during the samples.")
    ]
    deviation: Annotated[
        float | None,
        Field(
            description="Largest error of the process's output against torch's fp32 output, as a share of "
            "the largest output. Absent if nothing was compared."
        ),
    ]
    affinity: Annotated[list[int], Field(description="Numbers of the CPUs that the process may use.")]
    started_at: Annotated[str, Field(description="Start of the process, as an ISO 8601 time.")]
    seconds: Annotated[
        dict[str, float], Field(description="Duration of each phase of the process, in seconds.")
    ]
    span_ns: Annotated[
        int | None,
        Field(
            description="Time from the start of the first call to the end of the last, in nanoseconds. "
            "Absent if calls do not overlap."
        ),
    ] = None
    canary: Annotated[
        CanaryView | None, Field(description="Times of fixed kernels that ran between the samples.")
    ] = None
    clocks: Annotated[
        list[CpuClockView],
        Field(description="CPU clocks read once before the warm-up, between the samples and after the last."),
    ] = []
    device: Annotated[
        DeviceReadingView | None, Field(description="What the accelerator reported, if one was used.")
    ] = None
