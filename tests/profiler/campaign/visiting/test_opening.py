"""Processes that are due are opened side by side, before a round begins."""

from dataclasses import replace

import pytest

from catalog.words.doubts import FailureReason
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from tests.fakes.campaign import FakeMachine
from tests.profiler.campaign.bench import PLAN
from tests.profiler.campaign.visiting.visits import CRASHED, MB, Visiting, case_of

PAIR = [case_of(name, threads=2) for name in ("alpha", "beta", "gamma")]
ALPHA, BETA, GAMMA = PAIR


def open_due(visiting: Visiting, *cases: Case) -> list[Case]:
    """The cases whose process was opened."""
    return list(visiting.visitor.open_due({case: visiting.visits.get(case, []) for case in cases}))


@pytest.mark.parametrize(("threads", "clients", "together"), [(1, 1, 1), (2, 1, 2), (1, 3, 3)])
def test_as_many_load_at_once_as_a_case_has_cpus(
    machine: FakeMachine, threads: int, clients: int, together: int
) -> None:
    cases = [case_of(f"net{number}", threads=threads, clients=clients) for number in range(6)]
    begin_s = machine.time.clock()
    assert open_due(Visiting(machine), *cases) == cases
    assert machine.most_loading == together
    assert machine.time.clock() - begin_s == pytest.approx(6 / together * machine.opening_s)


def test_a_visit_finds_its_process_open_and_opens_no_other(machine: FakeMachine) -> None:
    visiting = Visiting(machine)
    open_due(visiting, *PAIR)
    assert None not in visiting(*PAIR)
    assert len(machine.processes) == 3
    assert open_due(visiting, *PAIR) == []


def test_the_next_process_of_a_case_is_opened_when_it_is_due(machine: FakeMachine) -> None:
    visiting = Visiting(machine, replace(PLAN, blocks_each=2))
    visiting(ALPHA, BETA, ALPHA)
    assert open_due(visiting, ALPHA, BETA) == [ALPHA]
    assert open_due(visiting, ALPHA, BETA) == []  # one that was never visited is there
    visiting(ALPHA)
    assert [process.number for process in machine.visited if process.case == ALPHA] == [0, 0, 2]


def test_what_fails_is_told_by_the_visit_of_its_case_alone(machine: FakeMachine) -> None:
    def loading(case: Case) -> None:
        if case == BETA:
            raise CRASHED

    machine.loading = loading
    visiting = Visiting(machine)
    open_due(visiting, *PAIR)
    assert [process.case for process in machine.open_processes] == [ALPHA, GAMMA]
    visiting(ALPHA)
    with pytest.raises(CaseFailed) as caught:
        visiting(BETA)
    assert caught.value is CRASHED
    assert len(machine.processes) == 3  # it was not tried again
    visiting(GAMMA)


def test_a_fault_of_the_host_is_told_by_the_visit(machine: FakeMachine) -> None:
    fault = HostFault(FaultKind.NO_SPACE, "full")

    def starting(case: Case) -> None:
        if case == ALPHA:
            raise fault

    machine.starting = starting
    visiting = Visiting(machine)
    open_due(visiting, ALPHA, BETA)
    with pytest.raises(HostFault) as caught:
        visiting(ALPHA)
    assert caught.value is fault
    visiting(BETA)


def test_a_case_that_was_closed_is_tried_anew(machine: FakeMachine) -> None:
    failing = [CRASHED]
    machine.loading = lambda case: (_ for _ in ()).throw(failing.pop()) if failing else None
    visiting = Visiting(machine)
    open_due(visiting, ALPHA)
    visiting.visitor.close(ALPHA)
    assert visiting(ALPHA)[0] is not None


@pytest.mark.parametrize(
    "failure",
    [HostFault(FaultKind.TOO_MANY_FILES, "[Errno 24]"), CaseFailed(FailureReason.OUT_OF_MEMORY, "killed")],
)
def test_where_others_leave_no_room_the_visit_makes_some(
    machine: FakeMachine, failure: CaseFailed | HostFault
) -> None:
    def loading(case: Case) -> None:
        if len(machine.open_processes) > 2:
            raise failure

    machine.loading = loading
    visiting = Visiting(machine)
    open_due(visiting, ALPHA)
    open_due(visiting, BETA, GAMMA)
    assert [process.case for process in machine.open_processes] == [ALPHA, GAMMA]
    assert None not in visiting(*PAIR)


def test_where_no_process_can_be_started_none_is_tried_after_it(machine: FakeMachine) -> None:
    def starting(case: Case) -> None:
        if len(machine.open_processes) == 1:
            raise HostFault(FaultKind.TOO_MANY_PROCESSES, "[Errno 11]")

    machine.starting = starting
    visiting = Visiting(machine)
    assert open_due(visiting, *PAIR) == [ALPHA]
    assert None not in visiting(*PAIR)


def test_processes_that_load_count_as_taking_their_memory(machine: FakeMachine) -> None:
    """Each needs 450 MB, as far as is known. Nothing is taken while it loads."""
    machine.memory_bytes = 1000 * MB
    machine.process_bytes = 0
    visiting = Visiting(machine)
    # The first loads in any case. With the second, 900 MB are needed, and a tenth is spared.
    assert open_due(visiting, *PAIR) == [ALPHA, BETA]


def test_what_loads_is_closed_where_waiting_is_interrupted(machine: FakeMachine) -> None:
    def loading(case: Case) -> None:
        raise KeyboardInterrupt

    machine.loading = loading
    visiting = Visiting(machine)
    with pytest.raises(KeyboardInterrupt), visiting.visitor:
        open_due(visiting, *PAIR)
    assert len(machine.processes) == 2
    assert machine.is_left_clean()
