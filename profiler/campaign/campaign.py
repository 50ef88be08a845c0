"""A campaign: it selects the cases that are missing, prepares, measures and stores them.

Every block is stored as it is taken, so a kill loses at most the block in flight. A case becomes a
measurement when it has enough blocks, or at its first failure.
"""

import fnmatch
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from statistics import median

from catalog.entities.configurations import Environment, Target
from catalog.entities.identity import architecture_of
from catalog.entities.measurements import Measurement, Success
from catalog.entities.networks import Backbone, Workload
from catalog.entities.samples import ProcessSample
from catalog.reference.names.finding_networks import find_network
from catalog.storage.database import Catalog, ReadSession
from catalog.storage.facts.facts import (
    counted_workloads,
    save_architectures,
    save_checkpoints,
    save_workloads,
)
from catalog.storage.facts.names import architecture_names
from catalog.storage.measurements.finding import last_measured
from catalog.storage.summaries.cards import find_backbone
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName, Status
from profiler.artefacts.cache import ArtefactCache, CachedArtefact
from profiler.campaign import history
from profiler.campaign.duration import CampaignProgress, expected_s, opening_s
from profiler.campaign.listener import Listener
from profiler.campaign.measuring import Open, OpenCanary, open_canary, open_process
from profiler.campaign.planning import (
    ArtefactKind,
    Portion,
    Present,
    Selection,
    artefact_kind,
    portions,
    preparing_jobs,
    select_missing,
    select_stale,
)
from profiler.campaign.profiling_nodes import Profiled, ProfileNodes, profile_nodes
from profiler.campaign.recording import Recorder
from profiler.campaign.request import ProfileRequest, unfold
from profiler.campaign.rounds import (
    Ended,
    Failed,
    Measured,
    Rounds,
    StoppingRule,
    Unmeasured,
    side_by_side,
)
from profiler.campaign.visiting import Visitor
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.preparation import Job, Preparing
from profiler.sensors import environment
from profiler.sensors.system import this_system


@dataclass(frozen=True)
class Tally:
    """How many cases a campaign measured, saw fail, and left out because they were measured before. `stale`
    counts those of the cases left out that are stale. `unmeasured` are those that the host kept from being
    measured, and `late` counts those for which the time budget did not suffice.

    `slowdown` is how much slower than quiet the machine was, the median over the cases. `level_change` is the
    quiet level of this campaign over that of the target's last measurements. None is unknown.
    """

    measured: int = 0
    failed: int = 0
    already_measured: int = 0
    stale: int = 0
    unmeasured: tuple[Unmeasured, ...] = ()
    late: int = 0
    slowdown: float | None = None
    level_change: float | None = None


