"""How many blocks a campaign takes of a case, when, and what they are compared with."""

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby, pairwise
from math import inf

import pytest

from catalog.entities.measurements import Measurement, MetricValue
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from profiler.campaign import history, planning
from profiler.campaign.duration import expected_s, opening_s
from profiler.cases import Case
from profiler.protocol.latency import CAMPAIGNS
from profiler.protocol.percentiles import calls_needed
from profiler.protocol.summary import blocks_of, half_width, metric_values
from tests.builders import QUIET_NS, success_of
from tests.fakes.campaign import CALLS, FakeProcess
from tests.profiler.campaign.bench import ONE, PLAN, TARGET, Bench, in_turn, request

ALPHA = request("alpha", runtimes=ONE)


def only(bench: Bench) -> Measurement:
    (measurement,) = bench.stored()
    return measurement


def blocks(measurement: Measurement) -> int:
    return blocks_of(success_of(measurement).samples)


def latency_of(measurement: Measurement) -> MetricValue:
    (latency,) = (one for one in success_of(measurement).values if one.metric is Metric.LATENCY_MS)
    return latency


# When a case has enough


def test_a_steady_case_takes_the_least_number_of_blocks_and_processes(bench: Bench) -> None:
    bench.campaign.run(ALPHA)
    assert [len(sample.blocks) for sample in success_of(only(bench)).samples] == [PLAN.blocks_each] * 2
    assert success_of(only(bench)).interval_target_met


def test_an_unsteady_case_takes_more_until_its_interval_is_narrow_enough(bench: Bench) -> None:
    bench.machine.latency_ms = in_turn(10.0, 11.5, 9.8, 10.1, *[10.0] * 56)
    plan = replace(PLAN, max_blocks=60)
    bench.campaign.run(request("alpha", runtimes=ONE, plan=plan))
    assert PLAN.min_blocks < blocks(only(bench)) < plan.max_blocks
    samples = success_of(only(bench)).samples
    without_last = (*samples[:-1], replace(samples[-1], blocks=samples[-1].blocks[:-1]))
    assert half_width(samples) <= plan.interval_target < half_width(without_last)


def test_a_case_that_never_settles_ends_with_the_most_blocks_and_says_so(bench: Bench) -> None:
    bench.machine.latency_ms = in_turn(10.0, 20.0, 20.0, 10.0)
    bench.campaign.run(ALPHA)
    assert blocks(only(bench)) == PLAN.max_blocks
    assert success_of(only(bench)).doubts == (Doubt.IMPRECISE,)
    assert not success_of(only(bench)).interval_target_met


def test_blocks_of_a_case_are_apart_as_the_plan_says(bench: Bench) -> None:
    bench.machine.latency_ms = in_turn(10.0, 20.0, 20.0, 10.0)
    bench.campaign.run(request("alpha", "beta"))
    for case in set(bench.machine.cases):
        times_s = bench.machine.times_s(case)
        assert len(times_s) >= PLAN.min_blocks
        assert min(later - earlier for earlier, later in pairwise(times_s)) >= PLAN.gap_s - 1e-9


def test_every_round_is_shuffled(bench: Bench) -> None:
    shuffled: list[int] = []

    def backwards(cases: list[Case]) -> None:
        shuffled.append(len(cases))
        cases.reverse()

    bench.campaign.shuffle = backwards
    bench.campaign.run(request("alpha", "beta", runtimes=ONE))
    assert shuffled == [2] * PLAN.min_blocks
    assert [case.workload.architecture for case in bench.machine.cases[:2]] == ["beta", "alpha"]


def test_where_processes_take_turns_in_memory_every_case_has_its_blocks(bench: Bench) -> None:
    bench.machine.memory_bytes = 1
    bench.campaign.run(request("alpha", "beta"))
    assert all(blocks(measurement) >= PLAN.min_blocks for measurement in bench.stored())
    assert len(bench.stored()) == 4
    assert bench.machine.most_open == 1
    bench.machine.memory_bytes = None
    bench.campaign.run(replace(request("alpha", "beta"), force=True))
    assert bench.machine.most_open == 4 * PLAN.processes


# The time budget


@pytest.mark.parametrize(("budget_s", "taken"), [(0.0, 4), (11.5, 7), (1000.0, 12)])
def test_once_the_time_budget_is_over_no_case_takes_more_than_the_least_number(
    bench: Bench, budget_s: float, taken: int
) -> None:
    bench.machine.latency_ms = in_turn(10.0, 20.0, 20.0, 10.0)
    bench.machine.opening_s = 0.0
    bench.campaign.run(replace(ALPHA, time_budget_s=budget_s))
    assert blocks(only(bench)) == taken


def test_portions_share_the_budget(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "WORKLOADS_TOGETHER", 1)
    bench.machine.latency_ms = in_turn(10.0, 20.0, 20.0, 10.0)
    bench.machine.opening_s = 0.0
    asked = request("alpha", "beta", "gamma", runtimes=ONE, plan=replace(PLAN, max_blocks=1000))
    bench.campaign.run(replace(asked, time_budget_s=90.0))
    taken = [blocks(measurement) for measurement in bench.stored()]
    assert min(taken) > 10
    assert max(taken) - min(taken) <= 2
    assert 85.0 < bench.machine.visited_at_s[-1] - bench.machine.visited_at_s[0] < 95.0


def test_portions_count_as_one_campaign(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "WORKLOADS_TOGETHER", 1)
    bench.campaign.run(request("alpha", "beta", runtimes=ONE))
    told = bench.listener.progress
    blocks = list(dict.fromkeys(one.blocks for one in told))
    assert blocks == list(range(len(blocks)))
    assert told[0].blocks_at_most == 2 * PLAN.max_blocks


