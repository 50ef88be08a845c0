"""How many samples a campaign takes of a case, and which of them count."""

from collections.abc import Callable
from dataclasses import replace
from statistics import median

import pytest

from catalog.entities.samples import Canary
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.percentiles import calls_needed
from profiler.protocol.summary import half_width, metric_values
from tests.builders import success_of
from tests.profiler.campaign.bench import ONE, Bench, request

# When a case has samples enough


def latencies(*values: float) -> Callable[[Case], float]:
    """One value a process, the last of them for ever."""
    left = list(values)
    return lambda case: left.pop(0) if len(left) > 1 else left[0]


def processes_of(bench: Bench) -> int:
    (measurement,) = bench.stored()
    return len(success_of(measurement).samples)


def test_a_steady_case_takes_the_least_number_of_processes(bench: Bench) -> None:
    bench.campaign.run(request("alpha", runtimes=ONE, at_most=15))
    assert processes_of(bench) == 3
    assert success_of(bench.stored()[0]).doubts == ()


def test_an_unsteady_case_takes_more_until_its_interval_is_narrow_enough(bench: Bench) -> None:
    bench.measure.latency_ms = latencies(10.0, 10.4, 9.8, 10.1, *[10.0] * 30)
    asked = request("alpha", runtimes=ONE, at_most=30)
    bench.campaign.run(asked)
    (measurement,) = bench.stored()
    taken = success_of(measurement).samples
    assert 4 < len(taken) < 30
    assert half_width(taken) <= asked.plan.interval_target < half_width(taken[:-1])
    assert success_of(measurement).doubts == ()


def test_an_interval_that_is_narrow_by_luck_is_not_confirmed(bench: Bench) -> None:
    # Three agree, and the fourth does not.
    bench.measure.latency_ms = latencies(10.0, 10.0, 10.0, 11.0, *[10.0, 10.5] * 20)
    asked = request("alpha", runtimes=ONE, at_most=15)
    bench.campaign.run(replace(asked, plan=replace(asked.plan, interval_target=0.01, confirming=2)))
    assert processes_of(bench) == 15
    assert success_of(bench.stored()[0]).doubts == (Doubt.IMPRECISE,)


def test_a_steady_case_is_confirmed_by_as_many_processes_as_the_plan_says(bench: Bench) -> None:
    asked = request("alpha", runtimes=ONE, at_most=15)
    bench.campaign.run(replace(asked, plan=replace(asked.plan, confirming=2)))
    assert processes_of(bench) == 5


def test_a_case_that_never_settles_stops_at_the_most_processes_and_says_so(bench: Bench) -> None:
    bench.measure.latency_ms = latencies(*[10.0, 20.0] * 10)
    bench.campaign.run(request("alpha", runtimes=ONE, at_most=7))
    assert processes_of(bench) == 7
    assert success_of(bench.stored()[0]).doubts == (Doubt.IMPRECISE,)


@pytest.mark.parametrize(("budget_s", "processes"), [(0.0, 3), (4.5, 5), (1000.0, 7)])
def test_once_the_time_budget_is_over_no_case_takes_more_than_the_least_number(
    bench: Bench, budget_s: float, processes: int
) -> None:
    unsteady = latencies(*[10.0, 20.0] * 10)
    now = 100.0

    def measured(case: Case) -> float:
        nonlocal now
        now += 1.0
        return unsteady(case)

    bench.measure.latency_ms = measured
    bench.campaign.clock = lambda: now
    bench.campaign.run(replace(request("alpha", runtimes=ONE, at_most=7), time_budget_s=budget_s))
    assert processes_of(bench) == processes


def test_progress_reaches_its_end_also_with_processes_that_nobody_planned(bench: Bench) -> None:
    bench.campaign.shuffle = lambda cases: None
    unsteady = latencies(*[10.0, 20.0, 15.0] * 20)

    def measured(case: Case) -> float:
        if len(bench.measure.taken) >= 10 and case.configuration.runtime is RuntimeName.OPENVINO:
            raise CaseFailed(FailureReason.CRASHED, "SIGSEGV")
        return unsteady(case)

    bench.measure.latency_ms = measured
    outcome = bench.campaign.run(request("alpha", at_most=7))
    assert (outcome.measured, outcome.failed) == (1, 1)
    assert bench.listener.done == bench.listener.steps > 2 + 2 * 3


