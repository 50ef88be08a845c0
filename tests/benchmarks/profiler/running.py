"""From what experiments want to processes measured: exported first, then in random order, one at a time."""

import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from catalog.entities.networks import Backbone
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts.cache import FORMAT_OF, ArtefactCache, CachedArtefact
from profiler.campaign.lock import host_lock
from profiler.campaign.request import ProfileRequest, unfold
from profiler.cases import Case
from profiler.errors import ProfilerError
from profiler.preparation import Job, Preparation
from tests.benchmarks.profiler import neighbours, taking
from tests.benchmarks.profiler.journal import Export, Journal, Series

_SEED = 2026


class NothingToMeasure(Exception):
    """A network could not be made ready."""


@dataclass(frozen=True)
class Step:
    """Processes of a series that follow one another."""

    series: Series
    indices: tuple[int, ...]


class Progressing:
    """A bar on a terminal; elsewhere a line now and then."""

    _EVERY_S = 60.0

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            BarColumn(bar_width=14),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("preparing", total=None)
        self._total = self._done = 0
        self._said_s = time.monotonic()

    def planned(self, steps: int) -> None:
        self._total = steps
        self._bar.update(self._task, total=steps)
        self._console.print(f"{steps:,} processes to measure.")

    def now(self, activity: str) -> None:
        self._bar.update(self._task, description=activity)
        if not self._console.is_terminal and time.monotonic() - self._said_s > self._EVERY_S:
            self._said_s = time.monotonic()
            self._console.print(f"{self._done:,} of {self._total:,}; {activity}", markup=False)

    def say(self, line: str) -> None:
        self._console.print(line, markup=False)

    def advanced(self) -> None:
        self._done += 1
        self._bar.advance(self._task)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


def union(wanted: Sequence[Mapping[Series, int]]) -> dict[Series, int]:
    """Every series once, with as many processes as any experiment wants of it."""
    counts: dict[Series, int] = {}
    for of_experiment in wanted:
        for series, count in of_experiment.items():
            counts[series] = max(count, counts.get(series, 0))
    return counts


def steps(
    counts: Mapping[Series, int], done: frozenset[tuple[Series, int]], shuffler: random.Random
) -> list[Step]:
    """What remains, in random order; a run that was interrupted is completed."""
    every = [
        Step(series, tuple(range(begin, min(begin + series.run, count))))
        for series, count in counts.items()
        for begin in range(0, count, series.run)
    ]
    shuffler.shuffle(every)
    remaining = (
        Step(one.series, tuple(index for index in one.indices if (one.series, index) not in done))
        for one in every
    )
    return [one for one in remaining if one.indices]


def measure(
    wanted: Sequence[Mapping[Series, int]],
    journal: Journal,
    exports: Journal,
    folder: Path,
    progress: Progressing,
) -> None:
    """Take what the journal lacks, holding the host's lock.

    Raises:
        NothingToMeasure: a network cannot be exported.
    """
    todo = steps(union(wanted), journal.done(), random.Random(_SEED))
    with host_lock(lambda holder: progress.say(f"waiting for process {holder}, which is measuring")):
        ready = _prepared({step.series for step in todo}, exports, folder, progress)
        progress.planned(sum(len(step.indices) for step in todo))
        for step in todo:
            with _neighbour(step.series):
                for index in step.indices:
                    progress.now(str(step.series))
                    taken = taking.take(
                        step.series, index, *ready[step.series.architecture, step.series.runtime]
                    )
                    journal.add(taken)
                    if taken.failure is not None:
                        progress.say(f"{step.series} failed: {taken.failure}")
                    progress.advanced()


def _neighbour(series: Series) -> AbstractContextManager[None]:
    if not series.neighbour:
        return nullcontext()
    return neighbours.beside(series.neighbour, series.duty, sorted(os.sched_getaffinity(0)))


Ready = dict[tuple[str, RuntimeName], tuple[Case, CachedArtefact]]


def _prepared(wanted: set[Series], exports: Journal, folder: Path, progress: Progressing) -> Ready:
    """The cases with their artefacts. Exports are done one by one: the time of each goes into their
    journal."""
    if not wanted:
        return {}
    cache = ArtefactCache(folder, float("inf"))
    preparation = Preparation(folder, parallel=1)
    try:
        progress.now("describing networks")
        found = preparation.describe(sorted({series.architecture for series in wanted}))
        ready: Ready = {}
        for case in _cases(found, {(series.architecture, series.runtime) for series in wanted}):
            progress.now(f"exporting {case.workload.architecture}")
            key = case.workload.architecture, case.configuration.runtime
            ready[key] = case, _artefact(case, cache, preparation, exports)
    except ProfilerError as error:
        raise NothingToMeasure(error.message) from error
    finally:
        preparation.close()
    return ready


def _cases(backbones: Sequence[Backbone], wanted: set[tuple[str, RuntimeName]]) -> Iterator[Case]:
    runtimes = tuple(dict.fromkeys(runtime for _, runtime in sorted(wanted)))
    for case in unfold(ProfileRequest((), runtimes, threads=(1,)), backbones):
        if (case.workload.architecture, case.configuration.runtime) in wanted:
            yield case


def _artefact(case: Case, cache: ArtefactCache, preparation: Preparation, exports: Journal) -> CachedArtefact:
    format_ = FORMAT_OF[case.configuration.runtime]
    if (found := cache.find(case.workload, format_)) is not None:
        return found
    begin = time.perf_counter()
    for prepared in preparation.prepare([Job(case.workload, format_, count=False)]):
        if prepared.failure is not None:
            raise prepared.failure
    exports.add_export(Export(case.workload.architecture, time.perf_counter() - begin))
    made = cache.find(case.workload, format_)
    if made is None:
        raise NothingToMeasure(f"the artefact of {case} vanished from the cache")
    return made
