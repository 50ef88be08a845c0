from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.entities.samples import Canary, ProcessSample
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import RuntimeName
from profiler.campaign.rounds import Failed, Measured, Rounds, StoppingRule
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.canary import QuietLevel
from profiler.protocol.plan import SamplingPlan
from tests.builders import make_sample

PLAN = SamplingPlan(processes=3, max_processes=6, confirming=0)
STEADY = make_sample(10.0)
CONTENDED = make_sample(10.0, foreign_cpus=1.0)


def rule(
    plan: SamplingPlan = PLAN, quiet: QuietLevel | None = None, *, time_is_over: bool = False
) -> StoppingRule:
    return StoppingRule(plan, quiet or QuietLevel(), lambda: time_is_over)


def samples(*latencies_ms: float) -> list[ProcessSample]:
    return [make_sample(latency) for latency in latencies_ms]


# When a case has enough


@pytest.mark.parametrize(("taken", "enough"), [(0, False), (2, False), (3, True), (4, True)])
def test_steady_samples_are_enough_from_the_least_number(taken: int, enough: bool) -> None:
    assert rule().has_enough([STEADY] * taken) is enough


@pytest.mark.parametrize(("taken", "enough"), [(3, False), (5, False), (6, True)])
def test_imprecise_samples_are_enough_at_the_most_processes(taken: int, enough: bool) -> None:
    assert rule().has_enough(samples(10, 20, 10, 20, 10, 20)[:taken]) is enough


@pytest.mark.parametrize(("taken", "enough"), [(2, False), (3, True)])
def test_when_the_time_is_over_the_least_number_is_enough(taken: int, enough: bool) -> None:
    assert rule(time_is_over=True).has_enough(samples(10, 20, 30)[:taken]) is enough


def test_a_disturbed_sample_does_not_count() -> None:
    assert not rule().has_enough([STEADY, CONTENDED, STEADY])
    assert rule().has_enough([STEADY, CONTENDED, STEADY, STEADY])


def test_a_sample_is_disturbed_once_the_machine_was_seen_to_be_quieter() -> None:
    beside_beats = replace(STEADY, canary=Canary((1_500_000,), (4_000_000,)))
    taken, stopping = [beside_beats] * 3, rule()
    for sample in taken:
        stopping.quiet.learn(sample)
    assert stopping.has_enough(taken)
    stopping.quiet.learn(replace(STEADY, canary=Canary((1_000_000,), (4_000_000,))))
    assert not stopping.has_enough(taken)


# Which samples count


def test_disturbed_samples_are_set_aside() -> None:
    assert rule().choose([STEADY, CONTENDED, STEADY, STEADY]) == ((STEADY,) * 3, (CONTENDED,))


def test_where_too_few_are_undisturbed_all_count() -> None:
    assert rule().choose([CONTENDED, STEADY, STEADY])[1] == ()
    assert len(rule().choose([CONTENDED, STEADY, STEADY])[0]) == 3


def test_the_samples_that_count_are_in_the_order_taken() -> None:
    taken = [replace(STEADY, started_at=f"2026-11-21T12:00:0{second}.000+00:00") for second in (2, 1, 3)]
    chosen, _ = rule().choose(taken)
    assert [sample.started_at[18] for sample in chosen] == ["1", "2", "3"]


def test_the_samples_keep_the_quiet_level_that_they_were_compared_with() -> None:
    canary = Canary((1_000_000,), (4_000_000,))
    stopping = rule()
    stopping.quiet.learn(replace(STEADY, canary=canary))
    chosen, _ = stopping.choose([replace(STEADY, canary=canary)] * 3)
    assert {sample.canary for sample in chosen} == {Canary((1_000_000,), (4_000_000,), 1e6, 4e6)}


# Who is next


def case_of(name: str, batch_size: int = 1) -> Case:
    return Case(Workload(name, 1000, 224), Configuration(RuntimeName.OPENVINO, batch_size=batch_size))


