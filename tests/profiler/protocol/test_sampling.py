from dataclasses import replace
from itertools import pairwise

from profiler.protocol.plan import SamplingPlan
from profiler.protocol.sampling import sample
from tests.fakes.clock import FakeCall, FakeClock

PLAN = SamplingPlan()


def test_a_steady_call_is_measured_exactly() -> None:
    clock = FakeClock(cpu_share=2.0)
    timings = sample(FakeCall(clock, [20.0]), PLAN, clock)
    assert timings.wall_ns == (20_000_000,) * 30
    assert timings.cpu_ns == (40_000_000,) * 30
    assert timings.warm_up_settled


def test_a_fast_call_is_sampled_for_half_a_second() -> None:
    clock = FakeClock()
    timings = sample(FakeCall(clock, [1.0]), PLAN, clock)
    assert len(timings.wall_ns) == 500


def test_a_slow_call_stops_at_the_time_cap_with_fewer_calls() -> None:
    clock = FakeClock()
    timings = sample(FakeCall(clock, [75.0]), PLAN, clock)
    assert len(timings.wall_ns) == 10


def test_a_very_slow_call_is_made_five_times_whatever_it_takes() -> None:
    clock = FakeClock()
    timings = sample(FakeCall(clock, [60_000.0]), PLAN, clock)
    assert len(timings.wall_ns) == 5


def test_slow_first_calls_belong_to_the_warm_up() -> None:
    clock = FakeClock()
    timings = sample(FakeCall(clock, [90.0, 70.0, 50.0, 30.0, 20.0]), PLAN, clock)
    assert set(timings.wall_ns) == {20_000_000}
    assert timings.warm_up_settled


def test_a_call_that_never_settles_is_sampled_after_the_cap_and_says_so() -> None:
    clock = FakeClock()
    durations = [100.0 * 0.98**call for call in range(400)]
    timings = sample(FakeCall(clock, durations), replace(PLAN, warm_up_tolerance=0.001), clock)
    assert not timings.warm_up_settled
    assert timings.warm_up_calls * 100.0 >= PLAN.warm_up_max_s * 1000


def test_the_canary_beats_before_the_warm_up_between_the_calls_and_after_them() -> None:
    clock = FakeClock()
    call = FakeCall(clock, [5.0])
    beats: list[int] = []
    timings = sample(call, PLAN, clock, lambda: beats.append(call.calls))
    assert beats[0] == 0
    assert beats[-1] == call.calls
    # After 100 ms of calls each, and no more often.
    assert [later - earlier for earlier, later in pairwise(beats[1:-1])] == [21] * 3
    assert call.calls == timings.warm_up_calls + len(timings.wall_ns) + 4  # each beat but two spoils one call


def test_calls_that_find_their_caches_emptied_by_the_canary_are_not_counted() -> None:
    clock = FakeClock()
    spoiled = False

    def beat() -> None:
        nonlocal spoiled
        spoiled = True
        clock.pass_ms(6.0)

    def call() -> None:
        nonlocal spoiled
        clock.pass_ms(50.0 if spoiled else 20.0)
        spoiled = False

    timings = sample(call, PLAN, clock, beat)
    assert set(timings.wall_ns) == {20_000_000}


def test_a_slow_call_hears_the_canary_no_more_often_than_every_fifth_time() -> None:
    clock = FakeClock()
    call = FakeCall(clock, [75.0])
    beats: list[int] = []
    timings = sample(call, PLAN, clock, lambda: beats.append(call.calls))
    assert len(timings.wall_ns) == 10
    assert len(beats) == 3


def test_a_percentile_asks_the_least_number_of_processes_for_the_calls_that_it_needs() -> None:
    plan = PLAN.with_percentile(99, 662)
    clock = FakeClock()
    timings = sample(FakeCall(clock, [100.0]), plan, clock)
    assert len(timings.wall_ns) * plan.processes >= 662
    assert plan.protocol != PLAN.protocol


def test_the_warm_up_goes_on_until_it_is_steady_too() -> None:
    clock = FakeClock()
    answers = iter([False, False, False, True])
    timings = sample(FakeCall(clock, [20.0]), PLAN, clock, steady=lambda: next(answers))
    assert timings.warm_up_calls == 4 * 3
    assert timings.warm_up_settled
    assert next(answers, None) is None  # and it is asked no more while sampling


def test_what_is_never_steady_is_sampled_after_the_cap_and_says_so() -> None:
    clock = FakeClock()
    timings = sample(FakeCall(clock, [20.0]), PLAN, clock, steady=lambda: False)
    assert not timings.warm_up_settled
    assert timings.warm_up_calls * 20.0 >= PLAN.warm_up_max_s * 1000
    assert len(timings.wall_ns) == 30


def test_the_protocol_names_what_must_agree_to_compare() -> None:
    assert SamplingPlan().protocol == SamplingPlan().protocol
    assert SamplingPlan(processes=6).protocol != SamplingPlan().protocol
    assert SamplingPlan(min_s=1.0).protocol != SamplingPlan().protocol


def test_the_time_of_the_warm_up_is_told_apart_from_the_samples() -> None:
    clock = FakeClock()
    timings = sample(FakeCall(clock, [20.0]), PLAN, clock)
    assert timings.warm_up_ns == timings.warm_up_calls * 20_000_000
