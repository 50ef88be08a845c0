"""A campaign that is interrupted: what it stored, what the next one takes over, and that nothing is left."""

from dataclasses import replace

import pytest

from catalog.entities.configurations import Environment
from catalog.entities.measurements import Measurement
from catalog.entities.samples import Beat
from catalog.words.vocabulary import RuntimeName, Scenario
from profiler.cases import Case
from profiler.errors import CanaryFailed
from profiler.protocol.summary import blocks_of
from tests.builders import QUIET_NS, success_of
from tests.fakes.campaign import FakeCanary, FakeProcess
from tests.profiler.campaign.bench import ONE, PLAN, Bench, request


def of_latency(latency_ms: float, measurement: Measurement) -> int:
    """How many of the calls of a measurement took so long."""
    calls = [ns for sample in success_of(measurement).samples for ns in sample.wall_ns]
    return calls.count(round(latency_ms * 1e6))


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("survived", [0, 1, 2, 5, 7])
def test_an_interrupted_campaign_goes_on_where_it_stopped(
    bench: Bench, interruption: type[BaseException], survived: int
) -> None:
    bench.interrupt_after(survived, interruption)
    with pytest.raises(interruption):
        bench.campaign.run(request("alpha"))
    assert len(bench.machine.visited) == survived
    assert bench.machine.is_left_clean()
    bench.machine.latency_ms = lambda process: 10.0
    bench.campaign.run(request("alpha"))
    assert all(blocks_of(success_of(one).samples) >= PLAN.min_blocks for one in bench.stored())
    stored = sum(blocks_of(success_of(one).samples) for one in bench.stored())
    assert stored == len(bench.machine.visited)  # none was made twice, and none was lost
    assert bench.machine.is_left_clean()


def test_blocks_of_before_and_after_become_samples_of_their_own_processes(bench: Bench) -> None:
    bench.interrupt_after(3)
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(request("alpha", runtimes=ONE))
    bench.machine.latency_ms = lambda process: 10.0
    bench.campaign.run(request("alpha", runtimes=ONE))
    (measurement,) = bench.stored()
    assert [len(sample.blocks) for sample in success_of(measurement).samples] == [2, 1, 1]


def test_the_next_campaign_reports_the_blocks_of_the_interrupted_one(bench: Bench) -> None:
    bench.interrupt_after(3)
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(request("alpha", runtimes=ONE))
    bench.listener.progress.clear()
    bench.machine.latency_ms = lambda process: 10.0
    bench.campaign.run(request("alpha", runtimes=ONE))
    assert bench.listener.progress[0].blocks == 3


def test_blocks_of_another_environment_are_not_pooled(bench: Bench) -> None:
    bench.interrupt_after(2)
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(request("alpha", runtimes=ONE))
    bench.machine.latency_ms = lambda process: 20.0
    bench.campaign.environment_of = lambda runtime: Environment("openvino 2.0")
    bench.campaign.run(request("alpha", runtimes=ONE))
    (measurement,) = bench.stored()
    assert of_latency(10.0, measurement) == 0
    assert blocks_of(success_of(measurement).samples) == len(bench.machine.visited) - 2


def test_blocks_of_another_protocol_are_not_pooled(bench: Bench) -> None:
    bench.interrupt_after(2)
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(request("alpha", runtimes=ONE))
    bench.machine.latency_ms = lambda process: 20.0
    bench.campaign.run(request("alpha", runtimes=ONE, plan=replace(PLAN, block_s=7.0)))
    (measurement,) = bench.stored()
    assert of_latency(10.0, measurement) == 0


def test_force_takes_no_blocks_of_an_interrupted_campaign(bench: Bench) -> None:
    only = request("alpha", runtimes=ONE)
    bench.interrupt_after(2)
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(only)
    bench.machine.latency_ms = lambda process: 20.0
    bench.campaign.run(replace(only, force=True))
    (measurement,) = bench.stored()
    assert of_latency(10.0, measurement) == 0


