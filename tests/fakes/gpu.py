# ruff: noqa: N802 - the names are those of the libraries
"""NVIDIA's management library, and one GPU that is read through it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

_T = TypeVar("_T")


class FakeNvmlError(Exception):
    """What the library raises for anything that it cannot tell."""


@dataclass
class FakeCard:
    """A card, or an instance of one; a field that is None is not told."""

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
    instances: list["FakeCard"] = field(default_factory=list)
    instance_of: "FakeCard | None" = None


@dataclass
class FakeNvml:
    """The functions of pynvml that read. What would change a card is missing, so that calling it fails."""

    cards: list[FakeCard] = field(default_factory=lambda: [FakeCard()])
    driver: str | None = "580.159.04"

    NVMLError = FakeNvmlError
    NVML_CLOCK_SM = 1
    NVML_TEMPERATURE_GPU = 0

    def nvmlInit(self) -> None:
        if self.driver is None:
            raise FakeNvmlError("Driver Not Loaded")

    def nvmlSystemGetDriverVersion(self) -> str:
        return _told(self.driver)

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:
        return self.cards[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> FakeCard:
        everything = [*self.cards, *(each for card in self.cards for each in card.instances)]
        return _told(next((card for card in everything if card.uuid == uuid), None))

    def nvmlDeviceIsMigDeviceHandle(self, card: FakeCard) -> bool:
        return card.instance_of is not None

    def nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self, card: FakeCard) -> FakeCard:
        return _told(card.instance_of)

    def nvmlDeviceGetMigMode(self, card: FakeCard) -> list[int]:
        return [_told(card.mig_mode), 0]

    def nvmlDeviceGetMaxMigDeviceCount(self, card: FakeCard) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: FakeCard, position: int) -> FakeCard:
        # The first position is free, as on a card whose first instance was destroyed.
        return _told(dict(enumerate(card.instances, start=1)).get(position))

    def nvmlDeviceGetName(self, card: FakeCard) -> str:
        return card.name

    def nvmlDeviceGetUUID(self, card: FakeCard) -> str:
        return card.uuid

    def nvmlDeviceGetCudaComputeCapability(self, card: FakeCard) -> tuple[int, int]:
        return 9, 0

    def nvmlDeviceGetMemoryInfo(self, card: FakeCard) -> SimpleNamespace:
        return SimpleNamespace(total=card.total, used=card.used)

    def nvmlDeviceGetPowerManagementLimit(self, card: FakeCard) -> int:
        return _told(_whole(card).power_limit_mw)

    def nvmlDeviceGetClockInfo(self, card: FakeCard, kind: int) -> int:
        assert kind == self.NVML_CLOCK_SM
        return _told(_whole(card).clock_mhz)

    def nvmlDeviceGetTemperature(self, card: FakeCard, sensor: int) -> int:
        assert sensor == self.NVML_TEMPERATURE_GPU
        return _told(_whole(card).degrees)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, card: FakeCard) -> int:
        return _told(_whole(card).reasons)

    def nvmlDeviceGetComputeRunningProcesses(self, card: FakeCard) -> list[SimpleNamespace]:
        processes: dict[int, int | None] = _told(card.processes)
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in processes.items()]


def _told(value: _T | None) -> _T:
    if value is None:
        raise FakeNvmlError("Not Supported")
    return value


def _whole(card: FakeCard) -> FakeCard:
    """The driver tells clocks, power and heat of whole cards only."""
    return _told(None if card.instance_of else card)


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
