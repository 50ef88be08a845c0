from dataclasses import replace

from profiler.timing import SamplingPlan, sample
from tests.fakes import FakeCall, FakeClock

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


def test_the_warm_up_goes_on_until_it_is_steady_too() -> None:
    clock = FakeClock()
    answers = iter([False, False, False, True])
    timings = sample(FakeCall(clock, [20.0]), PLAN, clock, lambda: next(answers))
    assert timings.warm_up_calls == 4 * 3
    assert timings.warm_up_settled
    assert next(answers, None) is None  # and it is asked no more while sampling


def test_what_is_never_steady_is_sampled_after_the_cap_and_says_so() -> None:
    clock = FakeClock()
    timings = sample(FakeCall(clock, [20.0]), PLAN, clock, lambda: False)
    assert not timings.warm_up_settled
    assert timings.warm_up_calls * 20.0 >= PLAN.warm_up_max_s * 1000
    assert len(timings.wall_ns) == 30


def test_the_protocol_names_what_must_agree_to_compare() -> None:
    assert SamplingPlan().protocol == SamplingPlan().protocol
    assert SamplingPlan(processes=5).protocol != SamplingPlan().protocol
    assert SamplingPlan(min_s=1.0).protocol != SamplingPlan().protocol