def test_an_interrupted_case_keeps_the_processes_beyond_the_least_number(bench: Bench) -> None:
    unsteady = latencies(*[10.0, 20.0] * 10)

    def interrupted(case: Case) -> float:
        if len(bench.measure.taken) == 5:
            raise KeyboardInterrupt
        return unsteady(case)

    bench.measure.latency_ms = interrupted
    asked = request("alpha", runtimes=ONE, at_most=7)
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(asked)
    bench.measure.latency_ms = unsteady
    bench.campaign.run(asked)
    assert len(bench.measure.taken) == processes_of(bench) == 7


# Cases that something disturbed


def neighbours(*foreign_cpus: float) -> Callable[[], float]:
    """CPUs used by others beside one process after the other, the last of them for ever."""
    left = list(foreign_cpus)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_a_disturbed_process_is_taken_again_and_kept_aside(bench: Bench) -> None:
    bench.measure.latency_ms = latencies(10.0, 30.0, 10.0)
    bench.measure.foreign_cpus = neighbours(0.0, 1.0, 0.0)
    bench.campaign.run(request("alpha", runtimes=ONE, at_most=15))
    (measurement,) = bench.stored()
    assert len(success_of(measurement).samples) == 3
    assert [median(sample.wall_ns) / 1e6 for sample in success_of(measurement).set_aside] == [30.0]
    assert {median(sample.wall_ns) / 1e6 for sample in success_of(measurement).samples} == {10.0}
    assert success_of(measurement).doubts == ()
    assert success_of(measurement).interval_target_met


def test_a_case_that_stays_disturbed_keeps_all_its_samples_and_the_doubt(bench: Bench) -> None:
    bench.measure.foreign_cpus = neighbours(0.0, 1.0)
    bench.campaign.run(request("alpha", runtimes=ONE, at_most=6))
    (measurement,) = bench.stored()
    assert len(success_of(measurement).samples) == 6
    assert success_of(measurement).set_aside == ()
    assert success_of(measurement).doubts == (Doubt.CONTENDED,)


def test_a_disturbed_case_is_not_taken_again_when_the_time_budget_is_over(bench: Bench) -> None:
    bench.measure.foreign_cpus = neighbours(1.0)
    bench.campaign.run(replace(request("alpha", runtimes=ONE, at_most=15), time_budget_s=0.0))
    assert processes_of(bench) == 3
    assert Doubt.CONTENDED in success_of(bench.stored()[0]).doubts


def test_the_numbers_follow_from_the_stored_samples_alone(bench: Bench) -> None:
    bench.measure.latency_ms = latencies(10.0, 10.2, 31.0, 10.1, 10.05, 10.12, 10.0)
    bench.measure.foreign_cpus = neighbours(0.0, 0.0, 1.0, 0.0)
    bench.campaign.run(request("alpha", runtimes=ONE, at_most=15))
    (measurement,) = bench.stored()
    assert success_of(measurement).values == tuple(
        sorted(
            metric_values(success_of(measurement).samples, measurement.configuration),
            key=lambda value: value.metric,
        )
    )


def test_the_quiet_level_is_remembered_from_campaign_to_campaign(bench: Bench) -> None:
    beats = [1_000_000]
    bench.campaign.measure = lambda *taking: replace(
        bench.measure(*taking), canary=Canary((beats[0],), (4 * beats[0],))
    )
    bench.campaign.run(request("alpha", runtimes=ONE))
    assert success_of(bench.stored()[0]).samples[0].canary == Canary((1_000_000,), (4_000_000,), 1e6, 4e6)
    beats[0] = 1_500_000
    bench.campaign.run(request("beta", runtimes=ONE))
    (slowed,) = (measurement for measurement in bench.stored() if measurement.workload.architecture == "beta")
    assert success_of(slowed).doubts == (Doubt.CANARY_MOVED,)


# Percentiles


def test_a_percentile_that_was_asked_for_takes_processes_until_it_is_carried(bench: Bench) -> None:
    asked = request("alpha", runtimes=ONE, at_most=15)
    asked = replace(asked, plan=replace(asked.plan, percentile=95))
    bench.campaign.run(asked)
    (measurement,) = bench.stored()
    p95 = next(value for value in success_of(measurement).values if value.metric is Metric.LATENCY_P95_MS)
    assert p95.value == 10.0
    assert 30 * len(success_of(measurement).samples) >= calls_needed(95) > 30 * 3
    assert success_of(measurement).doubts == ()


def test_a_percentile_that_stays_out_of_reach_is_a_doubt(bench: Bench) -> None:
    asked = request("alpha", runtimes=ONE)
    bench.campaign.run(replace(asked, plan=replace(asked.plan, percentile=99)))
    assert success_of(bench.stored()[0]).doubts == (Doubt.FEW_FOR_PERCENTILE,)
