"""Preparer processes that describe, count and export at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalog.entities.networks import Architecture, Backbone, Checkpoint, CountedWorkload, Counts
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.artefacts.cache import ArtefactCache
from profiler.errors import UnknownArchitecture
from profiler.failures import CaseFailed
from profiler.faults import HostFault
from profiler.preparation import Job, Prepared


@dataclass
class FakePreparation:
    """Describes any architecture but those in `unknown`, exports any but those in `unexportable`, and makes
    int8 files of any but those in `unquantisable`. `fault` is what the host lacks, if anything."""

    cache: ArtefactCache
    unknown: Sequence[str] = ()
    unexportable: Sequence[str] = ()
    unquantisable: Sequence[str] = ()
    uncountable: Sequence[str] = ()
    fault: HostFault | None = None
    described: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    def describe(self, patterns: Sequence[str]) -> list[Backbone]:
        self.described.extend(patterns)
        for name in patterns:
            if name in self.unknown:
                raise UnknownArchitecture(name, ())
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

    def check(self, jobs: Sequence[Job]) -> None:
        """Everything can be prepared."""

    def prepare(self, jobs: Sequence[Job]) -> Iterator[Prepared]:
        for job in jobs:
            self.jobs.append(job)
            name = job.workload.architecture
            if self.fault is not None:
                yield Prepared(job, None, self.fault)
                continue
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


def _write_fake_artefact(path: Path) -> float:
    path.write_bytes(b"weights")
    return 1e-6
