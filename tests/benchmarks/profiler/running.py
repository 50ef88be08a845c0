"""The phases of a run: artefacts first, then visits by the profiler's own code."""

import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from catalog.entities.networks import Backbone
from catalog.entities.samples import ProcessSample
from profiler.artefacts.cache import ArtefactCache, CachedArtefact
from profiler.campaign.lock import host_lock
from profiler.campaign.measuring import OpenCanary, OpenProcess, open_canary, open_process
from profiler.campaign.planning import artefact_kind, preparing_jobs
from profiler.campaign.request import ProfileRequest, unfold
from profiler.campaign.rounds import StoppingRule
from profiler.campaign.visiting import Visitor
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.preparation import Preparation
from profiler.protocol.quiet import QuietLevel
from profiler.sensors.system import this_system
from tests.benchmarks.profiler import neighbours
from tests.benchmarks.profiler.extent import TURN, Phase, Series
from tests.benchmarks.profiler.journal import Journal, Taken
from tests.benchmarks.profiler.variants import VARIABLE

_TIMEOUT_S = 120.0
_SAY_EVERY_S = 30.0

Say = Callable[[str], None]


class NothingToMeasure(Exception):
    """A network could not be made ready."""


@dataclass(frozen=True)
class SeriesCase(Case):
    """The case of a series. Each series has processes of its own, also where several measure one case."""

    series: Series


Ready = Mapping[Series, tuple[SeriesCase, CachedArtefact]]


def measure(phases: Sequence[Phase], journal: Journal, cache_dir: Path, say: Say) -> None:
    """Take what the journal lacks, holding the host's lock.

    Raises:
        NothingToMeasure: a network cannot be exported.
    """
    todo = [phase for phase in phases if phase.name not in journal.ended]
    with host_lock(lambda holder: say(f"waiting for process {holder}, which is measuring")):
        ready = _prepared({one for phase in todo for one in (*phase.series, *phase.fresh)}, cache_dir, say)
        for phase in todo:
            PhaseRun(phase, ready, journal, say).run()
            journal.end(phase.name)


def beside_neighbour(beside: str) -> AbstractContextManager[None]:
    """A neighbour of the kind and for the share of the time that `beside` names, or none."""
    if not beside:
        return nullcontext()
    kind, _, duty = beside.partition(":")
    return neighbours.beside(kind, float(duty), sorted(os.sched_getaffinity(0)))


