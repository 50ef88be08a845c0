"""The raw samples behind a measurement."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)


class CanaryView(BaseModel):
    """How long fixed kernels took beside the samples, and take on this target when it is quiet (ns)."""

    compute_ns: list[int]
    memory_ns: list[int]
    quiet_compute_ns: float | None
    quiet_memory_ns: float | None


class CpuClockView(BaseModel):
    """The mean clock of the process's CPUs, and how often they had been throttled since boot."""

    mhz: float | None
    throttles: int | None


class DeviceReadingView(BaseModel):
    """What an accelerator told: peak bytes of tensors, of the runtime's allocator and of the driver; the
    clock before and after the samples; why it was lower than it could be; its own times of the calls (ns)."""

    allocated_bytes: int | None
    reserved_bytes: int | None
    used_bytes: int | None
    sm_clocks_mhz: list[int]
    slowdowns: list[str]
    event_ns: list[int] = []


class SampleView(BaseModel):
    """What one process recorded: nanoseconds and bytes."""

    wall_ns: list[int]
    cpu_ns: list[int]
    warm_up_calls: int
    warm_up_settled: bool
    imported_bytes: int | None
    loaded_bytes: int | None
    peak_bytes: int | None
    foreign_cpus: float
    deviation: float | None
    affinity: list[int]
    started_at: str
    seconds: dict[str, float]
    span_ns: int | None = None
    canary: CanaryView | None = None
    clocks: Annotated[
        list[CpuClockView], Field(description="Before the warm-up, between the samples, after the last.")
    ] = []
    device: DeviceReadingView | None = None
