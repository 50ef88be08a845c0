"""Preparer processes that examine architectures for the reference tables at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from catalog.entities.networks import CountedWorkload, Counts, Workload
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from profiler.preparation import Examined, Registry, SkeletonJob
from profiler.skeletons.archive import Entry
from profiler.skeletons.skeleton import Unexported
from tests.profiler.skeletons.models import make_entry


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


def make_failed(name: str, failure: str) -> Examined:
    """What could be said of an architecture whose network cannot be built."""
    examined = make_examined(name)
    described = replace(
        examined.architecture, fixed_input=None, reparameterised=None, stages=(), failure=failure
    )
    return Examined(described, examined.checkpoints, ())


@dataclass
class FakeExamining:
    """Examines at once, the last asked for first. `failing` says which fail, `answers` what others get.

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
                yield make_failed(name, self.failing[name])
            else:
                yield self.answers.get(name) or make_examined(name, pairs)

    def export_skeletons(self, jobs: Sequence[SkeletonJob]) -> Iterator[Entry | Unexported]:
        for job in jobs:
            name = job.workload.architecture
            if name in self.failing:
                yield Unexported(job.workload, self.failing[name])
                continue
            entry = make_entry(name, job.family)
            yield Entry(replace(entry.skeleton, workload=job.workload), entry.graph)

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeListener:
    """Keeps what it is told."""

    plans: list[tuple[int, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def planned(self, total: int, done_before: int) -> None:
        self.plans.append((total, done_before))

    def done(self, name: str) -> None:
        self.names.append(name)
