from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest

from catalog.entities.configurations import Environment, Target
from catalog.entities.measurements import Measurement
from catalog.entities.samples import Canary
from catalog.storage.cards import find_card
from catalog.storage.database import Catalog
from catalog.storage.measurements import MeasurementQuery, add_measurements, find_measurements
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Form, Precision, RuntimeName, Scenario, Status
from profiler.artefacts.cache import ArtefactCache
from profiler.campaign.campaign import Campaign
from profiler.campaign.request import ProfileRequest
from profiler.cases import Case
from profiler.errors import ProfilerError
from profiler.failures import CaseFailed
from profiler.protocol.percentiles import calls_needed
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.summary import half_width, metric_values
from tests.builders import NOON, failure_of, success_of
from tests.fakes import FakeListener, FakeMeasure, FakePreparation, fake_environment, no_lock

TARGET = Target("fake-2c", Device.CPU, "Fake, 2 CPUs", {"cpus": 2})
BOTH = (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO)


def request(
    *names: str, runtimes: tuple[RuntimeName, ...] = BOTH, processes: int = 3, at_most: int | None = None
) -> ProfileRequest:
    plan = SamplingPlan(processes=processes, max_processes=at_most or processes, confirming=0)
    return ProfileRequest(names, runtimes, threads=(2,), plan=plan)


