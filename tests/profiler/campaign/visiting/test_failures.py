"""What becomes of a case, and of others, when a visit fails."""

import pytest

from profiler.cases import Case
from profiler.failures import CaseFailed
from tests.fakes.campaign import FakeMachine, FakeProcess, started_at
from tests.profiler.campaign.visiting.visits import ALPHA, BETA, CRASHED, NO_MEMORY, Visiting, once


def test_without_memory_the_others_are_closed_and_it_is_tried_once_more(machine: FakeMachine) -> None:
    visiting = Visiting(machine)
    visiting(ALPHA, BETA)
    fail = once(NO_MEMORY)

    def latency_ms(process: FakeProcess) -> float:
        fail(process)
        return 10.0

    machine.latency_ms = latency_ms
    (taken,) = visiting(ALPHA)
    assert taken is not None
    assert taken.started_at == started_at(2)
    assert [process.number for process in machine.open_processes] == [2]


def test_a_process_that_cannot_load_without_memory_is_tried_once_more(machine: FakeMachine) -> None:
    visiting = Visiting(machine)
    visiting(BETA)
    machine.loading = once(NO_MEMORY)
    assert visiting(ALPHA)[0] is not None
    assert [process.case for process in machine.open_processes] == [ALPHA]


def fails(visiting: Visiting, failure: CaseFailed) -> int:
    """How often a case is opened that always fails so."""
    opened: list[Case] = []

    def loading(case: Case) -> None:
        opened.append(case)
        raise failure

    visiting.machine.loading = loading
    with pytest.raises(CaseFailed) as caught:
        visiting(ALPHA)
    assert caught.value is failure
    return len(opened)


def test_a_case_that_is_alone_without_memory_has_failed(machine: FakeMachine) -> None:
    assert fails(Visiting(machine), NO_MEMORY) == 1


def test_a_case_that_fails_alone_too_has_failed(machine: FakeMachine) -> None:
    visiting = Visiting(machine)
    visiting(BETA)
    assert fails(visiting, NO_MEMORY) == 2


def test_another_failure_is_not_tried_again_and_leaves_the_others_open(machine: FakeMachine) -> None:
    visiting = Visiting(machine)
    visiting(BETA)
    assert fails(visiting, CRASHED) == 1
    assert [process.case for process in machine.open_processes] == [BETA]


def test_the_process_of_a_failed_visit_is_closed(machine: FakeMachine) -> None:
    visiting = Visiting(machine)
    visiting(ALPHA, BETA)

    def latency_ms(process: FakeProcess) -> float:
        raise CRASHED

    machine.latency_ms = latency_ms
    with pytest.raises(CaseFailed):
        visiting(ALPHA)
    assert [process.case for process in machine.open_processes] == [BETA]
