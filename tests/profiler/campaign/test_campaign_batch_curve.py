from collections.abc import Callable

import pytest

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Status
from profiler.campaign.request import ProfileRequest
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.plan import SamplingPlan
from tests.builders import failure_of
from tests.profiler.campaign.bench import ONE, Bench

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
    by_batch = {measurement.configuration.batch_size: measurement for measurement in bench.stored()}
    assert [by_batch[size].status for size in (1, 2)] == [Status.OK, Status.OK]
    assert {failure_of(by_batch[size]).reason for size in (4, 8)} == {FailureReason.OUT_OF_MEMORY}
    assert failure_of(by_batch[4]).detail == "not enough memory"
    assert bench.listener.done == bench.listener.steps
    assert bench.campaign.run(CURVE).already_measured == 4


def test_the_batch_beyond_is_not_even_started(bench: Bench) -> None:
    bench.campaign.shuffle = lambda cases: None
    bench.measure.latency_ms = no_memory_from(4)
    bench.campaign.run(CURVE)
    (beyond,) = [measurement for measurement in bench.stored() if measurement.configuration.batch_size == 8]
    assert failure_of(beyond).detail == "Not run, because a batch of 4 failed in the same way."
