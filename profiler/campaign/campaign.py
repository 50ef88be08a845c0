"""Which cases are missing -> prepare -> measure in fresh processes, interleaved -> store.

Every sample is stored as it is taken, so a kill loses at most the process in flight; a case becomes a
measurement when its last sample is in, or at its first failure.
"""

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from importlib.metadata import version
from itertools import islice
from typing import Any, Protocol

from catalog.entities.configurations import Environment, Target
from catalog.entities.documents import from_document
from catalog.entities.measurements import Failure, LastMeasured, Measurement, Success
from catalog.entities.networks import Backbone, Workload
from catalog.entities.samples import PendingSample, ProcessSample
from catalog.storage.cards import find_backbone
from catalog.storage.database import Catalog
from catalog.storage.facts import counted_workloads, save_architectures, save_checkpoints, save_workloads
from catalog.storage.measurements import add_measurements, last_measured, recent_samples
from catalog.storage.pending import add_pending, drop_pending, pending_samples
from catalog.words.vocabulary import Precision, Provenance, RuntimeName, Status
from profiler.artefacts.cache import FORMAT_OF, ArtefactCache, CachedArtefact, Format, artefact_precision
from profiler.campaign import batch_curve
from profiler.campaign.request import ProfileRequest, unfold
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.preparation import Job, Preparing
from profiler.processes.child import Child
from profiler.processes.compilation import worker_environment
from profiler.protocol import doubts, scenarios
from profiler.protocol.canary import QuietLevel
from profiler.protocol.percentiles import PERCENTILES
from profiler.protocol.plan import PROTOCOL_VERSION, SamplingPlan
from profiler.protocol.summary import half_width, metric_values, suffice
from profiler.sensors import environment

# What there is one artefact of: its format and precision.
_Kind = tuple[Format, Precision]
# What the canary's quiet level is known from when a campaign begins.
_REMEMBERED_MEASUREMENTS = 20
# Workloads prepared, then measured, together: enough to interleave, few enough for any disk.
_CHUNK = 16


class Listener(Protocol):
    """Who wants to know how a campaign goes on."""

    def planned(self, steps: int, cases: int, already_measured: int) -> None:
        """There are `cases` to measure, in `steps` steps of some seconds each."""

    def now(self, activity: str) -> None:
        """A step begins."""

    def more(self, steps: int) -> None:
        """Further steps turned out to be needed."""

    def advanced(self, steps: int) -> None:
        """Steps ended, or fell away."""

    def stored(self, measurement: Measurement) -> None:
        """A case ended."""


@dataclass
class Outcome:
    """How many cases a campaign measured, saw fail, and found measured before, of these how many in another
    environment."""

    measured: int = 0
    failed: int = 0
    already_measured: int = 0
    stale: int = 0


