"""Canaries whose beats are scripted: each takes as long as a test gives it, and lets time pass."""

from collections.abc import Callable
from dataclasses import dataclass

from catalog.entities.samples import Beat

PRODUCT_NS = 600_000.0


@dataclass
class FakeSeconds:
    """A clock that moves only when somebody sleeps or a canary beats."""

    now_s: float = 0.0

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@dataclass
class ScriptedCanary:
    """A canary on so many CPUs. `slowdown` is how much slower all kernels are at a time in seconds."""

    seconds: FakeSeconds
    cpus: int = 1
    slowdown: Callable[[float], float] = lambda now_s: 1.0
    takes_s: float = 0.01
    beats: int = 0

    def beat(self) -> Beat:
        slowdown = self.slowdown(self.seconds.now_s)
        self.beats += 1
        self.seconds.now_s += self.takes_s * slowdown
        return Beat(self.cpus, PRODUCT_NS * slowdown, 700_000.0 * slowdown, 400_000.0 * slowdown)

    def close(self) -> None:
        pass


def quiet(now_s: float) -> float:
    """A quiet hour: half a percent of noise, which has no period of a quarter second."""
    return 1.0 + 0.005 * (now_s * 7.3 % 1)


def busy(now_s: float) -> float:
    """A busy hour: a second in ten is quiet, and the others are up to twice as slow."""
    second = int(now_s)
    return quiet(now_s) * (1.0 if second % 10 == 0 else 1.2 + second * 37 % 9 / 10)