@dataclass
class PhaseRun:
    """One phase, from where the journal left it."""

    phase: Phase
    ready: Ready
    journal: Journal
    say: Say
    open: Callable[..., OpenProcess] = open_process
    open_canary: OpenCanary = open_canary
    neighbour: Callable[[str], AbstractContextManager[None]] = beside_neighbour
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    shuffler: random.Random = field(default_factory=random.Random)
    _visits: dict[Series, list[ProcessSample]] = field(default_factory=dict)
    _last_s: dict[Series, float] = field(default_factory=dict)
    _begin_s: float = 0.0
    _opening_s: float = 0.0
    _said_s: float = 0.0

    def run(self) -> None:
        """Visit until the seconds of the phase are over."""
        before = self.journal.of_phase(self.phase.name)
        self._begin_s = self.clock() - sum(one.took_s for one in before)
        fresh = list(self.phase.fresh)
        for one in before:
            if one.series in fresh:
                fresh.remove(one.series)
        self.shuffler.shuffle(fresh)
        conditions = self.shuffler.sample(self.phase.conditions, len(self.phase.conditions))
        # Of an interrupted run the processes are gone, so these visits have none before them.
        self._visits = {series: [] for series in self.phase.series}
        first = max((one.turn for one in before), default=-1) + 1
        rule = StoppingRule(self.phase.plan, QuietLevel())
        available = this_system().available_bytes
        with Visitor(rule, self._open, self.open_canary, self._file_bytes, available, self.clock) as visitor:
            for turn in count(first):
                spent = (self.clock() - self._begin_s) / self.phase.seconds
                if spent >= 1 or not self._visits:
                    return
                # Processes are opened without a neighbour.
                beside = conditions[turn % len(conditions)] if conditions and turn != first else ""
                left = round(len(self.phase.fresh) * (1 - spent))
                due, fresh = fresh[left:], fresh[:left]
                with self.neighbour(beside):
                    for _ in range(TURN if conditions else 1):
                        self._round(visitor, due, turn, beside)
                        due = []

    def _round(self, visitor: Visitor, fresh: Sequence[Series], turn: int, beside: str) -> None:
        """A block of each series in random order, and between them the fresh processes that are due."""
        order = [(series, False) for series in self._visits] + [(series, True) for series in fresh]
        self.shuffler.shuffle(order)
        for series, is_fresh in order:
            taken = self._take(visitor, series, is_fresh, turn, beside)
            if taken is not None:
                self.journal.add(taken)
                if taken.failure is not None:
                    self.say(f"{series} failed: {taken.failure}")
                    self._visits.pop(series, None)
        if self.clock() - self._said_s > _SAY_EVERY_S:
            self._said_s = self.clock()
            blocks = len(self.journal.of_phase(self.phase.name))
            share = (self.clock() - self._begin_s) / self.phase.seconds
            self.say(
                f"{self.phase.name}: {blocks:,} blocks, {share:.0%} of {self.phase.seconds / 60:.1f} min"
            )

    def _take(self, visitor: Visitor, series: Series, is_fresh: bool, turn: int, beside: str) -> Taken | None:
        """One visit. None where no process fits into memory now."""
        case, _ = self.ready[series]
        gap_s = self.phase.plan.gap_s
        self.sleep(max(0.0, self._last_s.get(series, self.clock() - gap_s) + gap_s - self.clock()))
        began_s, began, self._opening_s = time.time(), self.clock(), 0.0
        sample, failure = None, None
        try:
            sample = visitor.visit(case, () if is_fresh else self._visits[series])
        except CaseFailed as error:
            failure = f"{error.reason}: {error.detail}"
        if is_fresh:
            visitor.close(case)
        elif sample is not None:
            self._visits[series].append(sample)
            self._last_s[series] = self.clock() - sample.seconds["sample"]
        took_s = self.clock() - began
        if sample is None and failure is None:
            return None
        return Taken(series, self.phase.name, turn, began_s, took_s, self._opening_s, beside, sample, failure)

    def _open(self, case: Case) -> OpenProcess:
        series = _series_of(case)
        module = "tests.benchmarks.profiler.variant_worker" if series.variant else "profiler.worker"
        began = self.clock()
        _, artefact = self.ready[series]
        variables = {VARIABLE: series.variant}
        process = self.open(case, artefact, self.phase.plan, _TIMEOUT_S, module, variables)
        try:
            process.loaded()
        except BaseException:
            process.close()
            raise
        self._opening_s += self.clock() - began
        return process

    def _file_bytes(self, case: Case) -> int:
        return self.ready[_series_of(case)][1].artefact.bytes


def _series_of(case: Case) -> Series:
    if not isinstance(case, SeriesCase):
        raise TypeError("a case without a series")
    return case.series


def _prepared(wanted: set[Series], cache_dir: Path, say: Say) -> Ready:
    """The cases with their artefacts."""
    if not wanted:
        return {}
    cache, preparation = ArtefactCache(cache_dir, float("inf")), Preparation(cache_dir, parallel=1)
    try:
        names = sorted({series.architecture for series in wanted})
        backbones = {one.architecture.name: one for one in preparation.describe(names)}
        cases = [_case(series, backbones[series.architecture]) for series in wanted]
        jobs = preparing_jobs(
            cases,
            lambda workload, kind: cache.find(workload, *kind) is not None,
            counted={case.workload.id for case in cases},
        )
        for prepared in preparation.prepare(jobs):
            say(f"made {prepared.job.workload.architecture}")
            if prepared.failure is not None:
                raise NothingToMeasure(prepared.failure.detail)
    finally:
        preparation.close()
    found = {
        case.series: (case, cache.find(case.workload, *artefact_kind(case.configuration))) for case in cases
    }
    return {series: (case, artefact) for series, (case, artefact) in found.items() if artefact is not None}


def _case(series: Series, backbone: Backbone) -> SeriesCase:
    (case,) = unfold(ProfileRequest((), (series.runtime,), (series.threads,)), [backbone])
    return SeriesCase(case.workload, case.configuration, series)
