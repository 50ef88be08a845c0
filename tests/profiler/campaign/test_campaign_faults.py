"""What the host forbids: nothing is stored of it, the others are measured, and the next run tries again."""

import shutil

import pytest

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import RuntimeName
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from tests.fakes.campaign import FakeProcess
from tests.profiler.campaign.bench import BOTH, ONE, Bench, request

FULL = HostFault(FaultKind.NO_SPACE, "OSError: [Errno 28] No space left on device.")


def test_a_full_disk_is_no_fact_about_a_network_and_the_next_run_measures_it(bench: Bench) -> None:
    bench.preparation.fault = FULL
    tally = bench.campaign.run(request("alpha"))
    assert (tally.measured, tally.failed) == (0, 0)
    assert [one.fault for one in tally.unmeasured] == [FULL] * len(BOTH)
    assert [fault for _, fault in bench.listener.faults] == [FULL] * len(BOTH)
    assert bench.stored() == []
    bench.preparation.fault = None
    tally = bench.campaign.run(request("alpha"))
    assert (tally.measured, tally.already_measured, tally.unmeasured) == (2, 0, ())


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_process_that_cannot_be_opened_for_the_host_leaves_the_others_alone(
    bench: Bench, kind: FaultKind
) -> None:
    def loading(case: Case) -> None:
        if case.configuration.runtime is RuntimeName.ONNXRUNTIME:
            raise HostFault(kind, "of the host")

    bench.machine.loading = loading
    tally = bench.campaign.run(request("alpha"))
    assert (tally.measured, tally.failed, len(tally.unmeasured)) == (1, 0, 1)
    assert [one.configuration.runtime for one in bench.stored()] == [RuntimeName.OPENVINO]
    assert bench.machine.is_left_clean()
    bench.machine.loading = lambda case: None
    assert bench.campaign.run(request("alpha")).measured == 1


def test_what_was_taken_before_a_fault_is_kept_for_the_next_run(bench: Bench) -> None:
    def latency_ms(process: FakeProcess) -> float:
        if len(bench.machine.visited) == 3:
            raise HostFault(FaultKind.KILLED, "SIGKILL")
        return 10.0

    bench.machine.latency_ms = latency_ms
    assert len(bench.campaign.run(request("alpha", runtimes=ONE)).unmeasured) == 1
    assert len(bench.machine.visited) == 3
    bench.machine.latency_ms = lambda process: 10.0
    assert bench.campaign.run(request("alpha", runtimes=ONE)).measured == 1
    assert len(bench.machine.visited) == 4


def test_a_file_that_vanishes_from_the_cache_is_no_failure_of_the_case(bench: Bench) -> None:
    def latency_ms(process: FakeProcess) -> float:
        if len(bench.machine.visited) == 2:
            shutil.rmtree(bench.cache.folder)
        return 10.0

    bench.machine.latency_ms = latency_ms
    tally = bench.campaign.run(request("alpha", runtimes=ONE))
    assert [one.fault.kind for one in tally.unmeasured] == [FaultKind.MISSING_FILE]
    assert bench.stored() == []


def test_a_failure_of_the_network_is_still_stored_beside_a_fault(bench: Bench) -> None:
    def loading(case: Case) -> None:
        if case.configuration.runtime is RuntimeName.ONNXRUNTIME:
            raise FULL
        raise CaseFailed(FailureReason.RUNTIME_ERROR, "no such operator")

    bench.machine.loading = loading
    tally = bench.campaign.run(request("alpha"))
    assert (tally.failed, len(tally.unmeasured)) == (1, 1)
    assert [one.configuration.runtime for one in bench.stored()] == [RuntimeName.OPENVINO]


def test_what_killed_campaigns_left_in_the_cache_is_swept(bench: Bench) -> None:
    left = bench.cache.folder / ".making-killed"
    left.mkdir(parents=True)
    (left / "model.onnx").write_bytes(b"x" * 1000)
    bench.campaign.run(request("alpha"))
    assert not left.exists()
