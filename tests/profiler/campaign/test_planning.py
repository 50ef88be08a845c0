from collections.abc import Callable

import pytest

from catalog.entities.configurations import Configuration, Environment
from catalog.entities.measurements import LastMeasured
from catalog.entities.networks import Workload
from catalog.words.vocabulary import Precision, RuntimeName, Status
from profiler.artefacts.cache import Format
from profiler.campaign.planning import (
    WORKLOADS_IN_BUDGET,
    WORKLOADS_TOGETHER,
    ArtefactKind,
    Present,
    Selection,
    artefact_kind,
    portions,
    preparing_jobs,
    select_missing,
    select_stale,
)
from profiler.cases import Case
from profiler.preparation import Job
from profiler.protocol.plan import PROTOCOL_VERSION
from tests.fakes.campaign import fake_environment

ALPHA, BETA = Workload("alpha", 1000, 224), Workload("beta", 1000, 224)
OPENVINO = Configuration(RuntimeName.OPENVINO)
ONNX = Configuration(RuntimeName.ONNXRUNTIME)
TORCH = Configuration(RuntimeName.PYTORCH)
INT8 = Configuration(RuntimeName.ONNXRUNTIME, precision=Precision.INT8)


def fake_toolchain(workload: Workload, kind: ArtefactKind) -> str:
    return f"tools for {kind[0]}"


PRESENT = Present(fake_environment, fake_toolchain)


def last(
    case: Case,
    status: Status = Status.OK,
    environment: str | None = None,
    protocol_version: int | None = PROTOCOL_VERSION,
    toolchain: str | None = "tools for onnx",
) -> LastMeasured:
    environment = environment or fake_environment(case.configuration.runtime).id
    return LastMeasured(case.workload, case.configuration, status, environment, protocol_version, toolchain)


# What is measured

CASES = [Case(workload, configuration) for workload in (ALPHA, BETA) for configuration in (ONNX, OPENVINO)]


def test_without_measurements_every_case_is_missing_in_its_order() -> None:
    assert select_missing(CASES, [], PRESENT) == Selection(tuple(CASES))


def test_a_case_with_an_outcome_is_left_out() -> None:
    selection = select_missing(CASES, [last(CASES[1])], PRESENT)
    assert selection == Selection((CASES[0], *CASES[2:]), already_measured=1)


@pytest.mark.parametrize(("retry_failed", "missing"), [(False, ()), (True, (CASES[0],))])
def test_what_failed_is_missing_only_on_demand(retry_failed: bool, missing: tuple[Case, ...]) -> None:
    outcomes = [last(case, Status.FAILED if case is CASES[0] else Status.OK) for case in CASES]
    selection = select_missing(CASES, outcomes, PRESENT, retry_failed=retry_failed)
    assert selection == Selection(missing, already_measured=len(CASES) - len(missing))


def test_stale_cases_are_counted_among_those_that_are_left_out_alone() -> None:
    outcomes = [
        last(CASES[0], Status.FAILED, environment="another"),
        last(CASES[1], environment="another"),
        last(CASES[2]),
    ]
    selection = select_missing(CASES, outcomes, PRESENT, retry_failed=True)
    assert selection == Selection((CASES[0], CASES[3]), already_measured=2, stale=1)


def test_what_nobody_asked_for_is_not_counted() -> None:
    assert select_missing(CASES[:1], [last(CASES[3])], PRESENT) == Selection((CASES[0],))


def test_the_environment_of_a_runtime_that_was_not_measured_is_not_asked_for() -> None:
    asked: list[RuntimeName] = []

    def environment_of(runtime: RuntimeName) -> Environment:
        asked.append(runtime)
        return fake_environment(runtime)

    select_missing(CASES, [last(CASES[0]), last(CASES[2])], Present(environment_of, fake_toolchain))
    assert asked == [RuntimeName.ONNXRUNTIME]


@pytest.mark.parametrize(
    "outcome",
    [
        last(CASES[0], environment="another"),
        last(CASES[0], protocol_version=PROTOCOL_VERSION - 1),
        last(CASES[0], protocol_version=PROTOCOL_VERSION + 1),
        last(CASES[0], protocol_version=None),
        last(CASES[0], Status.FAILED, environment="another"),
        last(CASES[0], toolchain="older tools for onnx"),
    ],
)
def test_another_environment_protocol_or_toolchain_makes_a_case_stale(outcome: LastMeasured) -> None:
    selection = select_stale((), [outcome, last(CASES[1])], PRESENT)
    assert selection == Selection((CASES[0],), already_measured=1)


def test_a_case_that_failed_before_it_had_an_artefact_is_not_stale_for_that() -> None:
    outcomes = [last(CASES[0], Status.FAILED, toolchain=None)]
    assert select_stale((), outcomes, PRESENT) == Selection((), already_measured=1)


