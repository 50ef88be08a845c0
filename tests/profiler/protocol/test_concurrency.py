import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from catalog.entities.configurations import Configuration
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import RuntimeName, Scenario
from profiler.failures import CaseFailed
from profiler.protocol.concurrency import block_concurrently, in_threads, warm_up_concurrently
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.scenarios import start
from tests.fakes.clock import FakeCall, FakeClock

PLAN = SamplingPlan(block_s=0.1, block_calls=3)


@dataclass
class FakeTogether:
    """Runs loops as if side by side: the one whose own time is earliest goes next. `clock` shows the time of
    the loop that runs; `phases` holds begin and end of every step, by loop."""

    clock: FakeClock
    phases: list[list[list[tuple[int, int]]]] = field(default_factory=list)

    def __call__(self, loops: Sequence[Iterator[None]]) -> None:
        begin = self.clock.wall
        times = [begin for _ in loops]
        steps: list[list[tuple[int, int]]] = [[] for _ in loops]
        running = set(range(len(loops)))
        while running:
            client = min(running, key=lambda one: (times[one], one))
            self.clock.wall = times[client]
            ended = next(loops[client], "ended") == "ended"
            if ended:
                running.discard(client)
            else:
                steps[client].append((times[client], self.clock.wall))
            times[client] = self.clock.wall
        self.clock.wall = max(times)
        self.phases.append(steps)


def test_equal_clients_take_as_long_as_one_and_make_a_multiple_of_its_calls() -> None:
    clock = FakeClock()
    calls = [FakeCall(clock, [20.0]) for _ in range(4)]
    timings = block_concurrently(calls, PLAN, clock, FakeTogether(clock))
    assert timings.wall_ns == (20_000_000,) * (4 * 5)
    assert timings.span_ns == 100_000_000
    assert timings.cpu_ns == ()


def test_the_first_call_of_each_client_is_not_counted() -> None:
    clock = FakeClock()
    calls = [FakeCall(clock, [90.0, 20.0]), FakeCall(clock, [70.0, 20.0])]
    assert set(block_concurrently(calls, PLAN, clock, FakeTogether(clock)).wall_ns) == {20_000_000}


def test_throughput_is_that_of_all_clients_together() -> None:
    clock = FakeClock()
    calls = [FakeCall(clock, [10.0]), FakeCall(clock, [40.0])]
    timings = block_concurrently(calls, replace(PLAN, block_s=4.0), clock, FakeTogether(clock))
    assert timings.span_ns is not None
    # 100 calls/s and 25 calls/s
    assert len(timings.wall_ns) * 1e9 / timings.span_ns == pytest.approx(125, rel=0.01)


def test_calls_that_had_not_ended_when_the_last_client_had_enough_are_not_counted() -> None:
    clock = FakeClock()
    calls = [FakeCall(clock, [35.0]), FakeCall(clock, [50.0])]
    timings = block_concurrently(calls, PLAN, clock, FakeTogether(clock))
    # The slow one begins at 50 ms and has its three calls at 200 ms. The fast one's fifth would end at 210.
    assert timings.wall_ns == (35_000_000,) * 4 + (50_000_000,) * 3
    assert timings.span_ns == 200_000_000 - 35_000_000


def test_clients_begin_together_and_keep_the_load_on_until_the_last_has_enough() -> None:
    clock = FakeClock()
    together = FakeTogether(clock)
    calls = [FakeCall(clock, [10.0]), FakeCall(clock, [80.0])]
    block_concurrently(calls, PLAN, clock, together)
    ((fast, slow),) = together.phases
    assert fast[0][0] == slow[0][0]
    assert len(slow) == 1 + 3
    # The fast one calls as long as the slow one, and then ends with the call that it is in.
    assert 0 <= fast[-1][1] - slow[-1][1] <= 10_000_000


@pytest.mark.parametrize(("call_ms", "each"), [(90.0, 3), (60_000.0, 1)])
def test_slow_calls_are_made_by_each_client_as_often_as_by_one(call_ms: float, each: int) -> None:
    clock = FakeClock()
    calls = [FakeCall(clock, [call_ms]) for _ in range(3)]
    assert len(block_concurrently(calls, PLAN, clock, FakeTogether(clock)).wall_ns) == 3 * each


def test_all_clients_call_until_the_last_has_warmed_up() -> None:
    clock = FakeClock()
    together = FakeTogether(clock)
    cold = [90.0, 70.0, 50.0, 30.0, 20.0]
    calls = [FakeCall(clock, [20.0]), FakeCall(clock, cold)]
    warmed = warm_up_concurrently(calls, PLAN, clock, together)
    ((warm, slow),) = together.phases
    assert warmed.settled
    assert warmed.calls == len(warm) + len(slow) == sum(call.calls for call in calls)
    assert len(slow) == 2 + 2 + 3 + 3  # medians 80, 40, 20 and 20
    assert 0 <= warm[-1][1] - slow[-1][1] <= 20_000_000
    assert set(block_concurrently(calls, PLAN, clock, together).wall_ns) == {20_000_000}


