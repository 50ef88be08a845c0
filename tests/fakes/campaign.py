"""What a campaign measures with, and whom it informs. They take no real time, and remember."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from catalog.entities.configurations import Environment
from catalog.entities.measurements import Measurement
from catalog.entities.node_profiles import NodeProfile, ProfiledNode
from catalog.entities.samples import Beat, ProcessSample
from catalog.words.vocabulary import Device, RuntimeName
from profiler.artefacts.cache import CachedArtefact
from profiler.campaign.duration import Progress
from profiler.campaign.profiling_nodes import Profiled
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import HostFault
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.sampling import Timings
from profiler.protocol.visits import Visit
from tests.builders import NOON, make_beat, make_sample

CALLS = 3
"""How many calls a block of a fake process has."""


@dataclass
class FakeTime:
    """Seconds that pass only when something takes them."""

    now_s: float = 1000.0

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now_s += seconds


@dataclass
class FakeMachine:
    """Opens processes and canaries. What they take passes on `time`.

    `latency_ms` is what the calls of a process take. It may raise the failure of a visit, as `starting` and
    `loading` may raise that of a process that opens, and `profiling` that of one that profiles nodes. Beats
    take `slowdown` times as long as on the quiet machine. Of its `memory_bytes`, each open process takes
    `process_bytes`. None is a machine that does not say. `most_open`, `most_loading` and `most_profiled` are
    how many processes were open, loaded and were asked for their nodes at once.
    """

    time: FakeTime = field(default_factory=FakeTime)
    latency_ms: Callable[["FakeProcess"], float] = lambda process: 10.0
    starting: Callable[[Case], None] = lambda case: None
    loading: Callable[[Case], None] = lambda case: None
    profiling: Callable[[Case], None] = lambda case: None
    slowdown: Callable[[], float] = lambda: 1.0
    foreign_cpus: float = 0.0
    opening_s: float = 1.0
    beat_s: float = 0.01
    memory_bytes: int | None = None
    process_bytes: int = 100_000_000
    opened_with: list[tuple[CachedArtefact, SamplingPlan, float]] = field(default_factory=list)
    most_open: int = 0
    most_loading: int = 0
    most_profiled: int = 0
    processes: list["FakeProcess"] = field(default_factory=list)
    canaries: list["FakeCanary"] = field(default_factory=list)
    visited: list["FakeProcess"] = field(default_factory=list)
    visited_at_s: list[float] = field(default_factory=list)
    profiled: list[Case] = field(default_factory=list)

    def open_process(
        self, case: Case, artefact: CachedArtefact, plan: SamplingPlan, timeout_s: float
    ) -> "FakeProcess":
        self.opened_with.append((artefact, plan, timeout_s))
        return self.open(case)

    def open(self, case: Case) -> "FakeProcess":
        self.starting(case)
        process = FakeProcess(case, self, len(self.processes))
        self.processes.append(process)
        self.most_open = max(self.most_open, len(self.open_processes))
        self.most_loading = max(self.most_loading, len(self.loading_processes))
        return process

    def profile_nodes(self, cases: Sequence[tuple[Case, CachedArtefact]], timeout_s: float) -> list[Profiled]:
        """A node for each case, named after its runtime. No process of the case is open meanwhile."""
        self.most_profiled = max(self.most_profiled, len(cases))
        return [self._profiled(case) for case, _ in cases]

    def _profiled(self, case: Case) -> Profiled:
        assert not any(process.case == case for process in self.open_processes)
        self.profiled.append(case)
        try:
            self.profiling(case)
        except (CaseFailed, HostFault) as failure:
            return failure
        node = ProfiledNode(case.configuration.runtime, "Conv", (), (), (10_000.0,))
        return NodeProfile(calls_us=(10_100.0,), nodes=(node,))

    def open_canary(self, case: Case) -> "FakeCanary":
        canary = FakeCanary(case, self)
        self.canaries.append(canary)
        return canary

    def available_bytes(self) -> int | None:
        if self.memory_bytes is None:
            return None
        return self.memory_bytes - self.process_bytes * len(self.open_processes)

    @property
    def open_processes(self) -> list["FakeProcess"]:
        return [process for process in self.processes if not process.closed]

    @property
    def loading_processes(self) -> list["FakeProcess"]:
        return [process for process in self.open_processes if not process.is_loaded]

    @property
    def cases(self) -> list[Case]:
        """The cases of all visits, in their order."""
        return [process.case for process in self.visited]

    def times_s(self, case: Case) -> list[float]:
        """When the blocks of the case began."""
        visits = zip(self.visited, self.visited_at_s, strict=True)
        return [at_s for process, at_s in visits if process.case == case]

    def is_left_clean(self) -> bool:
        """Whether every process that was opened is closed."""
        return not self.open_processes and all(canary.closed for canary in self.canaries)


@dataclass(eq=False)
class FakeProcess:
    """A process of a case, the `number`th that its machine opened."""

    case: Case
    machine: FakeMachine
    number: int
    closed: bool = False
    is_loaded: bool = False
    _sample: ProcessSample = field(init=False)
    _started_at_s: float = field(init=False)

    def __post_init__(self) -> None:
        without_calls = make_sample(calls=0, started_at=started_at(self.number))
        self._sample = replace(without_calls, seconds={"import": 0.1, "load": 0.5}, quiet_ns=None)
        self._started_at_s = self.machine.time.clock()

    def loaded(self) -> ProcessSample:
        assert not self.closed, "a closed process was waited for"
        if not self.is_loaded:
            # Those that began earlier have loaded meanwhile.
            self.machine.time.now_s = max(
                self.machine.time.now_s, self._started_at_s + self.machine.opening_s
            )
            self.machine.loading(self.case)
            self.is_loaded = True
        return self._sample

    def visit(self) -> Visit:
        assert not self.closed, "a closed process was visited"
        assert self.is_loaded, "a process was visited that loads"
        assert not self.machine.loading_processes, "a block was timed while a process loaded"
        begin_s = self.machine.time.clock()
        latency_ms = self.machine.latency_ms(self)
        self.machine.visited.append(self)
        self.machine.visited_at_s.append(begin_s)
        self.machine.time.now_s += CALLS * latency_ms / 1e3
        ns = round(latency_ms * 1e6)
        return Visit(
            at_s=begin_s - self._started_at_s,
            took_s=self.machine.time.clock() - begin_s,
            timings=Timings((ns,) * CALLS, (ns,) * CALLS),
            foreign_cpus=self.machine.foreign_cpus,
            peak_bytes=self.machine.process_bytes,
        )

    def close(self) -> None:
        self.closed = True


@dataclass(eq=False)
class FakeCanary:
    """A canary on the CPUs of a case. `beats` are those that it made."""

    case: Case
    machine: FakeMachine
    closed: bool = False
    beats: list[Beat] = field(default_factory=list)

    def beat(self) -> Beat:
        assert not self.closed, "a closed canary was asked to beat"
        self.machine.time.now_s += self.machine.beat_s
        configuration = self.case.configuration
        self.beats.append(
            make_beat(
                self.machine.slowdown(),
                cpus=configuration.cpus,
                on_device=configuration.device is not Device.CPU,
            )
        )
        return self.beats[-1]

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeListener:
    """Remembers what it was informed of."""

    cases: int | None = None
    already_measured: int | None = None
    seconds: float | None = None
    prepared: list[tuple[int, int]] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    faults: list[tuple[Case, HostFault]] = field(default_factory=list)
    without_nodes: list[tuple[Case, CaseFailed]] = field(default_factory=list)

    def planned(self, cases: int, already_measured: int, seconds: float) -> None:
        self.cases, self.already_measured, self.seconds = cases, already_measured, seconds

    def preparing(self, done: int, of: int) -> None:
        self.prepared.append((done, of))

    def visiting(self, progress: Progress) -> None:
        self.progress.append(progress)

    def stored(self, measurement: Measurement) -> None:
        self.measurements.append(measurement)

    def unprofiled(self, case: Case, failure: CaseFailed) -> None:
        self.without_nodes.append((case, failure))

    def unmeasured(self, case: Case, fault: HostFault) -> None:
        self.faults.append((case, fault))


def started_at(number: int) -> str:
    """When the process of this number started."""
    return (NOON + timedelta(seconds=number)).isoformat(timespec="milliseconds")


def make_visit(latency_ms: float = 10.0, process: int = 0, *, slowdown: float = 1.0) -> ProcessSample:
    """The sample of one visit to the process of this number, before it was compared with any level."""
    visit = make_sample(latency_ms, calls=CALLS, blocks=1, slowdown=slowdown, started_at=started_at(process))
    return replace(visit, quiet_ns=None)


def fake_environment(runtime: RuntimeName) -> Environment:
    return Environment(f"{runtime} 1.0", kernel="6.0")


@contextmanager
def no_lock() -> Iterator[None]:
    yield
