"""What a campaign measures with, and whom it informs: they measure exactly, at once, and remember."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from catalog.entities.configurations import Environment
from catalog.entities.measurements import Measurement
from catalog.entities.samples import ProcessSample
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts.cache import CachedArtefact
from profiler.cases import Case
from profiler.protocol.plan import SamplingPlan
from tests.builders import make_sample


@dataclass
class FakeMeasure:
    """Takes a sample at once. `latency_ms` may depend on the case, or raise an error."""

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
    """Remembers what it was informed of."""

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
