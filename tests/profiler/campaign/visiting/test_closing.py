"""Nothing is left open."""

import pytest

from profiler.cases import Case
from profiler.faults import FaultKind, HostFault
from tests.fakes.campaign import FakeMachine, FakeProcess
from tests.profiler.campaign.visiting.visits import ALPHA, BETA, GAMMA, Visiting, case_of


def test_an_ended_case_has_no_process_and_the_others_have(machine: FakeMachine) -> None:
    visiting = Visiting(machine)
    visiting(*[ALPHA] * 3, BETA)
    visiting.visitor.close(ALPHA)
    assert [process.case for process in machine.open_processes] == [BETA]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_whatever_happens_in_a_visit_all_processes_and_canaries_are_closed(
    machine: FakeMachine, error: type[BaseException]
) -> None:
    def latency_ms(process: FakeProcess) -> float:
        raise error

    visiting = Visiting(machine)
    visiting(ALPHA, case_of("beta", threads=2))
    assert len(machine.open_processes) == len(machine.canaries) == 2
    machine.latency_ms = latency_ms
    with pytest.raises(error), visiting.visitor:
        visiting(ALPHA)
    assert machine.is_left_clean()


def test_where_one_cannot_be_closed_all_the_others_are(machine: FakeMachine) -> None:
    def close() -> None:
        raise KeyboardInterrupt

    visiting = Visiting(machine)
    visiting(ALPHA, BETA, GAMMA)
    machine.processes[1].close = close  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt), visiting.visitor:
        pass
    assert [process.case for process in machine.open_processes] == [BETA]
    assert all(canary.closed for canary in machine.canaries)


@pytest.mark.parametrize("kind", [FaultKind.TOO_MANY_FILES, FaultKind.TOO_MANY_PROCESSES])
def test_where_no_more_processes_can_be_opened_the_others_make_room(kind: FaultKind) -> None:
    """As with `ulimit -n`: two processes can be open at once."""
    machine = FakeMachine()

    def starting(case: Case) -> None:
        if len(machine.open_processes) == 2:
            raise HostFault(kind, "[Errno 24]")

    machine.starting = starting
    visiting = Visiting(machine)
    assert None not in visiting(ALPHA, BETA, GAMMA)
    assert [process.case for process in machine.open_processes] == [GAMMA]


def test_where_not_even_a_single_process_can_be_opened_the_host_is_at_fault() -> None:
    fault = HostFault(FaultKind.TOO_MANY_FILES, "[Errno 24]")

    def starting(case: Case) -> None:
        raise fault

    with pytest.raises(HostFault) as caught:
        Visiting(FakeMachine(starting=starting))(ALPHA)
    assert caught.value is fault


def test_a_full_disk_ends_no_other_process() -> None:
    machine = FakeMachine()

    def loading(case: Case) -> None:
        if case == BETA:
            raise HostFault(FaultKind.NO_SPACE, "[Errno 28]")

    machine.loading = loading
    visiting = Visiting(machine)
    visiting(ALPHA)
    with pytest.raises(HostFault):
        visiting(BETA)
    assert [process.case for process in machine.open_processes] == [ALPHA]
