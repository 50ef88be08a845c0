from dataclasses import replace
from itertools import pairwise

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import RuntimeName, Scenario
from profiler.campaign.batch_curve import BATCH_SIZES, beyond, not_run
from profiler.cases import Case
from profiler.failures import CaseFailed

CONFIGURATION = Configuration(RuntimeName.PYTORCH, batch_size=8, scenario=Scenario.TRAINING)
CASE = Case(Workload("resnet50", 1000, 224), CONFIGURATION)
NO_MEMORY = CaseFailed(FailureReason.OUT_OF_MEMORY, "DefaultCPUAllocator: not enough memory")


def of_batch(batch_size: int) -> Case:
    return Case(CASE.workload, replace(CONFIGURATION, batch_size=batch_size))


def test_the_batches_of_a_curve_double() -> None:
    assert all(larger == 2 * smaller for smaller, larger in pairwise(BATCH_SIZES))


def test_what_ran_out_of_memory_ends_the_curve() -> None:
    curve = [of_batch(size) for size in BATCH_SIZES]
    assert beyond(CASE, NO_MEMORY, curve) == [of_batch(16), of_batch(32), of_batch(64)]


@pytest.mark.parametrize(
    "reason",
    [
        reason
        for reason in FailureReason
        if reason not in {FailureReason.OUT_OF_MEMORY, FailureReason.TIMED_OUT}
    ],
)
def test_what_failed_otherwise_does_not(reason: FailureReason) -> None:
    assert beyond(CASE, CaseFailed(reason, "as it happens"), [of_batch(16)]) == []


@pytest.mark.parametrize(
    "other",
    [
        Case(Workload("resnet18", 1000, 224), replace(CONFIGURATION, batch_size=16)),
        Case(CASE.workload, replace(CONFIGURATION, batch_size=16, threads=2)),
        Case(CASE.workload, replace(CONFIGURATION, batch_size=16, scenario=Scenario.SINGLE_STREAM)),
    ],
)
def test_other_cases_are_run_all_the_same(other: Case) -> None:
    assert beyond(CASE, NO_MEMORY, [other]) == []


def test_what_was_not_run_says_so_with_the_reason() -> None:
    failure = not_run(CASE, NO_MEMORY)
    assert failure.reason is FailureReason.OUT_OF_MEMORY
    assert failure.detail == "Not run, because a batch of 8 failed in the same way."