class Bench:
    """A campaign over fakes, with what they remember."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.measure = FakeMeasure()
        self.listener = FakeListener()
        self.cache = ArtefactCache(folder, 1e9)
        self.preparation = FakePreparation(self.cache)
        self.campaign = Campaign(
            catalog=catalog,
            target=TARGET,
            cache=self.cache,
            preparation=self.preparation,
            listener=self.listener,
            lock=no_lock,
            measure=self.measure,
            environment_of=fake_environment,
        )

    def stored(self) -> list[Measurement]:
        with self.catalog.read() as session:
            query = MeasurementQuery(target=TARGET.id)
            return find_measurements(session, query, with_samples=True)


@pytest.fixture
def bench(sqlite_catalog: Catalog, tmp_path: Path) -> Bench:
    return Bench(sqlite_catalog, tmp_path / "cache")


def test_every_case_becomes_a_measurement_with_its_samples_and_counts(bench: Bench) -> None:
    outcome = bench.campaign.run(request("alpha", "beta"))
    assert (outcome.measured, outcome.failed, outcome.already_measured) == (4, 0, 0)
    stored = bench.stored()
    assert {(one.workload.architecture, one.configuration.runtime) for one in stored} == {
        (name, runtime) for name in ("alpha", "beta") for runtime in BOTH
    }
    assert all(len(success_of(one).samples) == 3 and one.artefact is not None for one in stored)
    latencies = {
        value.value for one in stored for value in success_of(one).values if value.metric is Metric.LATENCY_MS
    }
    assert latencies == {10.0}
    with bench.catalog.read() as session:
        card = find_card(session, "alpha")
    assert card is not None
    assert card.default_workload is not None
    assert card.default_workload.counts is not None
    assert card.default_workload.counts.gmacs == 2.0


def test_what_was_measured_is_not_measured_again_and_timm_is_not_asked(bench: Bench) -> None:
    bench.campaign.run(request("alpha"))
    bench.measure.taken.clear()
    bench.preparation.described.clear()
    outcome = bench.campaign.run(request("alpha"))
    assert (outcome.measured, outcome.already_measured) == (0, 2)
    assert bench.measure.taken == []
    assert bench.preparation.described == []


def test_force_measures_again_and_keeps_both(bench: Bench) -> None:
    bench.campaign.run(request("alpha"))
    outcome = bench.campaign.run(replace(request("alpha"), force=True))
    assert outcome.measured == 2
    assert len(bench.stored()) == 4


def test_a_failing_case_is_stored_with_its_reason_and_the_others_go_on(bench: Bench) -> None:
    def latency(case: Case) -> float:
        if case.workload.architecture == "alpha" and case.configuration.runtime is RuntimeName.OPENVINO:
            raise CaseFailed(FailureReason.OUT_OF_MEMORY, "killed by the kernel for want of memory")
        return 10.0

    bench.measure.latency_ms = latency
    outcome = bench.campaign.run(request("alpha", "beta"))
    assert (outcome.measured, outcome.failed) == (3, 1)
    (failed,) = [one for one in bench.stored() if one.status is Status.FAILED]
    assert failure_of(failed).reason is FailureReason.OUT_OF_MEMORY
    assert failure_of(failed).detail == "killed by the kernel for want of memory"


def test_a_failure_is_not_tried_again_unless_asked_for(bench: Bench) -> None:
    def fail(case: Case) -> float:
        raise CaseFailed(FailureReason.TIMED_OUT, "no answer within 300 s")

    bench.measure.latency_ms = fail
    bench.campaign.run(request("alpha"))
    bench.measure.latency_ms = lambda case: 5.0
    assert bench.campaign.run(request("alpha")).already_measured == 2
    assert bench.campaign.run(replace(request("alpha"), retry_failed=True)).measured == 2


def test_what_cannot_be_exported_is_a_stored_failure(bench: Bench) -> None:
    bench.preparation.unexportable = ["alpha"]
    outcome = bench.campaign.run(request("alpha", "beta"))
    assert (outcome.measured, outcome.failed) == (2, 2)
    reasons = {failure_of(one).reason for one in bench.stored() if one.workload.architecture == "alpha"}
    assert reasons == {FailureReason.UNSUPPORTED_EXPORT}


def test_a_measurement_is_of_the_artefact_of_its_precision_and_both_runtimes_share_it(bench: Bench) -> None:
    asked = replace(request("alpha"), precisions=(Precision.FP32, Precision.BF16, Precision.INT8))
    bench.campaign.run(asked)
    made = sorted((job.precision, job.count) for job in bench.preparation.jobs)
    assert made == [(Precision.FP32, True), (Precision.INT8, False)]
    ran = {(one.configuration.precision, one.artefact.precision) for one in bench.stored() if one.artefact}
    assert ran == {
        (Precision.FP32, Precision.FP32),
        (Precision.BF16, Precision.FP32),
        (Precision.INT8, Precision.INT8),
    }


def test_what_cannot_be_quantised_fails_in_int8_alone(bench: Bench) -> None:
    bench.preparation.unquantisable = ["alpha"]
    outcome = bench.campaign.run(replace(request("alpha"), precisions=(Precision.INT8, Precision.FP32)))
    assert (outcome.measured, outcome.failed) == (2, 2)
    failed = [one for one in bench.stored() if one.status is Status.FAILED]
    assert {failure_of(one).reason for one in failed} == {FailureReason.UNSUPPORTED_PRECISION}
    assert {one.configuration.precision for one in failed} == {Precision.INT8}
    assert [one.artefact for one in failed] == [None, None]


def test_what_cannot_be_counted_is_measured_all_the_same_and_says_why(bench: Bench) -> None:
    bench.preparation.uncountable = ["alpha"]
    assert bench.campaign.run(request("alpha")).measured == 2
    with bench.catalog.read() as session:
        card = find_card(session, "alpha")
    assert card is not None
    assert card.workloads[0].counts is None
    assert card.workloads[0].count_failure == "no formula for attention"


def test_an_unknown_architecture_stops_the_campaign_before_anything_is_measured(bench: Bench) -> None:
    bench.preparation.unknown = ["betta"]
    with pytest.raises(ProfilerError, match="unknown architecture 'betta'"):
        bench.campaign.run(request("alpha", "betta"))
    assert bench.stored() == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("survived", [0, 1, 4, 5])
def test_an_interrupted_campaign_goes_on_where_it_stopped(
    bench: Bench, interruption: type[BaseException], survived: int
) -> None:
    def interrupt(case: Case) -> float:
        if len(bench.measure.taken) == survived:
            raise interruption
        return 10.0

    bench.measure.latency_ms = interrupt
    with pytest.raises(interruption):
        bench.campaign.run(request("alpha"))
    assert len(bench.measure.taken) == survived
    bench.measure.latency_ms = lambda case: 10.0
    bench.campaign.run(request("alpha"))
    assert len(bench.measure.taken) == 6  # three processes for each of two cases, none taken twice
    assert all(len(success_of(one).samples) == 3 for one in bench.stored())


def test_samples_of_another_environment_are_not_pooled(bench: Bench) -> None:
    def interrupt(case: Case) -> float:
        if len(bench.measure.taken) == 2:
            raise KeyboardInterrupt
        return 10.0

    only = request("alpha", runtimes=(RuntimeName.OPENVINO,))
    bench.measure.latency_ms = interrupt
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(only)
    bench.measure.latency_ms = lambda case: 20.0
    bench.campaign.environment_of = lambda runtime: Environment("openvino 2.0")
    bench.campaign.run(only)
    (measurement,) = bench.stored()
    assert {sample.wall_ns[0] for sample in success_of(measurement).samples} == {20_000_000}
    assert len(bench.measure.taken) == 2 + 3


def test_cases_are_interleaved_rather_than_measured_one_after_the_other(bench: Bench) -> None:
    bench.campaign.run(request("alpha", "beta"))
    first_round = bench.measure.taken[:4]
    assert len({case.key for case in first_round}) == 4


def test_progress_reaches_its_end_also_with_failures(bench: Bench) -> None:
    bench.preparation.unexportable = ["alpha"]
    fails_on_second: Callable[[Case], float] = FailOnSecond()
    bench.measure.latency_ms = fails_on_second
    bench.campaign.run(request("alpha", "beta"))
    assert bench.listener.done == bench.listener.steps
    assert len(bench.listener.measurements) == bench.listener.cases == 4


class FailOnSecond:
    """Fails at each case's second process."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, case: Case) -> float:
        if case.key in self.seen:
            raise CaseFailed(FailureReason.CRASHED, "SIGSEGV")
        self.seen.add(case.key)
        return 10.0


