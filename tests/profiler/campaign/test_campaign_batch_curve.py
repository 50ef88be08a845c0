from collections.abc import Callable

import pytest

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Status
from profiler.campaign.request import ProfileRequest
from profiler.cases import Case
from profiler.failures import CaseFailed
from tests.builders import failure_of
from tests.fakes.campaign import FakeProcess
from tests.profiler.campaign.bench import ONE, PLAN, Bench, in_order

CURVE = ProfileRequest(("alpha",), ONE, threads=(2,), batch_sizes=(1, 2, 4, 8), plan=PLAN)


def no_memory_from(batch_size: int) -> Callable[[FakeProcess], float]:
    def latency_ms(process: FakeProcess) -> float:
        if process.case.configuration.batch_size >= batch_size:
            raise CaseFailed(FailureReason.OUT_OF_MEMORY, "not enough memory")
        return 10.0

    return latency_ms


@pytest.mark.parametrize("shuffle", [in_order, lambda cases: cases.reverse()])
def test_larger_batches_than_one_without_memory_are_stored_and_not_run(
    bench: Bench, shuffle: Callable[[list[Case]], None]
) -> None:
    bench.campaign.shuffle = shuffle
    bench.machine.latency_ms = no_memory_from(4)
    outcome = bench.campaign.run(CURVE)
    assert (outcome.measured, outcome.failed) == (2, 2)
    by_batch = {measurement.configuration.batch_size: measurement for measurement in bench.stored()}
    assert [by_batch[size].status for size in (1, 2)] == [Status.OK, Status.OK]
    assert {failure_of(by_batch[size]).reason for size in (4, 8)} == {FailureReason.OUT_OF_MEMORY}
    assert failure_of(by_batch[4]).detail == "not enough memory"
    assert len(bench.listener.measurements) == bench.listener.cases == 4
    assert bench.campaign.run(CURVE).already_measured == 4


def test_the_batch_beyond_is_not_even_started(bench: Bench) -> None:
    bench.machine.latency_ms = no_memory_from(4)
    bench.campaign.run(CURVE)
    (beyond,) = [measurement for measurement in bench.stored() if measurement.configuration.batch_size == 8]
    assert failure_of(beyond).detail == "Not run, because a batch of 4 failed in the same way."
    assert 8 not in {process.case.configuration.batch_size for process in bench.machine.processes}


def test_a_batch_beyond_that_was_visited_is_closed_and_its_blocks_are_dropped(bench: Bench) -> None:
    def latency_ms(process: FakeProcess) -> float:
        if process.case.configuration.batch_size == 4 and len(bench.machine.visited) > 4:
            raise CaseFailed(FailureReason.OUT_OF_MEMORY, "not enough memory")
        return 10.0

    bench.machine.latency_ms = latency_ms
    outcome = bench.campaign.run(CURVE)
    assert (outcome.measured, outcome.failed) == (2, 2)
    batches = [process.case.configuration.batch_size for process in bench.machine.visited]
    assert batches[:4] == [1, 2, 4, 8]
    assert batches.count(8) == 1
    assert bench.machine.is_left_clean()
