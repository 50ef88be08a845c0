# ruff: noqa: N802 - the names are torch's
"""torch.cuda, for a network that computes on the processor."""

from dataclasses import dataclass


@dataclass
class FakeEvent:
    """A mark in the GPU's stream."""

    cuda: "FakeCuda"
    enable_timing: bool = False
    at_ms: float | None = None

    def record(self) -> None:
        self.at_ms = self.cuda.now_ms
        self.cuda.now_ms += self.cuda.call_ms

    def elapsed_time(self, end: "FakeEvent") -> float:
        assert self.enable_timing
        assert self.cuda.synchronised, "an event is read before the GPU has come to it"
        assert self.at_ms is not None
        assert end.at_ms is not None
        return end.at_ms - self.at_ms


@dataclass
class FakeCuda:
    """What the runtime uses of torch.cuda, for a network that computes on the processor."""

    available: bool = True
    bf16: bool = True
    call_ms: float = 2.5
    now_ms: float = 0.0
    synchronised: int = 0

    def is_available(self) -> bool:
        return self.available

    def is_bf16_supported(self, including_emulation: bool = True) -> bool:
        return self.bf16 or including_emulation

    def synchronize(self) -> None:
        self.synchronised += 1

    def Event(self, enable_timing: bool = False) -> FakeEvent:
        return FakeEvent(self, enable_timing)

    def max_memory_allocated(self) -> int:
        return 100_000_000

    def max_memory_reserved(self) -> int:
        return 150_000_000
