"""What is planted into a worker: a known slow-down, a known buffer, a known time, or another way to sample.

A variant is named by a word and, after a colon, its number. It comes to the worker's process in the
environment. Everything else there is the profiler's own.
"""

import mmap
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from catalog.words.vocabulary import Device, RuntimeName, Scenario
from profiler.protocol import sampling
from profiler.protocol.network import Images, LoadedNetwork
from profiler.runtimes.base import LoadRequest, Runtime
from tests.benchmarks.profiler import samplers

VARIABLE = "ARCHRANK_BENCH_VARIANT"
HELD_S = 0.005


@dataclass
class Slower:
    """A network that burns processor time after each call: the share `by` of what the call took."""

    network: LoadedNetwork
    by: float

    def prepare(self, images: Images) -> None:
        self.network.prepare(images)

    def infer(self) -> None:
        begin = time.perf_counter_ns()
        self.network.infer()
        took = time.perf_counter_ns() - begin
        end = begin + took * (1 + self.by)
        while time.perf_counter_ns() < end:
            pass

    def output(self) -> Any:
        return self.network.output()

    def client(self) -> Self:
        return replace(self, network=self.network.client())


@dataclass
class Holding(Slower):
    """A network that holds `by` bytes, every page of them written, for 5 ms within each call."""

    def infer(self) -> None:
        self.network.infer()
        with mmap.mmap(-1, int(self.by), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            memory[:: mmap.PAGESIZE] = b"\1" * -(-int(self.by) // mmap.PAGESIZE)
            time.sleep(HELD_S)


@dataclass
class Lasting(Slower):
    """A network whose first call is real, because its output is checked. Every other one waits
    `by` seconds."""

    called: bool = False

    def infer(self) -> None:
        if not self.called:
            self.called = True
            self.network.infer()
            return
        end = time.perf_counter_ns() + round(self.by * 1e9)
        while time.perf_counter_ns() < end:
            pass


_NETWORKS: dict[str, type[Slower]] = {"slower": Slower, "holding": Holding, "lasting": Lasting}
_SAMPLERS: dict[str, samplers.Sampler] = {
    "loadgen": samplers.loadgen,
    "loop": samplers.loop,
    "once": samplers.once,
    "timm": samplers.timm,
}


def install(variant: str) -> None:
    """Make this process's worker differ as `variant` says. numpy is imported: set the affinity first."""
    word, _, number = variant.partition(":")
    # To mypy a module's function is final, so it is set by its name.
    if word in _SAMPLERS:
        setattr(sampling, "block", _SAMPLERS[word])  # noqa: B010
        if word == "timm":
            setattr(sampling, "warm_up", samplers.timm_warm_up)  # noqa: B010
        return
    from profiler.runtimes import base

    original: Callable[[RuntimeName, Scenario, Device], Runtime] = base.import_runtime
    kind, planted = _NETWORKS[word], float(number)

    @dataclass(frozen=True)
    class Planted:
        runtime: Runtime

        def load(self, request: LoadRequest) -> LoadedNetwork:
            return kind(self.runtime.load(request), planted)

    def import_runtime(name: RuntimeName, scenario: Scenario, device: Device) -> Runtime:
        return Planted(original(name, scenario, device))

    setattr(base, "import_runtime", import_runtime)  # noqa: B010
