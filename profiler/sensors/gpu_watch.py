"""Watching a GPU from the process that computes on it: memory, clock, reasons for a lower clock."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from catalog.entities.samples import DeviceReading
from catalog.machine import gpu_selection
from catalog.words.vocabulary import Device
from profiler.faults import FaultKind, HostFault
from profiler.sensors import gpu_clock


@dataclass(frozen=True)
class DeviceUse:
    """A runtime's use of the device, as the runtime counts it: peak bytes of its tensors and of its
    allocator, and the device's own time (ns) of every call so far."""

    allocated_bytes: int
    reserved_bytes: int
    event_ns: Sequence[int] = ()


@runtime_checkable
class CountsDeviceUse(Protocol):
    """A loaded network whose runtime counts its use of the device."""

    def device_use(self) -> DeviceUse: ...


class WatchedGpu(Protocol):
    """What a watch reads of a GPU. `catalog.machine.gpu_device.Gpu` reads it through NVML."""

    def sm_clock_mhz(self) -> int | None: ...

    def slowdowns(self) -> tuple[str, ...]: ...

    def used_bytes(self) -> int: ...

    def bytes_by_process(self) -> dict[int, int | None]: ...


class Watch(Protocol):
    """What one process reads of its device. It is made before the runtime touches the device."""

    def is_steady(self) -> bool:
        """Whether the clock held since the last call of this method. Called during the warm-up."""

    def reading(self, network: object, calls: int) -> DeviceReading | None:
        """The reading of the last `calls` calls. Called right after them, while the clock is still up."""


def watch(device: Device) -> Watch:
    """The watch that a case on `device` needs.

    Raises:
        HostFault: the device is a GPU, and this process sees none.
    """
    if device is Device.CPU:
        return Unwatched()
    try:
        return GpuWatch(gpu_selection.open_gpu())
    except gpu_selection.NoGpu as error:
        raise HostFault(FaultKind.NO_GPU, error.message, error.remedy) from error


class Unwatched:
    """The watch of a processor. There is nothing to read."""

    def is_steady(self) -> bool:
        return True

    def reading(self, network: object, calls: int) -> None:
        return None


@dataclass
class GpuWatch:
    """The watch of a GPU. `pid` is the id of this process.

    The bytes that this process used are what the driver counts for it. Where the driver does not, or lists
    the ids of another namespace, they are the growth of what the whole device used. Processes that come or go
    meanwhile falsify that growth. Runtimes keep their memory until they end, so the number at the end is the
    peak.
    """

    gpu: WatchedGpu
    pid: int = field(default_factory=os.getpid)
    _used_before: int = field(init=False)
    _pid_is_foreign: bool = field(init=False)
    _clocks_mhz: list[int] = field(init=False, default_factory=list)
    _slowdowns: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        self._used_before = self.gpu.used_bytes()
        # This process has not computed yet, so its id in the list is the id of another process elsewhere.
        self._pid_is_foreign = self.pid in self.gpu.bytes_by_process()

    def is_steady(self) -> bool:
        clock = self.gpu.sm_clock_mhz()
        self._slowdowns = self.gpu.slowdowns()
        if clock is None:
            return True  # nothing to wait for
        self._clocks_mhz.append(clock)
        return gpu_clock.is_flat(self._clocks_mhz)

    def reading(self, network: object, calls: int) -> DeviceReading:
        clock = self.gpu.sm_clock_mhz()
        slowdowns = self.gpu.slowdowns()
        use = network.device_use() if isinstance(network, CountsDeviceUse) else None
        return DeviceReading(
            allocated_bytes=use.allocated_bytes if use else None,
            reserved_bytes=use.reserved_bytes if use else None,
            used_bytes=self._used_by_this_process(),
            sm_clocks_mhz=(*self._clocks_mhz[-1:], *(() if clock is None else (clock,))),
            slowdowns=tuple(dict.fromkeys((*self._slowdowns, *slowdowns))),
            event_ns=tuple(use.event_ns[-calls:]) if use else (),
        )

    def _used_by_this_process(self) -> int:
        counted = None if self._pid_is_foreign else self.gpu.bytes_by_process().get(self.pid)
        return max(0, self.gpu.used_bytes() - self._used_before) if counted is None else counted
