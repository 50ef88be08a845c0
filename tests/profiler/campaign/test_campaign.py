"""Which cases a campaign measures, and how they end in the catalog."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from catalog.entities.configurations import Environment
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.summaries.cards import find_card
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Precision, RuntimeName, Scenario, Status
from profiler.cases import Case
from profiler.errors import UnknownArchitecture
from profiler.failures import CaseFailed
from profiler.protocol.plan import SamplingPlan
from tests.builders import NOON, failure_of, success_of
from tests.fakes.campaign import FakeProcess, fake_environment
from tests.profiler.campaign.bench import BOTH, ONE, PLAN, Bench, request


def test_every_case_becomes_a_measurement_with_its_samples_and_counts(bench: Bench) -> None:
    outcome = bench.campaign.run(request("alpha", "beta"))
    assert (outcome.measured, outcome.failed, outcome.already_measured) == (4, 0, 0)
    stored = bench.stored()
    assert {
        (measurement.workload.architecture, measurement.configuration.runtime) for measurement in stored
    } == {(name, runtime) for name in ("alpha", "beta") for runtime in BOTH}
    assert all(
        len(success_of(measurement).samples) == PLAN.processes and measurement.artefact is not None
        for measurement in stored
    )
    latencies = [
        value.value
        for measurement in stored
        for value in success_of(measurement).values
        if value.metric is Metric.LATENCY_MS
    ]
    assert latencies == pytest.approx([10.0] * 4)
    with bench.catalog.read() as session:
        card = find_card(session, "alpha")
    assert card is not None
    assert card.default_workload is not None
    assert card.default_workload.counts is not None
    assert card.default_workload.counts.gmacs == 2.0


def test_what_was_measured_is_not_measured_again_and_timm_is_not_asked(bench: Bench) -> None:
    bench.campaign.run(request("alpha"))
    visits = len(bench.machine.visited)
    bench.preparation.described.clear()
    outcome = bench.campaign.run(request("alpha"))
    assert (outcome.measured, outcome.already_measured) == (0, 2)
    assert len(bench.machine.visited) == visits
    assert bench.preparation.described == []


def test_force_measures_again_and_keeps_both(bench: Bench) -> None:
    bench.campaign.run(request("alpha"))
    outcome = bench.campaign.run(replace(request("alpha"), force=True))
    assert outcome.measured == 2
    assert len(bench.stored()) == 4


def test_a_failing_case_is_stored_with_its_reason_and_the_others_go_on(bench: Bench) -> None:
    def latency_ms(process: FakeProcess) -> float:
        case = process.case
        if case.workload.architecture == "alpha" and case.configuration.runtime is RuntimeName.OPENVINO:
            raise CaseFailed(FailureReason.OUT_OF_MEMORY, "killed by the kernel for want of memory")
        return 10.0

    bench.machine.latency_ms = latency_ms
    outcome = bench.campaign.run(request("alpha", "beta"))
    assert (outcome.measured, outcome.failed) == (3, 1)
    (failed,) = [measurement for measurement in bench.stored() if measurement.status is Status.FAILED]
    assert failure_of(failed).reason is FailureReason.OUT_OF_MEMORY
    assert failure_of(failed).detail == "killed by the kernel for want of memory"


def test_processes_load_side_by_side_before_cases_are_visited(bench: Bench) -> None:
    bench.campaign.run(request("alpha", "beta"))
    assert bench.machine.most_loading == 2


def test_memory_that_ran_out_beside_others_is_no_fact(bench: Bench) -> None:
    def latency_ms(process: FakeProcess) -> float:
        if len(bench.machine.open_processes) > 1:
            raise CaseFailed(FailureReason.OUT_OF_MEMORY, "killed by the kernel for want of memory")
        return 10.0

    bench.machine.latency_ms = latency_ms
    outcome = bench.campaign.run(request("alpha"))
    assert (outcome.measured, outcome.failed) == (2, 0)
    bench.machine.memory_bytes = 1
    assert bench.campaign.run(request("beta")).measured == 2


def fails_at_second_visit(bench: Bench) -> Callable[[FakeProcess], float]:
    def latency_ms(process: FakeProcess) -> float:
        if process.case in bench.machine.cases:
            raise CaseFailed(FailureReason.CRASHED, "SIGSEGV")
        return 10.0

    return latency_ms


def test_a_crash_in_a_visit_is_a_failure_and_the_others_go_on(bench: Bench) -> None:
    fail = fails_at_second_visit(bench)
    bench.machine.latency_ms = lambda process: (
        fail(process) if process.case.workload.architecture == "alpha" else 10.0
    )
    outcome = bench.campaign.run(request("alpha", "beta"))
    assert (outcome.measured, outcome.failed) == (2, 2)
    failed = [measurement for measurement in bench.stored() if measurement.status is Status.FAILED]
    assert {failure_of(measurement).reason for measurement in failed} == {FailureReason.CRASHED}
    assert {measurement.workload.architecture for measurement in failed} == {"alpha"}


def test_a_failure_is_not_tried_again_unless_asked_for(bench: Bench) -> None:
    def loading(case: Case) -> None:
        raise CaseFailed(FailureReason.TIMED_OUT, "no answer within 300 s")

    bench.machine.loading = loading
    bench.campaign.run(request("alpha"))
    bench.machine.loading = lambda case: None
    assert bench.campaign.run(request("alpha")).already_measured == 2
    assert bench.campaign.run(replace(request("alpha"), retry_failed=True)).measured == 2


def test_what_cannot_be_exported_is_a_stored_failure(bench: Bench) -> None:
    bench.preparation.unexportable = ["alpha"]
    outcome = bench.campaign.run(request("alpha", "beta"))
    assert (outcome.measured, outcome.failed) == (2, 2)
    reasons = {
        failure_of(measurement).reason
        for measurement in bench.stored()
        if measurement.workload.architecture == "alpha"
    }
    assert reasons == {FailureReason.UNSUPPORTED_EXPORT}


def test_a_measurement_is_of_the_artefact_of_its_precision_and_both_runtimes_share_it(bench: Bench) -> None:
    asked = replace(request("alpha"), precisions=(Precision.FP32, Precision.BF16, Precision.INT8))
    bench.campaign.run(asked)
    made = sorted((job.precision, job.count) for job in bench.preparation.jobs)
    assert made == [(Precision.FP32, True), (Precision.INT8, False)]
    ran = {
        (measurement.configuration.precision, measurement.artefact.precision)
        for measurement in bench.stored()
        if measurement.artefact
    }
    assert ran == {
        (Precision.FP32, Precision.FP32),
        (Precision.BF16, Precision.FP32),
        (Precision.INT8, Precision.INT8),
    }


def test_what_cannot_be_quantised_fails_in_int8_alone(bench: Bench) -> None:
    bench.preparation.unquantisable = ["alpha"]
    outcome = bench.campaign.run(replace(request("alpha"), precisions=(Precision.INT8, Precision.FP32)))
    assert (outcome.measured, outcome.failed) == (2, 2)
    failed = [measurement for measurement in bench.stored() if measurement.status is Status.FAILED]
    assert {failure_of(measurement).reason for measurement in failed} == {FailureReason.UNSUPPORTED_PRECISION}
    assert {measurement.configuration.precision for measurement in failed} == {Precision.INT8}
    assert [measurement.artefact for measurement in failed] == [None, None]


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
    with pytest.raises(UnknownArchitecture, match="Unknown architecture 'betta'"):
        bench.campaign.run(request("alpha", "betta"))
    assert bench.stored() == []


def test_cases_are_interleaved_rather_than_measured_one_after_the_other(bench: Bench) -> None:
    bench.campaign.run(request("alpha", "beta"))
    cases = bench.machine.cases
    for begin in range(0, len(cases), 4):
        assert len({case.key for case in cases[begin : begin + 4]}) == 4


def test_processes_are_opened_with_the_file_the_plan_and_the_time_limit_of_the_request(bench: Bench) -> None:
    bench.campaign.run(replace(request("alpha", runtimes=ONE), timeout_s=7.0))
    (measurement,) = bench.stored()
    assert len(bench.machine.opened_with) == PLAN.processes
    for cached, plan, timeout_s in bench.machine.opened_with:
        assert (cached.artefact, plan, timeout_s) == (measurement.artefact, PLAN, 7.0)


def test_every_case_that_ends_is_reported(bench: Bench) -> None:
    bench.preparation.unexportable = ["alpha"]
    bench.machine.latency_ms = fails_at_second_visit(bench)
    bench.campaign.run(request("alpha", "beta"))
    assert len(bench.listener.measurements) == bench.listener.cases == 4


def test_a_single_block_is_measured_with_the_doubt_that_it_has_no_interval(bench: Bench) -> None:
    single = SamplingPlan(processes=1, max_processes=1, blocks_each=1, max_blocks=1, interval_target=0.05)
    bench.campaign.run(request("alpha", runtimes=ONE, plan=single))
    assert success_of(bench.stored()[0]).doubts == (
        Doubt.FEW_QUIET_MOMENTS,
        Doubt.FEW_CALLS,
        Doubt.NO_INTERVAL,
    )


def test_training_has_metrics_and_a_protocol_of_its_own(bench: Bench) -> None:
    training = replace(request("alpha", runtimes=(RuntimeName.PYTORCH,)), scenario=Scenario.TRAINING)
    bench.campaign.run(training)
    (stored,) = bench.stored()
    assert "SGD" in stored.protocol
    assert stored.workload.form is Form.TRAINING
    assert {value.metric for value in success_of(stored).values} == {
        Metric.TRAIN_THROUGHPUT_IPS,
        Metric.TRAIN_MEMORY_MB,
        Metric.SLOWDOWN,
    }


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
    # Both measurements are kept, and neither is stale now.
    assert len(bench.stored()) == 6
    assert bench.campaign.run(request("alpha", "beta")).stale == 0


def test_what_was_measured_under_an_older_protocol_is_stale(bench: Bench) -> None:
    bench.campaign.run(request("alpha", runtimes=ONE))
    (measured,) = bench.stored()
    older = replace(measured, protocol_version=1, source="an older archrank")
    with bench.catalog.write() as session:
        add_measurements(session, [replace(older, measured_at=NOON)])
    outcome = bench.campaign.run(replace(request(), stale=True))
    assert outcome.measured == 1


def test_other_settings_of_the_same_protocol_do_not_make_a_case_stale(bench: Bench) -> None:
    bench.campaign.run(request("alpha", runtimes=ONE))
    assert bench.campaign.run(request("alpha", runtimes=ONE, plan=replace(PLAN, processes=3))).stale == 0
