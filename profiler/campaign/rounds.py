"""Who is measured next, and when a case has enough samples."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.entities.samples import ProcessSample
from profiler.campaign import batch_curve
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.canary import QuietLevel
from profiler.protocol.doubts import disturbances
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.summary import has_enough


@dataclass(frozen=True)
class StoppingRule:
    """When a case has enough samples by its `plan`, and which of them count.

    The `quiet` level of the canary learns while other cases are measured, so that a sample may turn out to be
    disturbed after it was taken.
    """

    plan: SamplingPlan
    quiet: QuietLevel
    time_is_over: Callable[[], bool]

    def has_enough(self, samples: Sequence[ProcessSample]) -> bool:
        """Whether the undisturbed samples suffice for the plan. Once there are `max_processes`, or the time
        is over, the plan's least number is enough."""
        if len(samples) < self.plan.processes:
            return False
        if len(samples) >= self.plan.max_processes or self.time_is_over():
            return True
        clean, _ = _split_disturbed(samples, self.quiet)
        return has_enough(clean, self.plan)

    def choose(
        self, samples: Sequence[ProcessSample]
    ) -> tuple[tuple[ProcessSample, ...], tuple[ProcessSample, ...]]:
        """The samples that the numbers rest on, in the order taken, and those that are set aside.

        None is set aside where too few are undisturbed.
        """
        clean, disturbed = _split_disturbed(samples, self.quiet)
        if len(clean) < self.plan.processes:
            clean, disturbed = [*clean, *disturbed], []
        return tuple(sorted(clean, key=lambda sample: sample.started_at)), tuple(disturbed)


def _split_disturbed(
    samples: Iterable[ProcessSample], quiet: QuietLevel
) -> tuple[list[ProcessSample], list[ProcessSample]]:
    """The samples that nothing disturbed, and the others, compared with the quiet level of this moment."""
    clean: list[ProcessSample] = []
    disturbed: list[ProcessSample] = []
    for sample in samples:
        canary = None if sample.canary is None else quiet.beside(sample.canary)
        compared = replace(sample, canary=canary)
        (disturbed if disturbances(compared) else clean).append(compared)
    return clean, disturbed


@dataclass(frozen=True)
class Measured:
    """A case that has enough samples."""

    case: Case
    samples: tuple[ProcessSample, ...]
    set_aside: tuple[ProcessSample, ...]


@dataclass(frozen=True)
class Failed:
    """A case without numbers. `processes` were started for it, the one that failed included."""

    case: Case
    failure: CaseFailed
    processes: int


class Rounds:
    """Cases take turns in random order, one process a turn, until each has ended.

    `earlier` has the cases, with the samples that an interrupted campaign left of them. `take` gets a case
    with the number of its samples so far, and returns one more or raises CaseFailed.
    """

    def __init__(
        self,
        earlier: Mapping[Case, Sequence[ProcessSample]],
        take: Callable[[Case, int], ProcessSample],
        rule: StoppingRule,
        shuffle: Callable[[list[Case]], None],
    ) -> None:
        self._samples = {case: list(samples) for case, samples in earlier.items()}  # of the open cases
        self._take = take
        self._rule = rule
        self._shuffle = shuffle

    def __iter__(self) -> Iterator[Measured | Failed]:
        """The cases, as they end."""
        while self._samples:
            order = list(self._samples)
            self._shuffle(order)
            for case in order:
                if case in self._samples:  # else a smaller batch has failed in this round
                    yield from self._turn(case)

    def _turn(self, case: Case) -> list[Measured | Failed]:
        """One more process of a case, unless it has enough. Returns the cases that have ended by it."""
        samples = self._samples[case]
        if not self._rule.has_enough(samples):
            try:
                samples.append(self._take(case, len(samples)))
            except CaseFailed as failure:
                return self._fail(case, failure)
        if not self._rule.has_enough(samples):
            return []
        del self._samples[case]
        return [Measured(case, *self._rule.choose(samples))]

    def _fail(self, case: Case, failure: CaseFailed) -> list[Measured | Failed]:
        """A case fails, and so do those that cannot escape its failure."""
        failed = Failed(case, failure, len(self._samples.pop(case)) + 1)
        larger_batches = batch_curve.beyond(case, failure, self._samples)
        reason = batch_curve.not_run(case, failure)
        return [
            failed,
            *(Failed(larger, reason, len(self._samples.pop(larger))) for larger in larger_batches),
        ]