def test_one_process_is_measured_with_the_doubt_that_it_has_no_interval(bench: Bench) -> None:
    bench.campaign.run(request("alpha", processes=1))
    assert all(success_of(one).doubts == (Doubt.NO_INTERVAL,) for one in bench.stored())


# When a case has samples enough


def latencies(*values: float) -> Callable[[Case], float]:
    """One value a process, the last of them for ever."""
    left = list(values)
    return lambda case: left.pop(0) if len(left) > 1 else left[0]


ONE = (RuntimeName.OPENVINO,)


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
    assert half_width(taken) <= asked.plan.precision < half_width(taken[:-1])
    assert success_of(measurement).doubts == ()


def test_an_interval_that_is_narrow_by_luck_is_not_confirmed(bench: Bench) -> None:
    # Three agree, and the fourth does not.
    bench.measure.latency_ms = latencies(10.0, 10.0, 10.0, 11.0, *[10.0, 10.5] * 20)
    asked = request("alpha", runtimes=ONE, at_most=15)
    bench.campaign.run(replace(asked, plan=replace(asked.plan, precision=0.01, confirming=2)))
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
    assert [median(one.wall_ns) / 1e6 for one in success_of(measurement).set_aside] == [30.0]
    assert {median(one.wall_ns) / 1e6 for one in success_of(measurement).samples} == {10.0}
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
            key=lambda one: one.metric,
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
    (slowed,) = (one for one in bench.stored() if one.workload.architecture == "beta")
    assert success_of(slowed).doubts == (Doubt.CANARY_MOVED,)


# Staleness


def test_what_was_measured_in_another_environment_is_counted_and_on_demand_measured_again(
    bench: Bench,
) -> None:
    bench.campaign.run(request("alpha", "beta"))
    upgraded = Environment("onnxruntime 2.0", kernel="6.0")
    bench.campaign.environment_of = lambda runtime: (
        upgraded if runtime is RuntimeName.ONNXRUNTIME else fake_environment(runtime)
    )
    outcome = bench.campaign.run(request("alpha", "beta"))
    assert (outcome.measured, outcome.already_measured, outcome.stale) == (0, 4, 2)
    outcome = bench.campaign.run(replace(request("al*"), stale=True))
    assert (outcome.measured, outcome.already_measured) == (1, 1)
    outcome = bench.campaign.run(replace(request(), stale=True))
    assert (outcome.measured, outcome.already_measured) == (1, 3)
    # Both stand side by side, and neither is stale now.
    assert len(bench.stored()) == 6
    assert bench.campaign.run(request("alpha", "beta")).stale == 0