def test_a_client_that_never_settles_makes_the_warm_up_unsettled() -> None:
    clock = FakeClock()
    falling = [100.0 * 0.98**call for call in range(400)]
    calls = [FakeCall(clock, [20.0]), FakeCall(clock, falling)]
    plan = replace(PLAN, warm_up_tolerance=0.001)
    assert not warm_up_concurrently(calls, plan, clock, FakeTogether(clock)).settled
    assert PLAN.warm_up_max_s <= clock.wall_ns() / 1e9 <= PLAN.warm_up_max_s + 0.5


# Threads


def loops(count: int, steps: int, each: Callable[[int], object]) -> list[Iterator[None]]:
    def loop(number: int) -> Iterator[None]:
        for _ in range(steps):
            each(number)
            yield

    return [loop(number) for number in range(count)]


def test_every_loop_runs_to_its_end_in_a_thread_of_its_own() -> None:
    threads: dict[int, set[int]] = {0: set(), 1: set(), 2: set()}
    in_threads(loops(3, 5, lambda number: threads[number].add(threading.get_ident())))
    assert [len(one) for one in threads.values()] == [1, 1, 1]
    assert len(set.union(*threads.values())) == 3


def test_loops_run_side_by_side() -> None:
    all_are_in = threading.Barrier(3, timeout=60)
    places: list[int] = []
    in_threads(loops(3, 4, lambda number: places.append(all_are_in.wait())))  # passes when three wait at once
    assert sorted(places) == sorted([0, 1, 2] * 4)


def test_what_one_loop_raises_ends_the_others_and_reaches_the_caller() -> None:
    def fail(number: int) -> None:
        if number == 1:
            raise MemoryError("no memory")

    endless = loops(3, 10**9, fail)
    with pytest.raises(MemoryError, match="no memory"):
        in_threads(endless)


# Clients of a network


@dataclass
class FakeNetwork:
    """Puts out the sum of what it was given, and remembers its clients."""

    made: list["FakeNetwork"] = field(default_factory=list)
    images: Any = None

    def prepare(self, images: Any) -> None:
        self.images = images

    def infer(self) -> None:
        """It takes no time."""

    def output(self) -> Any:
        return self.images.sum(keepdims=True)

    def client(self) -> "FakeNetwork":
        self.made.append(FakeNetwork())
        return self.made[-1]


def concurrent(clients: int) -> Configuration:
    return Configuration(RuntimeName.OPENVINO, batch_size=2, scenario=Scenario.CONCURRENT, clients=clients)


def test_each_client_has_an_input_of_its_own_and_is_checked() -> None:
    network, outputs = FakeNetwork(), []

    def deviation_of(output: Any) -> float:
        outputs.append(output)
        return len(outputs) / 100

    started = start(network, concurrent(3), np.ones((1, 3, 4, 4), dtype=np.float32), deviation_of)
    assert len(started.networks) == len(outputs) == 3
    assert started.deviation == 0.03
    bound = [one.images for one in (network, *network.made)]
    assert {images.shape for images in bound} == {(2, 3, 4, 4)}
    assert not any(np.shares_memory(one, other) for one, other in combinations(bound, 2))


def test_one_client_with_a_wrong_output_fails_the_case() -> None:
    seen: list[Any] = []

    def deviation_of(output: Any) -> float:
        seen.append(output)
        if len(seen) == 2:
            raise CaseFailed(FailureReason.WRONG_OUTPUT, "another network's")
        return 0.0

    with pytest.raises(CaseFailed, match="another network's"):
        start(FakeNetwork(), concurrent(2), np.ones((1, 3, 4, 4), dtype=np.float32), deviation_of)


def test_the_calls_of_several_clients_are_timed_with_their_span() -> None:
    started = start(FakeNetwork(), concurrent(2), np.ones((1, 3, 4, 4), dtype=np.float32), lambda output: 0.0)
    plan = replace(PLAN, block_s=0, warm_up_window_s=0, warm_up_max_s=0)
    assert started.warm_up(plan, FakeClock()).calls >= 2 * 2 * plan.warm_up_window_calls
    timings = started.block(plan, FakeClock())
    assert timings.span_ns is not None
    assert len(timings.wall_ns) >= 2 * plan.block_calls
    assert timings.cpu_ns == ()