ALPHA, BETA, GAMMA = (case_of(name) for name in ("alpha", "beta", "gamma"))
CRASHED = CaseFailed(FailureReason.CRASHED, "SIGSEGV")
NO_MEMORY = CaseFailed(FailureReason.OUT_OF_MEMORY, "not enough memory")


@dataclass
class Taking:
    """Takes steady samples, and fails where `failures` has the case with that number of samples."""

    failures: dict[tuple[Case, int], CaseFailed] = field(default_factory=dict)
    turns: list[tuple[Case, int]] = field(default_factory=list)

    def __call__(self, case: Case, taken: int) -> ProcessSample:
        self.turns.append((case, taken))
        if (case, taken) in self.failures:
            raise self.failures[case, taken]
        return STEADY


def in_order(cases: list[Case]) -> None:
    """Leaves the cases as they are."""


def ended(
    cases: Sequence[Case], take: Taking, shuffle: Callable[[list[Case]], None] = in_order
) -> list[Measured | Failed]:
    return list(Rounds(dict.fromkeys(cases, ()), take, rule(), shuffle))


def test_cases_take_turns_of_one_process_until_each_has_enough() -> None:
    take = Taking()
    outcomes = ended([ALPHA, BETA], take)
    assert take.turns == [(ALPHA, 0), (BETA, 0), (ALPHA, 1), (BETA, 1), (ALPHA, 2), (BETA, 2)]
    assert outcomes == [Measured(case, (STEADY,) * 3, ()) for case in (ALPHA, BETA)]


def test_every_round_has_an_order_of_its_own() -> None:
    orders = iter([[BETA, ALPHA], [ALPHA, BETA], [BETA, ALPHA]])

    def shuffle(cases: list[Case]) -> None:
        cases[:] = next(orders)

    take = Taking()
    ended([ALPHA, BETA], take, shuffle)
    assert [case for case, _ in take.turns] == [BETA, ALPHA, ALPHA, BETA, BETA, ALPHA]


def test_earlier_samples_are_not_taken_again() -> None:
    take = Taking()
    outcomes = list(Rounds({ALPHA: [STEADY] * 2, BETA: [STEADY] * 3}, take, rule(), in_order))
    assert take.turns == [(ALPHA, 2)]
    assert {outcome.case for outcome in outcomes} == {ALPHA, BETA}


def test_a_case_that_fails_gets_no_further_turn_and_the_others_do() -> None:
    take = Taking({(ALPHA, 1): CRASHED})
    outcomes = ended([ALPHA, BETA], take)
    assert outcomes == [Failed(ALPHA, CRASHED, processes=2), Measured(BETA, (STEADY,) * 3, ())]
    assert Counter(case for case, _ in take.turns) == {ALPHA: 2, BETA: 3}


def test_larger_batches_than_one_without_memory_end_with_it() -> None:
    small, middle, large = (case_of("alpha", size) for size in (1, 2, 4))
    take = Taking({(middle, 1): NO_MEMORY})
    outcomes = ended([small, middle, large], take)
    failed, not_run, measured = outcomes
    assert failed == Failed(middle, NO_MEMORY, processes=2)
    assert isinstance(not_run, Failed)
    assert (not_run.case, not_run.processes) == (large, 1)
    assert not_run.failure.detail == "Not run, because a batch of 2 failed in the same way."
    assert measured.case == small


def test_a_larger_batch_that_comes_later_in_the_round_is_not_started() -> None:
    small, large = case_of("alpha", 1), case_of("alpha", 2)
    take = Taking({(small, 0): NO_MEMORY})
    assert [outcome.case for outcome in ended([small, large], take)] == [small, large]
    assert take.turns == [(small, 0)]


def test_a_case_has_ended_before_the_next_turn_begins() -> None:
    take = Taking({(ALPHA, 0): CRASHED})
    rounds = iter(Rounds({ALPHA: (), BETA: (), GAMMA: ()}, take, rule(), in_order))
    assert next(rounds).case is ALPHA
    assert take.turns == [(ALPHA, 0)]


def test_without_cases_there_is_no_round() -> None:
    assert ended([], Taking()) == []