@dataclass
class Campaign:
    """The collaborators of a campaign. Tests replace those that take time."""

    catalog: Catalog
    target: Target
    cache: ArtefactCache
    preparation: Preparing
    listener: Listener
    lock: Callable[[], AbstractContextManager[None]]
    open_process: Open = open_process
    open_canary: OpenCanary = open_canary
    profile_nodes: ProfileNodes = profile_nodes
    available_bytes: Callable[[], int | None] = this_system().available_bytes
    environment_of: Callable[[RuntimeName], Environment] = environment.current
    shuffle: Callable[[list[Case]], None] = random.shuffle
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def run(self, request: ProfileRequest) -> Tally:
        """Measure what the request asks for and the catalog lacks, or holds as stale.

        Raises:
            UnknownArchitecture: timm has none of a name. Failures of single cases are results, not errors.
            TimmUnavailable: timm is needed and does not answer.
        """
        backbones = [] if request.stale else self._backbones(request.patterns)
        with self.lock():
            begin = self.clock()
            self.cache.sweep()
            with self.catalog.read() as session:
                last = history.last_measurements(session, self.target.id)
            quiet, campaigns = history.quiet_level(last), history.spread_between_campaigns(last)
            selection = self._select(request, backbones)
            jobs = self._jobs(selection.cases)
            self.preparation.check(jobs)
            process_s = opening_s(case.configuration for case in selection.cases)
            self.listener.planned(
                len(selection.cases),
                selection.already_measured,
                expected_s(len(selection.cases), request.plan, request.time_budget_s, process_s),
            )
            ended: Counter[Status] = Counter()
            unmeasured: list[Unmeasured] = []
            slowdowns: list[float] = []
            budget_left_s = partial(self._left_s, begin + request.time_budget_s)
            progress = CampaignProgress(len(selection.cases), request.plan, budget_left_s, process_s)
            late = len(selection.cases)
            for portion, end in self._in_time(selection.cases, jobs, request, budget_left_s):
                late -= len(portion.cases)
                progress.begin(len(portion.cases))
                rule = StoppingRule(request.plan, quiet, partial(self._left_s, end), campaigns)
                for outcome in self._run_portion(portion, request, rule, progress):
                    if isinstance(outcome, Unmeasured):
                        unmeasured.append(outcome)
                    else:
                        ended[outcome.status] += 1
                        slowdowns += _slowdowns(outcome)
        return Tally(
            ended[Status.OK],
            ended[Status.FAILED],
            selection.already_measured,
            selection.stale,
            tuple(unmeasured),
            late,
            slowdown=median(slowdowns) if slowdowns else None,
            level_change=quiet.change(),
        )

    def _left_s(self, end: float) -> float:
        return end - self.clock()

    def _in_time(
        self, cases: Sequence[Case], jobs: Sequence[Job], request: ProfileRequest, left_s: Callable[[], float]
    ) -> Iterator[tuple[Portion, float]]:
        """The portions to measure, and when the blocks of each end: each has its share of the time that is
        left, less what cases took beyond such ends before, as to profile their nodes.

        With `within_budget`, the last ones are left out for which the time would not suffice, if a workload
        takes as long as those before.
        """
        begin, done, later, beyond_s = self.clock(), 0, len(cases), 0.0
        for whole in portions(cases, jobs, in_budget=request.within_budget):
            portion = whole
            if request.within_budget and done and (taken_s := self.clock() - begin):
                portion = whole.first(int(min(left_s() * done / taken_s, len(whole.workloads))))
            count = len(portion.cases)
            if not count:
                return
            share = count / (later if portion == whole else count)
            end = self.clock() + left_s() * share - beyond_s * count
            yield portion, end
            if portion != whole:
                return
            beyond_s = max(0.0, self.clock() - end) / count
            later -= count
            done += len(portion.workloads)

    def _backbones(self, patterns: Sequence[str]) -> list[Backbone]:
        """The backbones that match, from the catalog where it has any, else from timm, which takes seconds
        to import."""
        stored: list[Backbone] = []
        missing: list[str] = []
        with self.catalog.read() as session:
            names = architecture_names(session)
            for pattern in patterns:
                matching = fnmatch.filter(names, pattern) or _network(session, pattern)
                known = [one for name in matching if (one := find_backbone(session, name)) is not None]
                stored += known
                missing += [] if known else [pattern]
        described = self.preparation.describe(missing) if missing else []
        if described:
            with self.catalog.write() as session:
                save_architectures(session, [backbone.architecture for backbone in described])
                save_checkpoints(session, chain.from_iterable(backbone.checkpoints for backbone in described))
        backbones = (*stored, *described)
        return list(
            {(one.architecture.name, one.num_classes, one.input_size): one for one in backbones}.values()
        )

    def _architectures(self, patterns: Sequence[str]) -> list[str]:
        """The patterns, with the architecture that it means in the place of each name."""
        with self.catalog.read() as session:
            named = {pattern: _network(session, pattern) for pattern in patterns}
        return [architecture_of(*(named[pattern] or [pattern])) for pattern in patterns]

    def _select(self, request: ProfileRequest, backbones: Sequence[Backbone]) -> Selection:
        cases = unfold(request, backbones)
        if request.force and not request.stale:
            return Selection(tuple(cases))
        with self.catalog.read() as session:
            last = last_measured(session, self.target.id)
        present = Present(self.environment_of, lambda workload, kind: self.cache.toolchain(workload, *kind))
        if request.stale:
            return select_stale(self._architectures(request.patterns), last, present)
        return select_missing(
            cases,
            last,
            present,
            retry_failed=request.retry_failed,
            node_profiles=request.node_profiles,
        )

    def _jobs(self, cases: Sequence[Case]) -> list[Job]:
        with self.catalog.read() as session:
            counted = counted_workloads(session, list({case.workload.id for case in cases}))
        return preparing_jobs(
            cases, lambda workload, kind: self.cache.find(workload, *kind) is not None, counted
        )

    def _run_portion(
        self, portion: Portion, request: ProfileRequest, rule: StoppingRule, progress: CampaignProgress
    ) -> Iterator[Measurement | Unmeasured]:
        """Prepare and measure some cases. Yields the measurement of each case once it is stored."""
        recorder = Recorder(self.catalog, self.target, request.plan, self.environment_of, rule.campaigns)
        failures = self._prepare(portion.jobs)
        unprepared: list[Failed | Unmeasured] = []
        earlier: dict[Case, list[ProcessSample]] = {}
        for case in portion.cases:
            failure = failures.get((case.workload, artefact_kind(case.configuration)))
            if isinstance(failure, HostFault):
                unprepared.append(Unmeasured(case, failure))
            elif failure is not None:
                unprepared.append(Failed(case, failure))
            else:
                earlier[case] = [] if request.force else recorder.pending(case)
        rule.learn(visit for visits in earlier.values() for visit in visits)
        yield from self._end(unprepared, recorder, request)
        with self._visitor(request, rule) as visitor:

            def make_ready(visits_of: Mapping[Case, Sequence[ProcessSample]]) -> None:
                for _ in visitor.open_due(visits_of):
                    self.listener.visiting(progress.with_portion(rounds.progress()))

            def visit(case: Case, visits: Sequence[ProcessSample]) -> ProcessSample | None:
                self.listener.visiting(progress.with_portion(rounds.progress()))
                taken = visitor.visit(case, visits)
                if taken is not None:
                    recorder.add(case, taken)
                return taken

            rounds = Rounds(earlier, visit, rule, self.shuffle, self.clock, self.sleep, make_ready)
            for ended in rounds:
                for one in ended:
                    visitor.close(one.case)
                yield from self._end(ended, recorder, request)
        progress.end(rounds.progress().blocks)
        self.cache.prune()

    def _visitor(self, request: ProfileRequest, rule: StoppingRule) -> Visitor:
        return Visitor(
            rule,
            lambda case: self.open_process(case, self._artefact(case), request.plan, request.timeout_s),
            self.open_canary,
            lambda case: self._artefact(case).artefact.bytes,
            self.available_bytes,
            self.clock,
        )

    def _prepare(self, jobs: Sequence[Job]) -> dict[tuple[Workload, ArtefactKind], CaseFailed | HostFault]:
        """Do the jobs, and store what was counted. Returns the failures by what was to be made."""
        failures: dict[tuple[Workload, ArtefactKind], CaseFailed | HostFault] = {}
        if jobs:
            self.listener.preparing(0, len(jobs))
        with closing(self.preparation):  # nothing else may run while cases are timed
            for done, prepared in enumerate(self.preparation.prepare(jobs), start=1):
                if prepared.failure is not None:
                    kind = prepared.job.format, prepared.job.precision
                    failures[prepared.job.workload, kind] = prepared.failure
                if prepared.counted is not None:
                    with self.catalog.write() as session:
                        save_workloads(session, [prepared.counted])
                self.listener.preparing(done, len(jobs))
        return failures

    def _end(
        self, ended: Sequence[Ended], recorder: Recorder, request: ProfileRequest
    ) -> Iterator[Measurement | Unmeasured]:
        """Store the outcomes of cases, as far as they have one. No block is timed meanwhile."""
        for together in side_by_side(ended):
            profiled = self._profiled(together, request) if request.node_profiles else {}
            for one in together:
                try:
                    measurement = self._recorded(one, recorder, profiled.get(one.case))
                except HostFault as fault:
                    self.listener.unmeasured(one.case, fault)
                    yield Unmeasured(one.case, fault)
                else:
                    self.listener.stored(measurement)
                    yield measurement

    def _profiled(self, ended: Sequence[Ended], request: ProfileRequest) -> dict[Case, Profiled]:
        """The profiles of the nodes of the cases that were measured."""
        artefacts = {
            one.case: cached
            for one in ended
            if isinstance(one, Measured) and (cached := self._cached(one.case)) is not None
        }
        profiled = self.profile_nodes(list(artefacts.items()), request.timeout_s)
        return dict(zip(artefacts, profiled, strict=True))

    def _recorded(self, ended: Ended, recorder: Recorder, profiled: Profiled | None) -> Measurement:
        """The stored outcome.

        Raises:
            HostFault: there is none.
        """
        if isinstance(ended, Unmeasured):
            raise ended.fault
        if isinstance(ended, Failed):
            cached = self._cached(ended.case)
            return recorder.failed(ended, cached.artefact if cached else None)
        if isinstance(profiled, HostFault):
            raise profiled
        if isinstance(profiled, CaseFailed):
            self.listener.unprofiled(ended.case, profiled)
            profiled = None  # the next campaign asks for it again
        return recorder.measured(ended, self._artefact(ended.case).artefact, profiled)

    def _cached(self, case: Case) -> CachedArtefact | None:
        return self.cache.find(case.workload, *artefact_kind(case.configuration))

    def _artefact(self, case: Case) -> CachedArtefact:
        cached = self._cached(case)
        if cached is None:
            raise HostFault(FaultKind.MISSING_FILE, f"The file of {case} vanished from the cache.")
        return cached


def _network(session: ReadSession, name: str) -> list[str]:
    """The architecture or checkpoint that the catalog knows by this name, if there is one."""
    network = None if any(sign in name for sign in "*?[") else find_network(session, name)
    return [] if network is None else [network]


def _slowdowns(measurement: Measurement) -> list[float]:
    """The slowdown that the measurement met, if it is known."""
    values = measurement.outcome.values if isinstance(measurement.outcome, Success) else ()
    return [one.value for one in values if one.metric is Metric.SLOWDOWN and one.value is not None]
