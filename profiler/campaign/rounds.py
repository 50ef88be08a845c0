"""Who is visited next, and when a case has enough samples."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from math import inf
from statistics import median

from catalog.entities.samples import ProcessSample
from catalog.statistics.between_campaigns import Spread
from profiler.campaign import batch_curve
from profiler.campaign.duration import Progress
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import HostFault
from profiler.protocol.latency import CAMPAIGNS
from profiler.protocol.percentiles import NS_PER_MS
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.quiet import QuietLevel, place_of
from profiler.protocol.summary import blocks_of, has_enough
from profiler.protocol.visits import merged


@dataclass(frozen=True)
class StoppingRule:
    """When a case has enough samples by its `plan`.

    The `quiet` level of the canary learns while other cases are measured, so that a block may turn out to be
    disturbed after it was taken. `left_s` is how many seconds the campaign still has. `campaigns` is what the
    target's campaigns differ by.
    """

    plan: SamplingPlan
    quiet: QuietLevel
    left_s: Callable[[], float] = lambda: inf
    campaigns: Spread = CAMPAIGNS

    def learn(self, visits: Iterable[ProcessSample]) -> None:
        """Learn the quiet level from visits."""
        for visit in visits:
            for block in visit.blocks:
                self.quiet.learn(block)

    def compared(self, visits: Iterable[ProcessSample]) -> tuple[ProcessSample, ...]:
        """One sample for each process, with the quiet level of this moment."""
        return tuple(
            replace(sample, quiet_ns=self.quiet.level_ns(place_of(sample.blocks[0].before)))
            for sample in merged(visits)
        )

    def has_least(self, samples: Sequence[ProcessSample]) -> bool:
        """Whether there are as many processes and blocks as a case has at least."""
        return len(samples) >= self.plan.processes and blocks_of(samples) >= self.plan.min_blocks

    def has_most(self, samples: Sequence[ProcessSample]) -> bool:
        """Whether nothing more is taken, because there are `max_blocks`, or the time is over."""
        return blocks_of(samples) >= self.plan.max_blocks or self.left_s() <= 0

    def is_narrow(self, samples: Sequence[ProcessSample]) -> bool:
        """Whether the interval is as narrow as the plan asks."""
        return has_enough(samples, self.plan, self.campaigns)


@dataclass(frozen=True)
class Measured:
    """A case that has enough samples, one for each process."""

    case: Case
    samples: tuple[ProcessSample, ...]


@dataclass(frozen=True)
class Failed:
    """A case without numbers."""

    case: Case
    failure: CaseFailed


@dataclass(frozen=True)
class Unmeasured:
    """A case that the host keeps from being measured. It has no outcome, and the next campaign tries it."""

    case: Case
    fault: HostFault


Ended = Measured | Failed | Unmeasured
# So many cases are made ready together: enough to fill the CPUs, and few enough for a first look soon.
_TOGETHER = 8


def side_by_side(ended: Iterable[Ended]) -> Iterator[list[Ended]]:
    """The cases in their order, as many together as the first of them has CPUs."""
    left = iter(ended)
    for first in left:
        yield [first, *islice(left, first.case.configuration.cpus - 1)]


@dataclass
class _Open:
    """A case that has not ended: its visits, how many of the last ones left its interval narrow, and when the
    block of the last one began at the latest."""

    visits: list[ProcessSample]
    narrow: int = 0
    last_s: float | None = None


# Visits a case that has some visits. Returns one more, or None where no process fits into memory now.
Visit = Callable[[Case, Sequence[ProcessSample]], ProcessSample | None]
# Makes ready to visit cases, which have some visits, in their order.
MakeReady = Callable[[Mapping[Case, Sequence[ProcessSample]]], None]


@dataclass
class Rounds:
    """Open cases are visited in random order, a block in each round, until each has ended.

    `earlier` has the cases, with the visits that an interrupted campaign made. `visit` may raise CaseFailed
    or HostFault. `make_ready` is told beforehand which cases are visited next.
    """

    earlier: Mapping[Case, Sequence[ProcessSample]]
    visit: Visit
    rule: StoppingRule
    shuffle: Callable[[list[Case]], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    make_ready: MakeReady = lambda _: None
    _open: dict[Case, _Open] = field(init=False)
    _visits: int = field(init=False, default=0)
    _of_ended: int = field(init=False, default=0)
    _begin_s: float = field(init=False)
    _last: Case | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._open = {case: _Open(list(visits)) for case, visits in self.earlier.items()}
        self._begin_s = self.clock()

    def __iter__(self) -> Iterator[Sequence[Ended]]:
        """The cases, as they end: together those that end while some cases are visited."""
        while self._open:
            order = list(self._open)
            self.shuffle(order)
            for begin in range(0, len(order), _TOGETHER):
                if ended := self._turns(order[begin : begin + _TOGETHER]):
                    yield ended

    def _turns(self, cases: Sequence[Case]) -> list[Ended]:
        """A turn of each case. Returns those that have ended by it."""
        self.make_ready(self._to_visit([case for case in cases if case in self._open]))
        ended: list[Ended] = []
        for case in cases:
            if case in self._open:  # else a smaller batch has failed in this round
                ended += self._turn(case)
        return ended

    def _to_visit(self, cases: Sequence[Case]) -> dict[Case, Sequence[ProcessSample]]:
        """Those of the cases that will be visited, with their visits. A batch that a smaller one may spare is
        left out."""
        spared = {case for case, state in self._open.items() if not state.visits}
        spared -= set(batch_curve.smallest(spared))
        return {
            case: self._open[case].visits
            for case in cases
            if case not in spared and not self._has_enough(self._open[case])
        }

    def progress(self) -> Progress:
        """How far the rounds are. The visits so far tell how long the others take."""
        plan, of_open = self.rule.plan, [len(case.visits) for case in self._open.values()]
        left = sum(max(0, plan.max_blocks - visits) for visits in of_open)
        visit_s = (self.clock() - self._begin_s) / self._visits if self._visits else 0.0
        return Progress(
            blocks=self._of_ended + sum(of_open),
            blocks_at_most=self._of_ended + sum(of_open) + left,
            narrow=sum(case.narrow > 0 for case in self._open.values()),
            target=plan.interval_target,
            left_s=max(0.0, min(left * visit_s, self.rule.left_s())),
            first_look=self._first_look() if 0 in of_open else None,
        )

    def _first_look(self) -> tuple[Case, float] | None:
        """The case that was visited last, with what its calls took (ms)."""
        if self._last not in self._open:
            return None
        return self._last, median(self._open[self._last].visits[-1].wall_ns) / NS_PER_MS

    def _turn(self, case: Case) -> list[Ended]:
        """One more visit to a case, unless it has enough. Returns the cases that have ended by it."""
        state = self._open[case]
        if not self._has_enough(state):
            self._wait(state)
            try:
                taken = self.visit(case, state.visits)
            except CaseFailed as failure:
                return self._fail(case, failure)
            except HostFault as fault:
                del self._open[case]
                return [Unmeasured(case, fault)]
            if taken is None:
                return []
            # Before its block, the visit may have opened a process, which takes seconds.
            state.last_s = self.clock() - taken.seconds["sample"]
            state.visits.append(taken)
            self._visits += 1
            self._last = case
            samples = self.rule.compared(state.visits)
            is_narrow = self.rule.has_least(samples) and self.rule.is_narrow(samples)
            state.narrow = state.narrow + 1 if is_narrow else 0
        if not self._has_enough(state):
            return []
        del self._open[case]
        self._of_ended += len(state.visits)
        return [Measured(case, self.rule.compared(state.visits))]

    def _has_enough(self, state: _Open) -> bool:
        """Whether a case ends: its interval was narrow and stayed so, or nothing more is taken."""
        samples = self.rule.compared(state.visits)
        if not self.rule.has_least(samples):
            return False
        return state.narrow > self.rule.plan.confirming or self.rule.has_most(samples)

    def _wait(self, state: _Open) -> None:
        """Leave the machine time to become another, since the last visit to this case."""
        if state.last_s is not None:
            self.sleep(max(0.0, state.last_s + self.rule.plan.gap_s - self.clock()))

    def _fail(self, case: Case, failure: CaseFailed) -> list[Ended]:
        """A case fails, and so do those that cannot escape its failure."""
        del self._open[case]
        larger_batches = batch_curve.beyond(case, failure, self._open)
        for larger in larger_batches:
            del self._open[larger]
        reason = batch_curve.not_run(case, failure)
        return [Failed(case, failure), *(Failed(larger, reason) for larger in larger_batches)]