def test_blocks_of_training_are_found_again(bench: Bench) -> None:
    training = replace(request("alpha", runtimes=(RuntimeName.PYTORCH,)), scenario=Scenario.TRAINING)
    bench.interrupt_after(2)
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(training)
    bench.machine.latency_ms = lambda process: 10.0
    bench.campaign.run(training)
    (stored,) = bench.stored()
    assert blocks_of(success_of(stored).samples) == len(bench.machine.visited)


def test_the_quiet_level_learns_from_the_blocks_of_the_interrupted_campaign(bench: Bench) -> None:
    bench.interrupt_after(3)
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(request("alpha", runtimes=ONE))
    bench.machine.latency_ms = lambda process: 10.0
    bench.machine.slowdown = lambda: 1.5
    bench.campaign.run(request("alpha", runtimes=ONE))
    (measurement,) = bench.stored()
    levels = [sample.quiet_ns for sample in success_of(measurement).samples]
    assert levels == pytest.approx([QUIET_NS] * len(levels))


# Nothing is left open


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_whatever_ends_a_campaign_no_process_is_left(bench: Bench, error: type[BaseException]) -> None:
    bench.interrupt_after(6, error)
    with pytest.raises(error):
        bench.campaign.run(request("alpha", "beta"))
    assert len(bench.machine.processes) >= 4
    assert bench.machine.is_left_clean()


def test_an_interruption_while_a_process_opens_leaves_none(bench: Bench) -> None:
    def loading(case: Case) -> None:
        if len(bench.machine.processes) == 2:
            raise KeyboardInterrupt

    bench.machine.loading = loading
    with pytest.raises(KeyboardInterrupt):
        bench.campaign.run(request("alpha", "beta"))
    assert len(bench.machine.processes) == 2
    assert bench.machine.is_left_clean()


def test_a_listener_that_fails_leaves_no_process(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def stored(measurement: Measurement) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(bench.listener, "stored", stored)
    with pytest.raises(OSError, match="disk"):
        bench.campaign.run(request("alpha"))
    assert bench.machine.is_left_clean()


def test_a_new_canary_takes_the_place_of_one_that_stalls(bench: Bench) -> None:
    left = [CanaryFailed("no answer within 60 s")]

    def slowdown() -> float:
        if len(bench.machine.visited) == 3 and left:
            raise left.pop()
        return 1.0

    bench.machine.slowdown = slowdown
    assert bench.campaign.run(request("alpha", "beta")).measured == 4
    stalled, other = bench.machine.canaries
    assert stalled.closed
    assert other.beats
    blocks = sum(len(sample.blocks) for one in bench.stored() for sample in success_of(one).samples)
    assert blocks == len(bench.machine.visited) - 1  # the third block had no beat after it
    assert bench.machine.is_left_clean()


def test_canaries_that_all_die_end_the_campaign_and_fail_no_case(bench: Bench) -> None:
    def slowdown() -> float:
        if len(bench.machine.visited) >= 3:
            raise CanaryFailed("SIGSEGV")
        return 1.0

    bench.machine.slowdown = slowdown
    with pytest.raises(CanaryFailed):
        bench.campaign.run(request("alpha", "beta"))
    assert len(bench.machine.canaries) == 4
    assert bench.stored() == []
    assert bench.machine.is_left_clean()
    bench.machine.slowdown = lambda: 1.0
    assert bench.campaign.run(request("alpha", "beta")).measured == 4


def test_an_ended_case_is_closed_while_others_are_measured(bench: Bench) -> None:
    def latency_ms(process: FakeProcess) -> float:
        if process.case.workload.architecture == "alpha":
            return 10.0
        return 20.0 if bench.machine.visited.count(process) % 2 else 10.0

    bench.machine.latency_ms = latency_ms
    open_at_end: list[set[str]] = []

    class Watching(FakeCanary):
        def beat(self) -> Beat:
            open_at_end.append({one.case.workload.architecture for one in bench.machine.open_processes})
            return super().beat()

    bench.campaign.open_canary = lambda case: Watching(case, bench.machine)
    bench.campaign.run(request("alpha", "beta", runtimes=ONE))
    assert {"alpha", "beta"} in open_at_end
    assert open_at_end[-1] == {"beta"}
