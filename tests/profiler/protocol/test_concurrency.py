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
from profiler.protocol.concurrency import in_threads, sample_concurrently
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.scenarios import start
from tests.fakes.clock import FakeCall, FakeClock

PLAN = SamplingPlan()


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
    timings = sample_concurrently(calls, PLAN, clock, FakeTogether(clock))
    assert timings.wall_ns == (20_000_000,) * (4 * 30)
    assert timings.span_ns == 600_000_000
    assert timings.cpu_ns == ()
    assert timings.warm_up_settled
    assert 4 * 6 <= timings.warm_up_calls <= 4 * 7  # a call more while the others end their window


def test_throughput_is_that_of_all_clients_together() -> None:
    clock = FakeClock()
    calls = [FakeCall(clock, [10.0]), FakeCall(clock, [40.0])]
    timings = sample_concurrently(calls, PLAN, clock, FakeTogether(clock))
    assert timings.span_ns is not None
    # 100 calls/s and 25 calls/s
    assert len(timings.wall_ns) * 1e9 / timings.span_ns == pytest.approx(125, rel=0.01)


def test_clients_begin_together_and_keep_the_load_on_until_the_last_has_enough() -> None:
    clock = FakeClock()
    together = FakeTogether(clock)
    calls = [FakeCall(clock, [10.0]), FakeCall(clock, [100.0])]
    sample_concurrently(calls, PLAN, clock, together)
    warm_up, sampling = together.phases
    assert len({steps[0][0] for steps in warm_up}) == 1
    assert len({steps[0][0] for steps in sampling}) == 1
    fast, slow = sampling
    assert len(slow) == 8  # 0.8 s: the time cap
    # The fast one goes on as long as the slow one, and then ends with the call that it is in.
    assert 0 <= fast[-1][1] - slow[-1][1] <= 10_000_000


def test_no_client_samples_before_all_have_warmed_up() -> None:
    clock = FakeClock()
    together = FakeTogether(clock)
    cold = [120.0, 90.0, 60.0, 40.0, 30.0, 20.0]
    calls = [FakeCall(clock, [20.0]), FakeCall(clock, cold)]
    timings = sample_concurrently(calls, PLAN, clock, together)
    warm_up, sampling = together.phases
    assert max(steps[-1][1] for steps in warm_up) <= min(steps[0][0] for steps in sampling)
    assert timings.warm_up_calls == sum(map(len, warm_up))
    assert set(timings.wall_ns) == {20_000_000}


def test_a_client_that_never_settles_makes_the_warm_up_unsettled() -> None:
    clock = FakeClock()
    falling = [100.0 * 0.98**call for call in range(400)]
    calls = [FakeCall(clock, [20.0]), FakeCall(clock, falling)]
    plan = replace(PLAN, warm_up_tolerance=0.001)
    assert not sample_concurrently(calls, plan, clock, FakeTogether(clock)).warm_up_settled


def test_very_slow_calls_are_made_five_times_by_each_client() -> None:
    clock = FakeClock()
    calls = [FakeCall(clock, [60_000.0]) for _ in range(3)]
    assert len(sample_concurrently(calls, PLAN, clock, FakeTogether(clock)).wall_ns) == 15


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


def test_the_calls_of_several_clients_are_sampled_with_their_span() -> None:
    started = start(FakeNetwork(), concurrent(2), np.ones((1, 3, 4, 4), dtype=np.float32), lambda output: 0.0)
    plan = replace(PLAN, min_calls=3, min_s=0, warm_up_window_s=0, warm_up_max_s=0)
    timings = started.sample(plan, FakeClock())
    assert timings.span_ns is not None
    assert len(timings.wall_ns) >= 6
    assert started.sample(plan, FakeClock()).cpu_ns == ()
