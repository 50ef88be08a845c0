from dataclasses import replace

import pytest

from profiler.protocol.plan import SamplingPlan
from profiler.protocol.sampling import block, least_calls, warm_up
from tests.fakes.clock import FakeCall, FakeClock

PLAN = SamplingPlan(block_s=0.1, block_calls=3)


# Blocks


def test_a_steady_call_is_measured_exactly() -> None:
    clock = FakeClock(cpu_share=2.0)
    timings = block(FakeCall(clock, [20.0]), PLAN, clock)
    assert timings.wall_ns == (20_000_000,) * 5
    assert timings.cpu_ns == (40_000_000,) * 5
    assert timings.span_ns is None


@pytest.mark.parametrize(
    ("call_ms", "calls"),
    [
        (1.0, 100),  # a tenth of a second
        (75.0, 3),  # the least number of calls, although they take longer
        (100.0, 3),  # a call as long as the block
        (101.0, 1),
        (60_000.0, 1),
    ],
)
def test_a_block_has_the_calls_that_fit_and_at_least_some(call_ms: float, calls: int) -> None:
    clock = FakeClock()
    call = FakeCall(clock, [call_ms])
    assert len(block(call, PLAN, clock).wall_ns) == calls
    assert call.calls == calls + 1


def test_the_first_call_is_not_counted_because_others_used_the_caches() -> None:
    clock = FakeClock()
    assert set(block(FakeCall(clock, [50.0, 20.0]), PLAN, clock).wall_ns) == {20_000_000}


def test_a_call_that_is_too_short_for_the_clock_takes_a_nanosecond() -> None:
    clock = FakeClock()
    timings = block(FakeCall(clock, [0.0]), replace(PLAN, block_s=4e-9), clock)
    assert timings.wall_ns == (1, 1, 1, 1)
    assert timings.cpu_ns == (0, 0, 0, 0)


def test_a_block_has_one_call_only_where_it_takes_longer_than_the_block() -> None:
    assert least_calls(0.1, PLAN) == 3
    assert least_calls(0.1001, PLAN) == 1


# Warm-up


def test_slow_first_calls_belong_to_the_warm_up() -> None:
    clock = FakeClock()
    call = FakeCall(clock, [90.0, 70.0, 50.0, 30.0, 20.0])
    warmed = warm_up(call, PLAN, clock)
    assert warmed.settled
    assert warmed.calls == call.calls
    assert call.calls == 2 + 2 + 3 + 3  # windows with the medians 80, 40, 20 and 20
    assert set(block(call, PLAN, clock).wall_ns) == {20_000_000}


@pytest.mark.parametrize(("call_ms", "window_calls"), [(20.0, 3), (50.0, 2), (60_000.0, 2)])
def test_a_steady_call_is_warm_after_two_windows(call_ms: float, window_calls: int) -> None:
    clock = FakeClock()
    warmed = warm_up(FakeCall(clock, [call_ms]), PLAN, clock)
    assert warmed.settled
    assert warmed.calls == 2 * window_calls


def test_a_window_of_fast_calls_lasts_its_time() -> None:
    clock = FakeClock()
    plan = replace(PLAN, warm_up_window_s=0.05)
    assert warm_up(FakeCall(clock, [1.0]), plan, clock).calls == 2 * 50


def test_a_call_that_never_settles_ends_its_warm_up_at_the_cap_and_says_so() -> None:
    clock = FakeClock()
    durations = [100.0 * 0.98**call for call in range(400)]
    warmed = warm_up(FakeCall(clock, durations), replace(PLAN, warm_up_tolerance=0.001), clock)
    assert not warmed.settled
    # It ends with the window in which the time was over.
    window = durations[warmed.calls - PLAN.warm_up_window_calls : warmed.calls]
    last_window_s = sum(window) / 1e3
    assert PLAN.warm_up_max_s <= clock.wall_ns() / 1e9 < PLAN.warm_up_max_s + last_window_s


def test_the_warm_up_continues_until_it_is_steady_too() -> None:
    clock = FakeClock()
    answers = iter([False, False, False, True])
    warmed = warm_up(FakeCall(clock, [20.0]), PLAN, clock, lambda: next(answers))
    assert warmed.calls == 4 * 3
    assert warmed.settled


def test_what_is_never_steady_ends_its_warm_up_at_the_cap_and_says_so() -> None:
    clock = FakeClock()
    warmed = warm_up(FakeCall(clock, [20.0]), PLAN, clock, lambda: False)
    assert not warmed.settled
    assert clock.wall_ns() >= PLAN.warm_up_max_s * 1e9