@pytest.mark.parametrize(
    ("patterns", "architectures"),
    [((), ["alpha", "beta"]), (("al*",), ["alpha"]), (("beta", "gamma"), ["beta"]), (("gamma",), [])],
)
def test_stale_cases_are_those_of_the_architectures_asked_for(
    patterns: tuple[str, ...], architectures: list[str]
) -> None:
    outcomes = [last(Case(workload, ONNX), environment="another") for workload in (ALPHA, BETA)]
    selection = select_stale(patterns, outcomes, PRESENT)
    assert [case.workload.architecture for case in selection.cases] == architectures
    assert selection.already_measured == 0


# What is prepared


def cached(*kinds: ArtefactKind) -> Callable[[Workload, ArtefactKind], bool]:
    return lambda workload, kind: kind in kinds


FP32_FILE = (Format.ONNX, Precision.FP32)
INT8_FILE = (Format.ONNX, Precision.INT8)
WEIGHTS = (Format.SAFETENSORS, Precision.FP32)


@pytest.mark.parametrize(
    ("configuration", "kind"),
    [
        (ONNX, FP32_FILE),
        (OPENVINO, FP32_FILE),
        (INT8, INT8_FILE),
        (TORCH, WEIGHTS),
        (Configuration(RuntimeName.OPENVINO, precision=Precision.BF16), FP32_FILE),
    ],
)
def test_runtimes_that_run_the_same_file_share_it(configuration: Configuration, kind: ArtefactKind) -> None:
    assert artefact_kind(configuration) == kind


def test_an_uncounted_workload_is_counted_once_with_its_first_export() -> None:
    cases = [Case(ALPHA, configuration) for configuration in (ONNX, OPENVINO, INT8, TORCH)]
    assert preparing_jobs(cases, cached(), ()) == [
        Job(ALPHA, Format.ONNX, count=True),
        Job(ALPHA, Format.ONNX, count=False, precision=Precision.INT8),
        Job(ALPHA, Format.SAFETENSORS, count=False),
    ]


def test_what_is_cached_is_not_exported_and_the_count_moves_to_the_first_that_is() -> None:
    cases = [Case(ALPHA, configuration) for configuration in (ONNX, INT8, TORCH)]
    assert preparing_jobs(cases, cached(FP32_FILE, WEIGHTS), ()) == [
        Job(ALPHA, Format.ONNX, count=True, precision=Precision.INT8)
    ]


def test_where_all_is_cached_a_job_counts_alone() -> None:
    cases = [Case(ALPHA, configuration) for configuration in (ONNX, TORCH)]
    assert preparing_jobs(cases, cached(FP32_FILE, WEIGHTS), ()) == [Job(ALPHA, Format.ONNX, count=True)]


def test_a_counted_workload_is_only_exported() -> None:
    cases = [Case(workload, ONNX) for workload in (ALPHA, BETA)]
    assert preparing_jobs(cases, cached(), {ALPHA.id}) == [
        Job(ALPHA, Format.ONNX, count=False),
        Job(BETA, Format.ONNX, count=True),
    ]


def test_a_counted_and_cached_workload_needs_nothing() -> None:
    assert preparing_jobs([Case(ALPHA, ONNX)], cached(FP32_FILE), {ALPHA.id}) == []


def test_portions_hold_every_case_and_job_of_a_workload_once_and_together() -> None:
    workloads = [Workload(f"network{number}", 1000, 224) for number in range(WORKLOADS_TOGETHER + 1)]
    cases = [Case(workload, configuration) for configuration in (ONNX, TORCH) for workload in workloads]
    jobs = [Job(workload, Format.ONNX, count=True) for workload in reversed(workloads)]
    first, second = portions(cases, jobs)
    assert {case.workload for case in first.cases} == set(workloads[:-1])
    assert len(first.cases) == 2 * WORKLOADS_TOGETHER
    assert {case.workload for case in second.cases} == {workloads[-1]}
    assert len(second.cases) == 2
    for portion in (first, second):
        assert {job.workload for job in portion.jobs} == {case.workload for case in portion.cases}
    assert len(first.jobs) + len(second.jobs) == len(jobs)


def test_no_cases_make_no_portion() -> None:
    assert list(portions([], [])) == []


def test_portions_of_a_budget_are_smaller() -> None:
    workloads = [Workload(f"network{number}", 1000, 224) for number in range(WORKLOADS_IN_BUDGET + 1)]
    cases = [Case(workload, Configuration(RuntimeName.OPENVINO)) for workload in workloads]
    assert [len(portion.cases) for portion in portions(cases, [], in_budget=True)] == [WORKLOADS_IN_BUDGET, 1]


def test_the_first_workloads_of_a_portion_keep_their_cases_and_jobs() -> None:
    workloads = [Workload(f"network{number}", 1000, 224) for number in range(3)]
    both = (RuntimeName.OPENVINO, RuntimeName.ONNXRUNTIME)
    cases = [Case(workload, Configuration(runtime)) for workload in workloads for runtime in both]
    (portion,) = portions(cases, preparing_jobs(cases, lambda workload, kind: False, ()))
    first = portion.first(2)
    assert first.workloads == tuple(workloads[:2])
    assert first.cases == tuple(cases[:4])
    assert {job.workload for job in first.jobs} == set(workloads[:2])
    assert portion.first(3) == portion
    assert portion.first(-1).cases == ()
