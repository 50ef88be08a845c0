"""Which processes stay open where memory does not last."""

from dataclasses import replace

import pytest

from tests.fakes.campaign import FakeMachine
from tests.profiler.campaign.bench import PLAN
from tests.profiler.campaign.visiting.visits import ALPHA, BETA, GAMMA, MB, Visiting, case_of


def test_while_memory_lasts_every_process_stays_open(machine: FakeMachine) -> None:
    machine.memory_bytes = 100_000 * MB
    visiting = Visiting(machine)
    visiting(*[ALPHA, BETA, GAMMA] * 4)
    assert len(machine.open_processes) == len(machine.processes) == 3 * PLAN.processes


def test_where_the_system_does_not_say_memory_is_taken_to_last(machine: FakeMachine) -> None:
    Visiting(machine)(ALPHA, BETA, GAMMA)
    assert len(machine.open_processes) == 3


@pytest.mark.parametrize(("memory_mb", "fit"), [(0, 1), (300, 1), (600, 1), (700, 2), (800, 3), (1000, 5)])
def test_processes_open_as_long_as_the_next_leaves_a_tenth_to_others(
    machine: FakeMachine, memory_mb: int, fit: int
) -> None:
    machine.memory_bytes = memory_mb * MB
    cases = [case_of(f"net{number}") for number in range(8)]
    taken = Visiting(machine)(*cases)
    assert [one is not None for one in taken] == [True] * fit + [False] * (8 - fit)
    assert len(machine.open_processes) == fit


def test_a_case_that_was_open_needs_what_it_took(machine: FakeMachine) -> None:
    machine.memory_bytes = 500 * MB
    visiting = Visiting(machine)
    visiting(ALPHA)
    visiting.visitor.close(ALPHA)
    visiting(BETA)
    # 400 MB are free and 50 MB of them are spared. It takes 100 MB.
    assert visiting(GAMMA, ALPHA)[0] is None
    assert {process.case for process in machine.open_processes} == {ALPHA, BETA}


def test_where_one_process_fits_cases_take_turns_of_five_visits(machine: FakeMachine) -> None:
    machine.memory_bytes = 1 * MB
    Visiting(machine, replace(PLAN, processes=1, max_processes=1))(*[ALPHA, BETA] * 18)
    assert machine.cases == [*[ALPHA] * 5, *[BETA] * 5] * 2
    assert len(machine.open_processes) == 1


def test_of_the_processes_that_had_their_stay_the_most_visited_is_closed_first(machine: FakeMachine) -> None:
    visiting = Visiting(machine, replace(PLAN, processes=1, max_processes=1))
    visiting(*[ALPHA] * 5, *[BETA] * 6, *[case_of("delta")] * 4)
    machine.memory_bytes = 700 * MB  # whoever is closed makes room for one
    visiting(GAMMA)
    assert [process.case for process in machine.processes if process.closed] == [BETA]


def test_a_case_closes_its_own_process_before_those_of_others(machine: FakeMachine) -> None:
    visiting = Visiting(machine, replace(PLAN, processes=2, blocks_each=5))
    visiting(*[BETA] * 5, *[ALPHA] * 5)
    machine.memory_bytes = 250 * MB
    visiting(ALPHA)
    assert [process.case for process in machine.processes if process.closed] == [ALPHA]
    assert machine.visited[-1].number == 2


def test_where_even_that_makes_no_room_the_case_waits(machine: FakeMachine) -> None:
    visiting = Visiting(machine, replace(PLAN, processes=2, blocks_each=5))
    visiting(*[ALPHA] * 5, BETA)
    machine.memory_bytes = 150 * MB  # others on the machine have taken the rest
    assert visiting(ALPHA) == [None]
    assert [process.case for process in machine.open_processes] == [BETA]
    assert visiting(*[BETA] * 4)[-1] is not None
    assert visiting(ALPHA)[0] is not None
