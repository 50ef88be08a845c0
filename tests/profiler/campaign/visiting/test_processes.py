"""Which processes of a case are open, and which is visited."""

from collections.abc import Callable
from dataclasses import replace

from tests.fakes.campaign import CALLS, FakeMachine, FakeProcess, started_at
from tests.profiler.campaign.bench import PLAN
from tests.profiler.campaign.visiting.visits import ALPHA, Visiting


def test_a_visit_is_a_block_of_its_process_with_a_beat_before_and_after(machine: FakeMachine) -> None:
    (first, second) = Visiting(machine)(ALPHA, ALPHA)
    for taken in (first, second):
        assert taken is not None
        (block,) = taken.blocks
        assert (taken.started_at, block.calls) == (started_at(0), CALLS)
        assert taken.wall_ns == (10_000_000,) * CALLS
    assert second is not None
    assert second.blocks[0].before in machine.canaries[0].beats
    assert second.blocks[0].after == machine.canaries[0].beats[-1]


def test_processes_are_opened_at_different_times_and_the_least_visited_is_next(machine: FakeMachine) -> None:
    visiting = Visiting(machine, replace(PLAN, processes=3, max_processes=3, blocks_each=2))
    visiting(*[ALPHA] * 10)
    assert [process.number for process in machine.visited] == [0, 0, 1, 1, 2, 2, 0, 1, 2, 0]


def differing(process: FakeProcess) -> float:
    return 10.0 if process.number % 2 else 10.3


def alike(machine: FakeMachine) -> Callable[[FakeProcess], float]:
    """Every process has the same fast and slow blocks."""
    latencies_ms = (10.0, 14.0, 11.0, 15.0, 12.0, 13.0)
    return lambda process: latencies_ms[machine.visited.count(process) % len(latencies_ms)]


def test_where_processes_differ_more_are_opened_up_to_the_most(machine: FakeMachine) -> None:
    machine.latency_ms = differing
    Visiting(machine)(*[ALPHA] * 40)
    # Two by the plan. One more each time that there are twice the blocks that these processes have at least.
    opened_at = [machine.visited.index(process) for process in machine.processes]
    assert opened_at == [0, 2, 8, 12]
    assert len(machine.processes) == PLAN.max_processes


def test_where_moments_differ_and_processes_do_not_none_is_opened(machine: FakeMachine) -> None:
    machine.latency_ms = alike(machine)
    Visiting(machine)(*[ALPHA] * 40)
    assert len(machine.processes) == PLAN.processes


def test_a_case_of_an_interrupted_campaign_has_a_new_process(machine: FakeMachine) -> None:
    interrupted = Visiting(machine)
    interrupted(ALPHA)
    visiting = Visiting(machine)
    visiting.visits = interrupted.visits
    visiting(ALPHA)
    assert [process.number for process in machine.visited] == [0, 1]
