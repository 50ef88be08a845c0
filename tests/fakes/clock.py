"""Time that a test lets pass: a clock, and calls that take as long as they are given."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class FakeClock:
    """Time that passes only when `pass_ms` is called. CPU time runs `cpu_share` as fast as wall time."""

    wall: int = 0
    cpu: int = 0
    cpu_share: float = 1.0

    def wall_ns(self) -> int:
        return self.wall

    def cpu_ns(self) -> int:
        return self.cpu

    def pass_ms(self, milliseconds: float) -> None:
        self.wall += round(milliseconds * 1e6)
        self.cpu += round(milliseconds * 1e6 * self.cpu_share)


@dataclass
class FakeCall:
    """A call that takes the durations given, in ms, then the last of them for ever."""

    clock: FakeClock
    durations_ms: Sequence[float]
    calls: int = 0

    def __call__(self) -> None:
        position = min(self.calls, len(self.durations_ms) - 1)
        self.calls += 1
        self.clock.pass_ms(self.durations_ms[position])
