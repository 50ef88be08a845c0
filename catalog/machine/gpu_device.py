"""An NVIDIA GPU, as the driver's management library (NVML) describes it.

Everything here reads. No setting of a GPU is changed: no clock, power limit, mode or persistence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_IDLE = 0x1  # the clock is low because nothing runs
# NVML's nvmlClocksEventReasons, by bit.
_REASONS: Mapping[int, str] = {
    0x2: "applications_clocks_setting",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
}
_MIG_PROFILE = re.compile(r"\bMIG (\S+)")


@dataclass(frozen=True)
class GpuFacts:
    """What does not change while a campaign runs. `power_limit_w` is None where the driver does not report
    it, `mig_profile` where the GPU is not divided."""

    name: str
    uuid: str
    driver: str
    compute_capability: str
    memory_bytes: int
    power_limit_w: int | None = None
    mig_profile: str | None = None


class Gpu:
    """One GPU, or one MIG instance of it, through NVML. `nvml` is the module pynvml, or a fake.

    Memory is asked of the `handle`, which may be an instance. Clocks, power and heat are those of the
    `whole`. What the driver does not report is None or empty.
    """

    def __init__(self, nvml: Any, handle: Any, whole: Any) -> None:
        self._nvml = nvml
        self._handle = handle
        self._whole = whole

    def facts(self) -> GpuFacts:
        nvml = self._nvml
        major, minor = nvml.nvmlDeviceGetCudaComputeCapability(self._whole)
        milliwatts = self._reported(nvml.nvmlDeviceGetPowerManagementLimit, self._whole)
        name = nvml.nvmlDeviceGetName(self._handle)
        profile = _MIG_PROFILE.search(name)
        return GpuFacts(
            name=name,
            uuid=nvml.nvmlDeviceGetUUID(self._handle),
            driver=nvml.nvmlSystemGetDriverVersion(),
            compute_capability=f"{major}.{minor}",
            memory_bytes=int(nvml.nvmlDeviceGetMemoryInfo(self._handle).total),
            power_limit_w=None if milliwatts is None else round(milliwatts / 1000),
            mig_profile=profile.group(1) if profile else None,
        )

    def sm_clock_mhz(self) -> int | None:
        """The clock of the multiprocessors now."""
        clock = self._reported(self._nvml.nvmlDeviceGetClockInfo, self._whole, self._nvml.NVML_CLOCK_SM)
        return None if clock is None else int(clock)

    def temperature_c(self) -> int | None:
        """The temperature of the chip now, degrees Celsius."""
        sensor = self._nvml.NVML_TEMPERATURE_GPU
        degrees = self._reported(self._nvml.nvmlDeviceGetTemperature, self._whole, sensor)
        return None if degrees is None else int(degrees)

    def slowdowns(self) -> tuple[str, ...]:
        """Why the clock is lower than it could be now, other than for want of work."""
        bits = self._reported(self._nvml.nvmlDeviceGetCurrentClocksThrottleReasons, self._whole)
        return slowdown_names(bits or 0)

    def used_bytes(self) -> int:
        """Memory in use on the device, by all processes and by the driver."""
        return int(self._nvml.nvmlDeviceGetMemoryInfo(self._handle).used)

    def bytes_by_process(self) -> dict[int, int | None]:
        """Memory of each process that computes on the device, including its context. In a container the
        process ids may be those of the host, and the memory None."""
        processes = self._reported(self._nvml.nvmlDeviceGetComputeRunningProcesses, self._handle) or ()
        return {process.pid: process.usedGpuMemory for process in processes}

    def _reported(self, ask: Any, *arguments: Any) -> Any:
        try:
            return ask(*arguments)
        except self._nvml.NVMLError:  # not every GPU, driver or container reports everything
            return None


def slowdown_names(bits: int) -> tuple[str, ...]:
    """The names of the reasons in NVML's mask. A reason without a name here keeps its number."""
    bits &= ~_IDLE
    reasons = [1 << position for position in range(bits.bit_length()) if bits & 1 << position]
    return tuple(_REASONS.get(bit, f"reason_{bit:#x}") for bit in reasons)
