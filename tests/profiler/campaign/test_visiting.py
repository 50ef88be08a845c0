"""Which processes are open, which is visited, and what the canary says beside it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.entities.samples import Beat, ProcessSample
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, RuntimeName
from profiler.campaign.rounds import StoppingRule
from profiler.campaign.visiting import Visitor
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.quiet import QuietLevel
from tests.fakes.campaign import CALLS, FakeMachine, FakeProcess, started_at
from tests.profiler.campaign.bench import PLAN

MB = 1_000_000
# A process that was never opened is taken to need three times its file and 300 MB: 450 MB. It takes 100 MB.
FILE_BYTES = 50 * MB
NO_MEMORY = CaseFailed(FailureReason.OUT_OF_MEMORY, "not enough memory")
CRASHED = CaseFailed(FailureReason.CRASHED, "SIGSEGV")


def case_of(name: str, *, threads: int = 1, clients: int = 1, device: Device = Device.CPU) -> Case:
    configuration = Configuration(RuntimeName.PYTORCH, threads=threads, clients=clients, device=device)
    return Case(Workload(name, 1000, 224), configuration)


ALPHA, BETA, GAMMA = (case_of(name) for name in ("alpha", "beta", "gamma"))


class Remembering(QuietLevel):
    """Remembers the beats that it learnt from."""

    def __init__(self) -> None:
        super().__init__()
        self.learnt: list[Beat] = []

    def learn(self, beat: Beat) -> None:
        self.learnt.append(beat)
        super().learn(beat)


class Visiting:
    """A visitor on a machine, with the visits that it made to each case."""

    def __init__(self, machine: FakeMachine, plan: SamplingPlan = PLAN) -> None:
        self.machine = machine
        self.quiet = Remembering()
        self.visitor = Visitor(
            StoppingRule(plan, self.quiet),
            machine.open,
            machine.open_canary,
            lambda case: FILE_BYTES,
            machine.available_bytes,
            machine.time.clock,
            choose=lambda processes: processes[0],
        )
        self.visits: dict[Case, list[ProcessSample]] = {}

    def __call__(self, *cases: Case) -> list[ProcessSample | None]:
        """Visit the cases, one after another."""
        return [self._visit(case) for case in cases]

    def _visit(self, case: Case) -> ProcessSample | None:
        visits = self.visits.setdefault(case, [])
        taken = self.visitor.visit(case, visits)
        if taken is not None:
            visits.append(taken)
        return taken


@pytest.fixture
def machine() -> FakeMachine:
    return FakeMachine()


def once(failure: CaseFailed) -> Callable[[object], None]:
    """Raises the failure when it is called first."""
    left = [failure]

    def fail(_: object) -> None:
        if left:
            raise left.pop()

    return fail


# Processes of a case


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


# Memory


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


# Failures


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


# The canary


@pytest.fixture
def slowing(machine: FakeMachine) -> FakeMachine:
    """A machine whose beats all differ: each takes longer than the one before."""
    beats: Iterator[int] = count(1)
    machine.slowdown = lambda: float(next(beats))
    return machine


def beats_of(taken: list[ProcessSample | None]) -> list[tuple[int, int]]:
    """The numbers of the beats before and after each visit."""
    blocks = [one.blocks[0] for one in taken if one is not None]
    return [(round(block.before.ns / 1e6), round(block.after.ns / 1e6)) for block in blocks]


def test_the_beat_after_a_block_is_the_one_before_the_next_at_once(slowing: FakeMachine) -> None:
    assert beats_of(Visiting(slowing)(ALPHA, ALPHA)) == [(1, 2), (2, 3)]
    visiting = Visiting(slowing)
    visiting(ALPHA, BETA)
    assert beats_of(visiting(ALPHA, BETA)) == [(7, 8), (8, 9)]


def test_a_beat_does_not_serve_a_later_block_or_one_after_a_process_was_opened(slowing: FakeMachine) -> None:
    visiting = Visiting(slowing)
    visiting(ALPHA)
    slowing.time.sleep(0.06)
    assert beats_of(visiting(ALPHA)) == [(3, 4)]
    assert beats_of(visiting(BETA)) == [(5, 6)]


def test_a_beat_serves_only_blocks_on_as_many_cpus(slowing: FakeMachine) -> None:
    slowing.opening_s = 0.0
    alone, two, clients = ALPHA, case_of("alpha", threads=2), case_of("beta", threads=1, clients=2)
    assert beats_of(Visiting(slowing)(alone, two, clients)) == [(1, 2), (3, 4), (4, 5)]
    assert [canary.case for canary in slowing.canaries] == [alone, two]


def test_a_gpu_has_a_canary_of_its_own(machine: FakeMachine) -> None:
    taken = Visiting(machine)(ALPHA, case_of("alpha", device=Device.CUDA))
    assert [one is not None and one.blocks[0].before.device_ns is not None for one in taken] == [False, True]


def test_the_quiet_level_learns_every_beat_once(slowing: FakeMachine) -> None:
    visiting = Visiting(slowing)
    visiting(*[ALPHA] * 4)
    (canary,) = slowing.canaries
    assert visiting.quiet.learnt == canary.beats
    assert len(canary.beats) == 6  # one more than blocks, and one more after the second process was opened


# Nothing is left open


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

    def loading(case: Case) -> None:
        if len(machine.open_processes) == 2:
            raise HostFault(kind, "[Errno 24]")

    machine.loading = loading
    visiting = Visiting(machine)
    assert None not in visiting(ALPHA, BETA, GAMMA)
    assert [process.case for process in machine.open_processes] == [GAMMA]


def test_where_not_even_a_single_process_can_be_opened_the_host_is_at_fault() -> None:
    fault = HostFault(FaultKind.TOO_MANY_FILES, "[Errno 24]")

    def loading(case: Case) -> None:
        raise fault

    with pytest.raises(HostFault) as caught:
        Visiting(FakeMachine(loading=loading))(ALPHA)
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
