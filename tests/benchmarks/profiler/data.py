"""What a journal holds, as the analysis takes it: visits beside the quiet level, and runs of visits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from math import hypot
from statistics import fmean

from catalog.entities.samples import ProcessSample
from catalog.words.doubts import Doubt
from profiler.protocol.doubts import doubts
from profiler.protocol.intervals import t_quantile
from profiler.protocol.latency import Latency, Moment, latency_of
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.quiet import QuietLevel, place_of
from profiler.protocol.summary import moments_of
from profiler.protocol.visits import merged
from tests.benchmarks.profiler.extent import SET, Series
from tests.benchmarks.profiler.journal import Taken

# The doubts that say that a number may be off.
DISTURBED = (
    Doubt.CONTENDED,
    Doubt.OFF_CPU,
    Doubt.CANARY_MOVED,
    Doubt.FEW_QUIET_MOMENTS,
    Doubt.CLOCK_DRIFT,
    Doubt.IMPRECISE,
)


@dataclass(frozen=True)
class Run:
    """Blocks of one series that followed one another, as a campaign would have taken them."""

    series: Series
    taken: tuple[Taken, ...]

    @cached_property
    def samples(self) -> list[ProcessSample]:
        """One for each process."""
        return merged(one.sample for one in self.taken if one.sample is not None)

    @cached_property
    def moments(self) -> list[Moment]:
        return moments_of(self.samples)

    @cached_property
    def latency(self) -> Latency:
        """The profiler's own."""
        return latency_of(self.moments)

    @cached_property
    def flags(self) -> frozenset[Doubt]:
        """The doubts about it that say that something disturbed it."""
        return frozenset(doubts(self.samples, SamplingPlan().interval_target)).intersection(DISTURBED)

    @property
    def phase(self) -> str:
        return self.taken[0].phase

    @property
    def visit_s(self) -> float:
        """The mean time of a visit, without opening processes."""
        return fmean(one.took_s - one.opening_s for one in self.taken)


class Data:
    """The visits of a journal, in the order made. Each has the quiet level that a campaign of its phase would
    have known at its end, if the target was measured in the phases before it, and in those of `earlier`."""

    def __init__(self, taken: Sequence[Taken], earlier: "Data | None" = None) -> None:
        self.failures = [one for one in taken if one.failure is not None]
        self.taken: list[Taken] = []
        self._seen: list[ProcessSample] = list(earlier._seen) if earlier else []
        good = sorted((one for one in taken if one.sample is not None), key=lambda one: one.began_s)
        for phase in dict.fromkeys(one.phase for one in good):
            self.taken += self._beside_quiet([one for one in good if one.phase == phase])
        self._of: dict[tuple[Series, str], list[Taken]] = {}
        for one in self.taken:
            self._of.setdefault((one.series, one.phase), []).append(one)
        # Runs keep their estimates, so each is made once.
        self.sets, self.runs, self.others = cache(self._sets), cache(self._runs), cache(self._others)

    def _beside_quiet(self, taken: Sequence[Taken]) -> list[Taken]:
        quiet = QuietLevel(self._seen)
        samples = [one.sample for one in taken if one.sample is not None]
        for sample in samples:
            for block in sample.blocks:
                quiet.learn(block)
        known = [replace(one, quiet_ns=quiet.level_ns(place_of(one.blocks[0].before))) for one in samples]
        # A campaign looks at the last measurements on as many CPUs.
        places = {place_of(one.blocks[0].before) for one in known}
        self._seen = [one for one in self._seen if place_of(one.blocks[0].before) not in places] + known
        return [replace(one, sample=sample) for one, sample in zip(taken, known, strict=True)]

    def of_phase(self, series: Series, phase: str) -> list[Taken]:
        return self._of.get((series, phase), [])

    def _sets(self, series: Series) -> dict[str, Run]:
        """All blocks of each set."""
        return {
            phase: Run(series, tuple(taken))
            for (one, phase), taken in self._of.items()
            if one == series and phase.startswith(SET)
        }

    def _runs(self, series: Series, blocks: int) -> list[Run]:
        """The runs of so many blocks in each set. Each begins in the middle of the one before."""
        sets = self.sets(series).values()
        return [run for one in sets for run in windows(one, blocks, max(1, blocks // 2))]

    def _others(self, series: Series, phase: str) -> Run:
        """All blocks of the other sets."""
        return joined(series, [run for name, run in self.sets(series).items() if name != phase])


def windows(run: Run, blocks: int, step: int) -> Iterator[Run]:
    for begin in range(0, len(run.taken) - blocks + 1, step):
        yield Run(run.series, run.taken[begin : begin + blocks])


def joined(series: Series, runs: Sequence[Run]) -> Run:
    return Run(series, tuple(one for run in runs for one in run.taken))


def differ(one: Latency, other: Latency) -> bool:
    """Whether two runs are told apart at 5 %: Welch's test with the errors and the degrees of freedom that
    the profiler gives its numbers."""
    error = hypot(one.error, other.error)
    freedom = error**4 / sum(run.error**4 / run.freedom for run in (one, other))
    return abs(one.value - other.value) > t_quantile(freedom) * error


def holds(run: Latency, reference: Latency, *, widened: bool = False) -> bool:
    """Whether the interval of the run holds the number of the reference. It may be widened by the error that
    the reference itself has."""
    side = run.down if reference.value < run.value else run.up
    own = t_quantile(reference.freedom) * reference.error if widened else 0.0
    return abs(reference.value - run.value) <= hypot(side, own)