def test_what_a_portion_does_not_use_is_left_to_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "WORKLOADS_TOGETHER", 1)
    unsteady = in_turn(10.0, 20.0, 40.0, 80.0)
    bench.machine.latency_ms = lambda process: (
        10.0 if process.case.workload.architecture == "alpha" else unsteady(process)
    )
    asked = request("alpha", "beta", runtimes=ONE, plan=replace(PLAN, max_blocks=1000))
    bench.campaign.run(replace(asked, time_budget_s=100.0))
    by_name = {one.workload.architecture: blocks(one) for one in bench.stored()}
    assert by_name["alpha"] == PLAN.min_blocks
    assert by_name["beta"] > 40


# What blocks are compared with


def test_the_numbers_follow_from_the_stored_samples_alone(bench: Bench) -> None:
    bench.machine.latency_ms = in_turn(10.0, 10.2, 31.0, 10.1, 10.05, 10.12, 10.0)
    bench.machine.slowdown = slower_now_and_then()
    bench.campaign.run(ALPHA)
    stored = success_of(only(bench))
    values = metric_values(stored.samples, only(bench).configuration)
    assert stored.values == tuple(sorted(values, key=lambda value: value.metric))


def slower_now_and_then() -> Callable[[], float]:
    beats = iter(range(100_000))
    return lambda: 1.5 if next(beats) % 3 == 0 else 1.0


def test_a_machine_that_is_quiet_later_shows_earlier_blocks_to_be_disturbed(bench: Bench) -> None:
    def slowdown() -> float:
        return 1.0 if len(bench.machine.visited) >= 2 else 2.0

    def latency_ms(process: FakeProcess) -> float:
        return 10.0 * slowdown()

    bench.machine.slowdown, bench.machine.latency_ms = slowdown, latency_ms
    bench.campaign.run(ALPHA)
    assert latency_of(only(bench)).value == pytest.approx(10.0)


def test_the_quiet_level_is_remembered_from_campaign_to_campaign(bench: Bench) -> None:
    bench.campaign.run(ALPHA)
    assert success_of(bench.stored()[0]).samples[0].quiet_ns == pytest.approx(QUIET_NS)
    bench.machine.slowdown = lambda: 1.5
    bench.campaign.run(request("beta", runtimes=ONE))
    (slowed,) = (one for one in bench.stored() if one.workload.architecture == "beta")
    assert Doubt.CANARY_MOVED in success_of(slowed).doubts
    (slowdown,) = (one.value for one in success_of(slowed).values if one.metric is Metric.SLOWDOWN)
    assert slowdown == pytest.approx(1.5)


def test_two_campaigns_that_parted_widen_the_interval_of_the_third(bench: Bench) -> None:
    for latency_ms in (10.0, 12.0, 10.0):
        bench.machine.latency_ms = in_turn(latency_ms)
        bench.campaign.run(replace(ALPHA, force=True))
    third, second, first = bench.stored()
    with bench.catalog.read() as session:
        before_third = [one for one in history.last_measurements(session, TARGET.id) if one != third]
    assert history.spread_between_campaigns(before_third).sd > 2 * CAMPAIGNS.sd
    half_widths = [half_width_of(one) for one in (first, second, third)]
    assert half_widths[0] == pytest.approx(half_widths[1])
    assert half_widths[2] > 2 * half_widths[0]
    assert success_of(third).doubts == (Doubt.IMPRECISE,)
    assert blocks(third) == PLAN.max_blocks


def half_width_of(measurement: Measurement) -> float:
    latency = latency_of(measurement)
    assert latency.value is not None
    assert latency.low is not None
    assert latency.high is not None
    return (latency.high - latency.low) / 2 / latency.value


# Percentiles


def test_a_percentile_that_was_asked_for_takes_blocks_until_it_is_reported(bench: Bench) -> None:
    plan = PLAN.with_percentile(90, calls_needed(90))
    bench.campaign.run(request("alpha", runtimes=ONE, plan=plan))
    (p90,) = (one for one in success_of(only(bench)).values if one.metric is Metric.LATENCY_P90_MS)
    assert p90.value == 10.0
    assert blocks(only(bench)) == -(-calls_needed(90) // CALLS)
    assert Doubt.FEW_FOR_PERCENTILE not in success_of(only(bench)).doubts


def test_a_percentile_that_stays_out_of_reach_is_a_doubt(bench: Bench) -> None:
    plan = replace(PLAN, percentile=99, calls_for_percentile=calls_needed(99))
    bench.campaign.run(request("alpha", runtimes=ONE, plan=plan))
    assert success_of(only(bench)).doubts == (Doubt.FEW_FOR_PERCENTILE,)


# What the listener is told


def test_the_listener_is_told_what_is_planned_made_and_visited(bench: Bench) -> None:
    bench.campaign.run(request("alpha"))
    bench.campaign.run(request("alpha", "beta"))
    assert (bench.listener.cases, bench.listener.already_measured) == (2, 2)
    process_s = opening_s(one.configuration for one in bench.stored())
    assert bench.listener.seconds == expected_s(2, PLAN, inf, process_s)
    assert bench.listener.prepared == [(0, 1), (1, 1)] * 2
    seen = [blocks for blocks, _ in groupby(progress.blocks for progress in bench.listener.progress)]
    assert seen == list(range(2 * PLAN.min_blocks)) * 2
    assert len(bench.listener.measurements) == 4
