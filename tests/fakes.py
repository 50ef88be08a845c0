"""Stand-ins for what takes time or hardware: they measure exactly, at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from catalog.entities.configurations import Environment
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Architecture, Backbone, Checkpoint, CountedWorkload, Counts, Workload
from catalog.entities.samples import ProcessSample
from catalog.reference.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision, RuntimeName
from profiler.artefacts.cache import ArtefactCache, CachedArtefact
from profiler.cases import Case
from profiler.errors import ProfilerError
from profiler.failures import CaseFailed
from profiler.preparation import Examined, Job, Prepared, Registry
from profiler.protocol.plan import SamplingPlan
from tests.builders import make_sample


@dataclass
class FakeClock:
    """Time that passes only when told to; CPU time runs `cpu_share` as fast as wall time."""

    wall: int = 0
    cpu: int = 0
    cpu_share: float = 1.0

    def wall_ns(self) -> int:
        return self.wall

    def cpu_ns(self) -> int:
        return self.cpu

    def pass_ms(self, milliseconds: float) -> None:
        self.wall += round(milliseconds * 1e6)
        self.cpu += round(milliseconds * 1e6 * self.cpu_share)


@dataclass
class FakeCall:
    """A call that takes the durations given, in ms, then the last of them for ever."""

    clock: FakeClock
    durations_ms: Sequence[float]
    calls: int = 0

    def __call__(self) -> None:
        position = min(self.calls, len(self.durations_ms) - 1)
        self.calls += 1
        self.clock.pass_ms(self.durations_ms[position])


@dataclass
class FakePreparation:
    """Describes any architecture but those in `unknown`, exports any but those in `unexportable`, and makes
    int8 files of any but those in `unquantisable`."""

    cache: ArtefactCache
    unknown: Sequence[str] = ()
    unexportable: Sequence[str] = ()
    unquantisable: Sequence[str] = ()
    uncountable: Sequence[str] = ()
    described: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    def describe(self, patterns: Sequence[str]) -> list[Backbone]:
        self.described.extend(patterns)
        for name in patterns:
            if name in self.unknown:
                raise ProfilerError(f"unknown architecture {name!r}", "close matches: none")
        return [
            Backbone(
                Architecture(
                    name, "fake", default_tag="v1", fixed_input=False, native_size=224, num_classes=1000
                ),
                (Checkpoint(f"{name}.v1", name, 1000, native_size=224),),
                1000,
                224,
            )
            for name in patterns
        ]

    def prepare(self, jobs: Sequence[Job]) -> Iterator[Prepared]:
        for job in jobs:
            self.jobs.append(job)
            name = job.workload.architecture
            if name in self.unexportable:
                failure = CaseFailed(FailureReason.UNSUPPORTED_EXPORT, "no such operator")
                yield Prepared(job, None, failure)
                continue
            if name in self.unquantisable and job.precision is Precision.INT8:
                failure = CaseFailed(FailureReason.UNSUPPORTED_PRECISION, "no integer kernel")
                yield Prepared(job, None, failure)
                continue
            self.cache.make(job.workload, job.format, _write_fake_artefact, job.precision)
            counted = None
            if job.count:
                counts = None if name in self.uncountable else Counts(1.0, 2.0, 3.0, {"conv": 2.0})
                reason = "no formula for attention" if name in self.uncountable else None
                counted = CountedWorkload(job.workload, counts, reason)
            yield Prepared(job, counted, None)

    def close(self) -> None:
        """Nothing is open."""


def make_examined(name: str, pairs: Sequence[tuple[int, int]] = ()) -> Examined:
    """What could be said of an architecture, counted at its native size and the `pairs`."""
    return Examined(
        TimmArchitecture(name, "fakes", "v1", 1000, 224, fixed_input=False, reparameterised=False),
        (TimmCheckpoint(f"{name}.v1", 1000, 224, "mit", f"timm/{name}.v1"),),
        tuple(
            CountedWorkload(
                Workload(name, classes, size),
                Counts(1.5, size / 100, 3.0, {"conv": size / 100}, {"conv": 2, "relu": 1}, 6_000_000),
                source="a fake",
            )
            for classes, size in dict.fromkeys([(1000, 224), *pairs])
        ),
    )


@dataclass
class FakeExamining:
    """Examines at once, the last asked for first; `failing` says which fail, `answers` what others get.

    With an `interruption`, it strikes after `survives` answers.
    """

    architectures: Sequence[str]
    aliases: dict[str, str] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Examined] = field(default_factory=dict)
    interruption: BaseException | None = None
    survives: int = 0
    asked: list[dict[str, list[tuple[int, int]]]] = field(default_factory=list)
    closed: bool = False

    def registry(self) -> Registry:
        return Registry(tuple(self.architectures), self.aliases)

    def examine(self, wanted: Mapping[str, Sequence[tuple[int, int]]]) -> Iterator[Examined]:
        self.asked.append({name: list(pairs) for name, pairs in wanted.items()})
        for position, (name, pairs) in enumerate(reversed(list(wanted.items()))):
            if self.interruption is not None and position == self.survives:
                raise self.interruption
            if name in self.failing:
                yield Examined(TimmArchitecture(name, "", None, 0, 0, failure=self.failing[name]), (), ())
            else:
                yield self.answers.get(name) or make_examined(name, pairs)

    def close(self) -> None:
        self.closed = True


def _write_fake_artefact(path: Path) -> float:
    path.write_bytes(b"weights")
    return 1e-6


@dataclass
class FakeMeasure:
    """Takes a sample at once; `latency_ms` may depend on the case, or raise what it likes."""

    latency_ms: Callable[[Case], float] = lambda case: 10.0
    foreign_cpus: Callable[[], float] = lambda: 0.0
    taken: list[Case] = field(default_factory=list)

    def __call__(
        self, case: Case, artefact: CachedArtefact, plan: SamplingPlan, timeout_s: float
    ) -> ProcessSample:
        latency_ms = self.latency_ms(case)
        self.taken.append(case)
        sample = make_sample(latency_ms, foreign_cpus=self.foreign_cpus())
        return replace(sample, started_at=f"2026-11-21T12:00:00.{len(self.taken):03}+00:00")


@dataclass
class FakeListener:
    """Remembers what it was told."""

    steps: int = 0
    done: int = 0
    cases: int = 0
    activities: list[str] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)

    def planned(self, steps: int, cases: int, already_measured: int) -> None:
        self.steps, self.cases = steps, cases

    def now(self, activity: str) -> None:
        self.activities.append(activity)

    def more(self, steps: int) -> None:
        self.steps += steps

    def advanced(self, steps: int) -> None:
        self.done += steps

    def stored(self, measurement: Measurement) -> None:
        self.measurements.append(measurement)


def fake_environment(runtime: RuntimeName) -> Environment:
    return Environment(f"{runtime} 1.0", kernel="6.0")


@contextmanager
def no_lock() -> Iterator[None]:
    yield
