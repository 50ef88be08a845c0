# ruff: noqa: N802 - the names are those of the libraries
"""NVIDIA's management library, and one GPU that is read through it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

_T = TypeVar("_T")


class FakeNvmlError(Exception):
    """What the library raises for anything that it does not know."""


@dataclass
class FakeNvmlDevice:
    """A GPU, or an instance of one. A field that is None is not known to the driver."""

    name: str = "NVIDIA H100 80GB HBM3"
    uuid: str = "GPU-aaaa"
    total: int = 85_520_809_984
    used: int = 500_000_000
    power_limit_mw: int | None = 700_000
    clock_mhz: int | None = 1980
    degrees: int | None = 38
    reasons: int | None = 1
    processes: dict[int, int | None] | None = field(default_factory=dict)
    mig_mode: int | None = 0
    instances: list["FakeNvmlDevice"] = field(default_factory=list)
    instance_of: "FakeNvmlDevice | None" = None


@dataclass
class FakeNvml:
    """The functions of pynvml that read. What would change a GPU is missing, so that calling it fails."""

    gpus: list[FakeNvmlDevice] = field(default_factory=lambda: [FakeNvmlDevice()])
    driver: str | None = "580.159.04"

    NVMLError = FakeNvmlError
    NVML_CLOCK_SM = 1
    NVML_TEMPERATURE_GPU = 0

    def nvmlInit(self) -> None:
        if self.driver is None:
            raise FakeNvmlError("Driver Not Loaded")

    def nvmlSystemGetDriverVersion(self) -> str:
        return _given(self.driver)

    def nvmlDeviceGetCount(self) -> int:
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeNvmlDevice:
        return self.gpus[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> FakeNvmlDevice:
        everything = [*self.gpus, *(instance for gpu in self.gpus for instance in gpu.instances)]
        return _given(next((gpu for gpu in everything if gpu.uuid == uuid), None))

    def nvmlDeviceIsMigDeviceHandle(self, gpu: FakeNvmlDevice) -> bool:
        return gpu.instance_of is not None

    def nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self, gpu: FakeNvmlDevice) -> FakeNvmlDevice:
        return _given(gpu.instance_of)

    def nvmlDeviceGetMigMode(self, gpu: FakeNvmlDevice) -> list[int]:
        return [_given(gpu.mig_mode), 0]

    def nvmlDeviceGetMaxMigDeviceCount(self, gpu: FakeNvmlDevice) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, gpu: FakeNvmlDevice, position: int) -> FakeNvmlDevice:
        # The first position is free, as on a GPU whose first instance was destroyed.
        return _given(dict(enumerate(gpu.instances, start=1)).get(position))

    def nvmlDeviceGetName(self, gpu: FakeNvmlDevice) -> str:
        return gpu.name

    def nvmlDeviceGetUUID(self, gpu: FakeNvmlDevice) -> str:
        return gpu.uuid

    def nvmlDeviceGetCudaComputeCapability(self, gpu: FakeNvmlDevice) -> tuple[int, int]:
        return 9, 0

    def nvmlDeviceGetMemoryInfo(self, gpu: FakeNvmlDevice) -> SimpleNamespace:
        return SimpleNamespace(total=gpu.total, used=gpu.used)

    def nvmlDeviceGetPowerManagementLimit(self, gpu: FakeNvmlDevice) -> int:
        return _given(_whole(gpu).power_limit_mw)

    def nvmlDeviceGetClockInfo(self, gpu: FakeNvmlDevice, kind: int) -> int:
        assert kind == self.NVML_CLOCK_SM
        return _given(_whole(gpu).clock_mhz)

    def nvmlDeviceGetTemperature(self, gpu: FakeNvmlDevice, sensor: int) -> int:
        assert sensor == self.NVML_TEMPERATURE_GPU
        return _given(_whole(gpu).degrees)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, gpu: FakeNvmlDevice) -> int:
        return _given(_whole(gpu).reasons)

    def nvmlDeviceGetComputeRunningProcesses(self, gpu: FakeNvmlDevice) -> list[SimpleNamespace]:
        processes: dict[int, int | None] = _given(gpu.processes)
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in processes.items()]


def _given(value: _T | None) -> _T:
    if value is None:
        raise FakeNvmlError("Not Supported")
    return value


def _whole(gpu: FakeNvmlDevice) -> FakeNvmlDevice:
    """The driver knows clocks, power and heat of whole GPUs only."""
    return _given(None if gpu.instance_of else gpu)


@dataclass
class FakeGpu:
    """A GPU that reads out what it is given, one after another, then the last for ever."""

    clocks_mhz: list[int | None] = field(default_factory=lambda: [1980])
    reasons: list[tuple[str, ...]] = field(default_factory=lambda: [()])
    used: list[int] = field(default_factory=lambda: [500])
    processes: list[dict[int, int | None]] = field(default_factory=lambda: [{}])

    def sm_clock_mhz(self) -> int | None:
        return _next(self.clocks_mhz)

    def slowdowns(self) -> tuple[str, ...]:
        return _next(self.reasons)

    def used_bytes(self) -> int:
        return _next(self.used)

    def bytes_by_process(self) -> dict[int, int | None]:
        return _next(self.processes)


def _next(values: list[_T]) -> _T:
    return values.pop(0) if len(values) > 1 else values[0]
