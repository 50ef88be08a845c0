"""Campaigns that leave out what would not end within their time."""

from dataclasses import replace

import pytest

from profiler.campaign import planning
from profiler.campaign.request import ProfileRequest
from tests.profiler.campaign.bench import ONE, PLAN, Bench, in_turn, request

NAMES = tuple(f"net{number}" for number in range(7))
# Two processes of a second each, and four blocks that differ by half: a network takes some three seconds.
WIDE = replace(PLAN, max_blocks=4)


@pytest.fixture(autouse=True)
def portions_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "WORKLOADS_IN_BUDGET", 2)


def asked(budget_s: float) -> ProfileRequest:
    return replace(request(*NAMES, runtimes=ONE, plan=WIDE), time_budget_s=budget_s, within_budget=True)


def measured(bench: Bench) -> list[str]:
    return [one.workload.architecture for one in bench.stored()]


def test_what_fits_into_the_time_is_measured_in_order(bench: Bench) -> None:
    bench.campaign.run(replace(asked(1e6)))
    whole_s = bench.machine.time.clock() - 1000.0
    other = replace(asked(0.55 * whole_s), force=True)
    before_s = bench.machine.time.clock()
    tally = bench.campaign.run(other)
    assert 2 < tally.measured < len(NAMES)
    assert tally.late == len(NAMES) - tally.measured
    again = [one.workload.architecture for one in bench.listener.measurements[len(NAMES) :]]
    assert again == list(NAMES[: tally.measured])
    assert bench.machine.time.clock() - before_s <= 0.6 * whole_s


def test_the_first_portion_is_measured_in_any_case(bench: Bench) -> None:
    tally = bench.campaign.run(asked(0.1))
    assert (tally.measured, tally.late) == (2, 5)
    assert sorted(measured(bench)) == list(NAMES[:2])


def test_the_same_campaign_measures_later_what_was_left_out(bench: Bench) -> None:
    bench.campaign.run(asked(0.1))
    tally = bench.campaign.run(asked(1e6))
    assert (tally.measured, tally.already_measured, tally.late) == (5, 2, 0)
    assert sorted(measured(bench)) == list(NAMES)


def test_without_being_asked_for_it_every_case_is_measured(bench: Bench) -> None:
    tally = bench.campaign.run(replace(asked(0.1), within_budget=False))
    assert (tally.measured, tally.late) == (len(NAMES), 0)


def test_what_follows_the_blocks_is_part_of_the_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes are profiled for five seconds a case. The first portion teaches the second that they are."""
    monkeypatch.setattr(planning, "WORKLOADS_TOGETHER", 2)
    bench.machine.latency_ms = in_turn(10.0, 20.0, 20.0, 10.0)
    bench.machine.profiling = lambda case: bench.machine.time.sleep(5.0)
    plan = replace(PLAN, max_blocks=1000, interval_target=1e-6)
    wanted = replace(request(*NAMES[:4], runtimes=ONE, plan=plan), node_profiles=True, time_budget_s=100.0)
    begin_s = bench.machine.time.clock()
    bench.campaign.run(wanted)
    assert bench.machine.time.clock() - begin_s == pytest.approx(100.0, abs=3.0)


def test_an_unlimited_budget_leaves_nothing_out(bench: Bench) -> None:
    assert bench.campaign.run(asked(float("inf"))).late == 0