def test_what_was_measured_under_an_older_protocol_is_stale(bench: Bench) -> None:
    bench.campaign.run(request("alpha", runtimes=ONE))
    (measured,) = bench.stored()
    older = replace(measured, protocol_version=1, source="an older archrank")
    with bench.catalog.write() as session:
        add_measurements(session, [replace(older, measured_at=NOON + timedelta(days=3650))])
    outcome = bench.campaign.run(replace(request(), stale=True))
    assert outcome.measured == 1


def test_other_settings_of_the_same_protocol_do_not_make_a_case_stale(bench: Bench) -> None:
    bench.campaign.run(request("alpha", runtimes=ONE))
    assert bench.campaign.run(request("alpha", runtimes=ONE, processes=4)).stale == 0


# Percentiles


def test_a_percentile_that_was_asked_for_takes_processes_until_it_is_carried(bench: Bench) -> None:
    asked = request("alpha", runtimes=ONE, at_most=15)
    asked = replace(asked, plan=replace(asked.plan, percentile=95))
    bench.campaign.run(asked)
    (measurement,) = bench.stored()
    p95 = next(one for one in success_of(measurement).values if one.metric is Metric.LATENCY_P95_MS)
    assert p95.value == 10.0
    assert 30 * len(success_of(measurement).samples) >= calls_needed(95) > 30 * 3
    assert success_of(measurement).doubts == ()


def test_a_percentile_that_stays_out_of_reach_is_a_doubt(bench: Bench) -> None:
    asked = request("alpha", runtimes=ONE)
    bench.campaign.run(replace(asked, plan=replace(asked.plan, percentile=99)))
    assert success_of(bench.stored()[0]).doubts == (Doubt.FEW_FOR_PERCENTILE,)


# A curve of batch sizes


CURVE = ProfileRequest(
    ("alpha",), ONE, threads=(2,), batch_sizes=(1, 2, 4, 8), plan=SamplingPlan(processes=3, max_processes=3)
)


def no_memory_from(batch_size: int) -> Callable[[Case], float]:
    def measured(case: Case) -> float:
        if case.configuration.batch_size >= batch_size:
            raise CaseFailed(FailureReason.OUT_OF_MEMORY, "not enough memory")
        return 10.0

    return measured


@pytest.mark.parametrize("shuffle", [lambda cases: None, lambda cases: cases.reverse()])
def test_larger_batches_than_one_without_memory_are_stored_and_not_run(
    bench: Bench, shuffle: Callable[[list[Case]], None]
) -> None:
    bench.campaign.shuffle = shuffle
    bench.measure.latency_ms = no_memory_from(4)
    outcome = bench.campaign.run(CURVE)
    assert (outcome.measured, outcome.failed) == (2, 2)
    by_batch = {one.configuration.batch_size: one for one in bench.stored()}
    assert [by_batch[size].status for size in (1, 2)] == [Status.OK, Status.OK]
    assert {failure_of(by_batch[size]).reason for size in (4, 8)} == {FailureReason.OUT_OF_MEMORY}
    assert failure_of(by_batch[4]).detail == "not enough memory"
    assert bench.listener.done == bench.listener.steps
    assert bench.campaign.run(CURVE).already_measured == 4


def test_the_batch_beyond_is_not_even_started(bench: Bench) -> None:
    bench.campaign.shuffle = lambda cases: None
    bench.measure.latency_ms = no_memory_from(4)
    bench.campaign.run(CURVE)
    (beyond,) = [one for one in bench.stored() if one.configuration.batch_size == 8]
    assert failure_of(beyond).detail == "Not run, because a batch of 4 failed in the same way."


def test_the_protocol_of_training_is_stored_and_its_pending_samples_are_found(bench: Bench) -> None:
    training = replace(request("alpha", runtimes=(RuntimeName.PYTORCH,)), scenario=Scenario.TRAINING)

    def interrupted(case: Case) -> float:
        if len(bench.measure.taken) == 2:
            raise KeyboardInterrupt
        return 10.0

    bench.measure.latency_ms = interrupted
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(training)
    bench.measure.latency_ms = lambda case: 10.0
    bench.campaign.run(training)
    (stored,) = bench.stored()
    assert len(bench.measure.taken) == len(success_of(stored).samples) == 3
    assert "SGD" in stored.protocol
    assert stored.workload.form is Form.TRAINING
    assert {value.metric for value in success_of(stored).values} == {
        Metric.TRAIN_THROUGHPUT_IPS,
        Metric.TRAIN_MEMORY_MB,
    }
