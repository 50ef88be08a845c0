"""What is planted into a worker is what its name says."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pytest

from profiler.protocol import sampling
from profiler.protocol.network import Images
from profiler.protocol.plan import SamplingPlan
from profiler.sensors.system import this_system
from tests.benchmarks.profiler import samplers, variants
from tests.fakes.clock import FakeCall, FakeClock


@dataclass
class FakeNetwork:
    """A network whose calls take `takes_ns` of the fake time."""

    now: "FakeTime"
    takes_ns: int = 10_000_000
    calls: int = 0
    images: list[Any] = field(default_factory=list)

    def prepare(self, images: Images) -> None:
        self.images.append(images)

    def infer(self) -> None:
        self.calls += 1
        self.now.ns += self.takes_ns

    def output(self) -> Any:
        return np.ones(3)

    def client(self) -> Self:
        return self


@dataclass
class FakeTime:
    """Passes by a thousandth of a millisecond whenever it is read."""

    ns: int = 0

    def perf_counter_ns(self) -> int:
        self.ns += 1000
        return self.ns

    def sleep(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(variants, "time", fake)
    return fake


def test_a_slower_network_takes_longer_by_the_share_that_was_planted(now: FakeTime) -> None:
    network = variants.Slower(FakeNetwork(now), 0.1)
    network.infer()
    assert now.ns == pytest.approx(11_000_000, rel=0.001)


def test_a_lasting_network_computes_once_and_then_waits(now: FakeTime) -> None:
    real = FakeNetwork(now)
    network = variants.Lasting(real, 0.003)
    network.infer()
    before = now.ns
    network.infer()
    assert real.calls == 1
    assert now.ns - before == pytest.approx(3_000_000, rel=0.001)


def test_a_holding_network_writes_to_every_page_and_holds_them(now: FakeTime) -> None:
    before = this_system().peak_bytes() or 0
    network = variants.Holding(FakeNetwork(now, takes_ns=0), 1 << 28)
    network.infer()
    assert (this_system().peak_bytes() or 0) - before > 0.5 * (
        1 << 28
    ) or before > 1 << 30  # pytest may have peaked before
    assert now.ns == pytest.approx(variants.HELD_S * 1e9, rel=0.001)


def test_the_wrapped_network_is_handed_the_images_and_asked_for_its_output(now: FakeTime) -> None:
    real = FakeNetwork(now)
    network = variants.Slower(real, 0.1)
    network.prepare(np.zeros((1, 3, 4, 4), dtype=np.float32))
    assert len(real.images) == 1
    assert network.output().sum() == 3


@pytest.fixture
def restored() -> Iterator[None]:
    block, warm_up = sampling.block, sampling.warm_up
    yield
    sampling.block, sampling.warm_up = block, warm_up


def test_installing_a_sampler_replaces_the_profilers_own(restored: None) -> None:
    warm_up = sampling.warm_up
    variants.install("once")
    assert sampling.block is samplers.once
    assert sampling.warm_up is warm_up


def test_timms_protocol_warms_up_in_its_own_way(restored: None) -> None:
    variants.install("timm")
    clock = FakeClock()
    call = FakeCall(clock, [50.0] * 10 + [20.0])
    assert sampling.warm_up(call, SamplingPlan(), clock).calls == 10
    assert sampling.block(call, SamplingPlan(), clock).wall_ns == (20_000_000,) * 40
    assert call.calls == 50


def test_an_unknown_variant_is_an_error() -> None:
    with pytest.raises(KeyError, match="louder"):
        variants.install("louder:2")


@pytest.mark.parametrize(("call_ms", "calls"), [(1.0, 500), (20.0, 30), (100.0, 8), (1000.0, 5)])
def test_protocol_2_makes_all_calls_of_a_process_in_one_go(call_ms: float, calls: int) -> None:
    clock = FakeClock()
    timings = samplers.once(FakeCall(clock, [call_ms]), SamplingPlan(), clock)
    assert len(timings.wall_ns) == calls


def test_the_load_generator_times_the_calls_itself() -> None:
    clock = FakeClock()
    call = FakeCall(clock, [20.0])
    plan = replace(SamplingPlan(), block_calls=5, block_s=0.001)
    (median_ns,) = samplers.loadgen(call, plan, clock).wall_ns
    assert 0 < median_ns < 1e9
    assert call.calls >= 6


def test_the_loop_makes_as_many_calls_as_the_plan_asks_for() -> None:
    calls: list[float] = []
    plan = replace(SamplingPlan(), block_calls=7, block_s=0.0)
    timings = samplers.loop(lambda: calls.append(time.perf_counter()), plan, FakeClock())
    assert len(timings.wall_ns) == 7
    assert len(calls) == 8