@dataclass
class Campaign:
    """The collaborators of a campaign; tests replace those that take time."""

    catalog: Catalog
    target: Target
    cache: ArtefactCache
    preparation: Preparing
    listener: Listener
    lock: Callable[[], AbstractContextManager[None]]
    measure: Callable[[Case, CachedArtefact, SamplingPlan, float], ProcessSample] = field(
        default_factory=lambda: measure_in_process
    )
    environment_of: Callable[[RuntimeName], Environment] = environment.current
    shuffle: Callable[[list[Case]], None] = random.shuffle
    clock: Callable[[], float] = time.monotonic
    _quiet: QuietLevel = field(default_factory=QuietLevel, init=False)

    def run(self, request: ProfileRequest) -> Outcome:
        """Measure what the request asks for and the catalog lacks, or holds from another environment.

        Raises:
            ProfilerError: an architecture is unknown. Failures of single cases are results, not errors.
        """
        backbones = [] if request.stale else self._backbones(request.patterns)
        with self.lock():
            deadline = self.clock() + request.time_budget_s
            self._quiet = self._quiet_level()
            wanted = unfold(request, backbones)
            cases, outcome = self._stale(request) if request.stale else self._missing(request, wanted)
            workloads = list(dict.fromkeys(case.workload for case in cases))
            jobs = self._jobs(cases)
            self.listener.planned(
                len(jobs) + len(cases) * request.plan.processes, len(cases), outcome.already_measured
            )
            for chunk in _chunks(workloads):
                chosen = [case for case in cases if case.workload in chunk]
                chosen_jobs = [job for job in jobs if job.workload in chunk]
                self._run_chunk(chosen, chosen_jobs, request, outcome, deadline)
        return outcome

    def _quiet_level(self) -> QuietLevel:
        with self.catalog.read() as session:
            return QuietLevel(recent_samples(session, self.target.id, _REMEMBERED_MEASUREMENTS))

    def _backbones(self, patterns: Sequence[str]) -> list[Backbone]:
        """From the catalog where it knows them (importing timm takes seconds), else from timm."""
        known: dict[str, Backbone] = {}
        with self.catalog.read() as session:
            for name in patterns:
                found = find_backbone(session, name)
                if found is not None:
                    known[name] = found
        unknown = [pattern for pattern in patterns if pattern not in known]
        described = self.preparation.describe(unknown) if unknown else []
        if described:
            with self.catalog.write() as session:
                save_architectures(session, [one.architecture for one in described])
                save_checkpoints(session, [each for one in described for each in one.checkpoints])
        everything = [*known.values(), *described]
        return list({backbone.architecture.name: backbone for backbone in everything}.values())

    def _missing(self, request: ProfileRequest, cases: list[Case]) -> tuple[list[Case], Outcome]:
        if request.force:
            return cases, Outcome()
        last = {one.key: one for one in self._last_measured()}
        missing = [
            case
            for case in cases
            if case.key not in last or (request.retry_failed and last[case.key].status is Status.FAILED)
        ]
        found = [last[case.key] for case in cases if case.key in last]
        return missing, Outcome(already_measured=len(cases) - len(missing), stale=len(self._stale_of(found)))

    def _stale(self, request: ProfileRequest) -> tuple[list[Case], Outcome]:
        """Cases measured in another environment or under another protocol, of the architectures asked for."""
        last = [
            one
            for one in self._last_measured()
            if not request.patterns
            or any(fnmatch(one.workload.architecture, pattern) for pattern in request.patterns)
        ]
        stale = [Case(one.workload, one.configuration) for one in self._stale_of(last)]
        return stale, Outcome(already_measured=len(last) - len(stale))

    def _last_measured(self) -> list[LastMeasured]:
        with self.catalog.read() as session:
            return last_measured(session, self.target.id)

    def _stale_of(self, last: Sequence[LastMeasured]) -> list[LastMeasured]:
        runtimes = {one.configuration.runtime for one in last}
        current = {runtime: self.environment_of(runtime).id for runtime in runtimes}
        return [
            one
            for one in last
            if one.protocol_version != PROTOCOL_VERSION
            or one.environment != current[one.configuration.runtime]
        ]

    def _jobs(self, cases: Sequence[Case]) -> list[Job]:
        """What to prepare: artefacts that the cache lacks, and one count for each uncounted workload."""
        kinds: dict[Workload, dict[_Kind, CachedArtefact | None]] = {}
        for case in cases:
            kinds.setdefault(case.workload, {})[_kind(case)] = self._cached(case)
        with self.catalog.read() as session:
            counted = counted_workloads(session, [workload.id for workload in kinds])
        jobs: list[Job] = []
        for workload, found in kinds.items():
            wanted = [kind for kind, cached in found.items() if cached is None]
            if workload.id not in counted:
                (format_, precision), *others = wanted or list(found)
                jobs.append(Job(workload, format_, count=True, precision=precision))
                wanted = others if wanted else []
            jobs.extend(
                Job(workload, format_, count=False, precision=precision) for format_, precision in wanted
            )
        return jobs

    def _cached(self, case: Case) -> CachedArtefact | None:
        return self.cache.find(case.workload, *_kind(case))

    def _run_chunk(
        self,
        cases: list[Case],
        jobs: list[Job],
        request: ProfileRequest,
        outcome: Outcome,
        deadline: float,
    ) -> None:
        failures = self._prepare(jobs)
        ready: list[Case] = []
        for case in cases:
            failure = failures.get((case.workload, _kind(case)))
            if failure is None:
                ready.append(case)
            else:
                self._fail(case, failure, request, outcome)
                self.listener.advanced(request.plan.processes)
        self._measure(ready, request, outcome, deadline)
        self.cache.prune()

    def _prepare(self, jobs: list[Job]) -> dict[tuple[Workload, _Kind], CaseFailed]:
        failures: dict[tuple[Workload, _Kind], CaseFailed] = {}
        if jobs:
            self.listener.now(f"exporting and counting {jobs[0].workload.architecture}")
        with closing(self.preparation):  # nothing else may run while cases are timed
            for done, prepared in enumerate(self.preparation.prepare(jobs), start=1):
                if prepared.failure is not None:
                    kind = prepared.job.format, prepared.job.precision
                    failures[prepared.job.workload, kind] = prepared.failure
                if prepared.counted is not None:
                    with self.catalog.write() as session:
                        save_workloads(session, [prepared.counted])
                self.listener.advanced(1)
                if done < len(jobs):
                    self.listener.now(f"exporting and counting, {len(jobs) - done} to go")
        return failures

    def _measure(self, cases: list[Case], request: ProfileRequest, outcome: Outcome, deadline: float) -> None:
        """Rounds over the cases in random order, one process each, until every case has its samples."""
        plan = request.plan
        samples = {case.key: self._pending(case, plan) for case in cases}
        if request.force:
            samples = {key: [] for key in samples}
        self.listener.advanced(sum(min(len(taken), plan.processes) for taken in samples.values()))
        open_cases = list(cases)
        while open_cases:
            self.shuffle(open_cases)
            for case in tuple(open_cases):
                if case not in open_cases:  # a smaller batch has failed meanwhile
                    continue
                taken = samples[case.key]
                if not self._suffice(taken, plan, deadline):
                    expected = len(taken) < plan.processes
                    if not expected:
                        self.listener.more(1)
                    self.listener.now(f"{case}, process {len(taken) + 1}")
                    try:
                        taken.append(self._take(case, request))
                    except CaseFailed as failure:
                        self._fail(case, failure, request, outcome)
                        open_cases.remove(case)
                        self.listener.advanced(plan.processes - len(taken) if expected else 1)
                        for larger in batch_curve.beyond(case, failure, open_cases):
                            self._fail(larger, batch_curve.not_run(case, failure), request, outcome)
                            open_cases.remove(larger)
                            self.listener.advanced(max(0, plan.processes - len(samples[larger.key])))
                        continue
                    self.listener.advanced(1)
                if self._suffice(taken, plan, deadline):
                    self._finish(case, taken, request, outcome)
                    open_cases.remove(case)

    def _suffice(self, taken: Sequence[ProcessSample], plan: SamplingPlan, deadline: float) -> bool:
        """Whether a case has enough samples: the least number, undisturbed and precise; or their most, or no
        time for more."""
        if len(taken) < plan.processes:
            return False
        if len(taken) >= plan.max_processes or self.clock() >= deadline:
            return True
        clean, _ = self._told_apart(taken)
        return suffice(clean, plan)

    def _told_apart(self, taken: Sequence[ProcessSample]) -> tuple[list[ProcessSample], list[ProcessSample]]:
        """Samples that nothing disturbed, and the others, beside the quiet level as it is known now."""
        known = [
            replace(one, canary=self._quiet.beside(one.canary)) if one.canary is not None else one
            for one in taken
        ]
        clean = [one for one in known if not doubts.disturbances(one)]
        return clean, [one for one in known if doubts.disturbances(one)]

    def _take(self, case: Case, request: ProfileRequest) -> ProcessSample:
        artefact = self._artefact(case)
        sample = self.measure(case, artefact, request.plan, request.timeout_s)
        self._quiet.learn(sample)
        with self.catalog.write() as session:
            add_pending(session, [self._pending_sample(case, request.plan, sample)])
        return sample

    def _artefact(self, case: Case) -> CachedArtefact:
        found = self._cached(case)
        if found is None:
            raise FileNotFoundError(f"the artefact of {case} vanished from the cache")
        return found

    def _pending_sample(
        self, case: Case, plan: SamplingPlan, sample: ProcessSample | None = None
    ) -> PendingSample:
        return PendingSample(
            workload=case.workload.id,
            configuration=case.configuration.id,
            target=self.target.id,
            environment=self.environment_of(case.configuration.runtime).id,
            protocol=scenarios.protocol(plan, case.configuration),
            sample=sample,
        )

    def _pending(self, case: Case, plan: SamplingPlan) -> list[ProcessSample]:
        """Samples of an interrupted campaign, taken under the same protocol and environment."""
        with self.catalog.read() as session:
            found = pending_samples(session, self._pending_sample(case, plan))
        return found[: plan.max_processes]

    def _finish(
        self, case: Case, taken: list[ProcessSample], request: ProfileRequest, outcome: Outcome
    ) -> None:
        outcome.measured += 1
        plan = request.plan
        clean, disturbed = self._told_apart(taken)
        if len(clean) < plan.processes:  # still disturbed, or no time: all of them count, with the doubt
            clean, disturbed = [*clean, *disturbed], []
        samples = sorted(clean, key=lambda one: one.started_at)
        values = metric_values(samples, case.configuration)
        asked = PERCENTILES[plan.percentile] if plan.percentile is not None else None
        self._store(
            Measurement(
                **self._identity(case, request),
                artefact=self._artefact(case).artefact,
                outcome=Success(
                    values=values,
                    doubts=(
                        *doubts.doubts(samples, plan.precision),
                        *doubts.doubts_of_values(values, asked),
                    ),
                    samples=tuple(samples),
                    set_aside=tuple(disturbed),
                    interval_target_met=half_width(samples) <= plan.precision,
                ),
            ),
            self._pending_sample(case, plan),
        )

    def _fail(self, case: Case, failure: CaseFailed, request: ProfileRequest, outcome: Outcome) -> None:
        outcome.failed += 1
        cached = self._cached(case)
        self._store(
            Measurement(
                **self._identity(case, request),
                outcome=Failure(failure.reason, failure.detail),
                artefact=cached.artefact if cached else None,
            ),
            self._pending_sample(case, request.plan),
        )

    def _identity(self, case: Case, request: ProfileRequest) -> dict[str, Any]:
        return {
            "workload": case.workload,
            "configuration": case.configuration,
            "target": self.target,
            "environment": self.environment_of(case.configuration.runtime),
            "provenance": Provenance.MEASURED,
            "protocol": scenarios.protocol(request.plan, case.configuration),
            "protocol_version": PROTOCOL_VERSION,
            "measured_at": datetime.now(UTC),
            "source": f"archrank {version('archrank')}",
        }

    def _store(self, measurement: Measurement, pending: PendingSample) -> None:
        with self.catalog.write() as session:
            add_measurements(session, [measurement])
            drop_pending(session, pending)
        self.listener.stored(measurement)


