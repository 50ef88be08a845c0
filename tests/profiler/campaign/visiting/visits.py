"""A visitor on a machine whose processes take no time."""

from collections.abc import Callable

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.entities.samples import Block, ProcessSample
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, RuntimeName
from profiler.campaign.rounds import StoppingRule
from profiler.campaign.visiting import Visitor
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.quiet import QuietLevel
from tests.fakes.campaign import FakeMachine
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
    """Remembers the blocks that it learnt from."""

    def __init__(self) -> None:
        super().__init__()
        self.learnt: list[Block] = []

    def learn(self, block: Block) -> None:
        self.learnt.append(block)
        super().learn(block)


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


def once(failure: CaseFailed) -> Callable[[object], None]:
    """Raises the failure when it is called first."""
    left = [failure]

    def fail(_: object) -> None:
        if left:
            raise left.pop()

    return fail