def measure_in_process(
    case: Case,
    artefact: CachedArtefact,
    plan: SamplingPlan,
    timeout_s: float,
    module: str = "profiler.worker",
    variables: Mapping[str, str] | None = None,
) -> ProcessSample:
    """One sample from a fresh process of `module`, pinned to as many CPUs as the case has threads, times its
    clients, with `variables` in its environment.

    Raises:
        CaseFailed: the process reported a failure, died or timed out.
    """
    # The first CPU serves most interrupts, so the last ones are taken.
    affinity = sorted(os.sched_getaffinity(0))[
        -case.configuration.stated_threads * case.configuration.clients :
    ]
    request = {
        "artefact": str(artefact.path),
        "workload": asdict(case.workload),
        "configuration": asdict(case.configuration),
        "affinity": affinity,
        "plan": asdict(plan),
    }
    threads = {"OMP_NUM_THREADS": str(case.configuration.stated_threads)}
    own = {**threads, **worker_environment(case.configuration), **(variables or {})}
    with Child(module, own) as worker:
        return from_document(ProcessSample, worker.ask(request, timeout_s))


def _kind(case: Case) -> _Kind:
    return FORMAT_OF[case.configuration.runtime], artefact_precision(case.configuration)


def _chunks(workloads: Iterable[Workload]) -> Iterator[frozenset[Workload]]:
    remaining = iter(workloads)
    while chunk := frozenset(islice(remaining, _CHUNK)):
        yield chunk
