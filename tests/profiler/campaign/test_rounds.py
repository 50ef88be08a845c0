"""When a case has enough blocks, and who is visited next."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.entities.samples import ProcessSample
from catalog.statistics.between_campaigns import Spread
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import RuntimeName
from profiler.campaign.duration import Progress
from profiler.campaign.rounds import Ended, Failed, Measured, Rounds, StoppingRule
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.latency import CAMPAIGNS
from profiler.protocol.percentiles import calls_needed, percentile
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.quiet import QuietLevel
from profiler.protocol.summary import blocks_of
from tests.builders import QUIET_NS
from tests.fakes.campaign import CALLS, FakeTime, make_visit
from tests.profiler.campaign.bench import PLAN, in_order


def rule(plan: SamplingPlan = PLAN, *, left_s: float = inf, campaigns: Spread = CAMPAIGNS) -> StoppingRule:
    return StoppingRule(plan, QuietLevel(), lambda: left_s, campaigns)


def visits(*processes: int) -> list[ProcessSample]:
    """Steady visits to the processes of these numbers."""
    return [make_visit(process=process) for process in processes]


# When a case has enough


@pytest.mark.parametrize(
    ("processes", "least"),
    [((), False), ((0, 0, 0, 0, 0), False), ((0, 1, 1), False), ((0, 0, 1, 1), True), ((0, 1, 2, 3), True)],
)
def test_a_case_has_the_least_with_enough_processes_and_enough_blocks(
    processes: tuple[int, ...], least: bool
) -> None:
    stopping = rule()
    assert stopping.has_least(stopping.compared(visits(*processes))) is least


@pytest.mark.parametrize(("blocks", "left_s", "most"), [(11, 1.0, False), (12, 1.0, True), (1, 0.0, True)])
def test_a_case_has_the_most_at_the_last_block_or_when_the_time_is_over(
    blocks: int, left_s: float, most: bool
) -> None:
    stopping = rule(left_s=left_s)
    assert stopping.has_most(stopping.compared(visits(*[0] * blocks))) is most


def test_the_interval_is_narrow_when_it_meets_the_target_of_the_plan() -> None:
    made = visits(0, 0, 1, 1)
    for target, narrow in ((0.05, True), (0.001, False)):
        stopping = rule(replace(PLAN, interval_target=target))
        assert stopping.is_narrow(stopping.compared(made)) is narrow


def test_what_the_campaigns_of_the_target_part_by_widens_the_interval() -> None:
    stopping = rule(campaigns=Spread(0.1, 8))
    assert not stopping.is_narrow(stopping.compared(visits(0, 0, 1, 1)))


def test_visits_become_one_sample_a_process_that_is_compared_with_the_level_of_this_moment() -> None:
    made = [make_visit(process=process, slowdown=1.5) for process in (0, 1, 0)]
    stopping = rule()
    stopping.learn(made)
    first, second = stopping.compared(made)
    assert (len(first.blocks), len(second.blocks)) == (2, 1)
    assert first.quiet_ns == pytest.approx(1.5 * QUIET_NS)
    stopping.learn([make_visit(slowdown=1.0)] * 10)
    assert [sample.quiet_ns for sample in stopping.compared(made)] == pytest.approx([QUIET_NS] * 2)


# Who is next


def case_of(name: str, batch_size: int = 1) -> Case:
    return Case(Workload(name, 1000, 224), Configuration(RuntimeName.OPENVINO, batch_size=batch_size))


ALPHA, BETA, GAMMA = (case_of(name) for name in ("alpha", "beta", "gamma"))
CRASHED = CaseFailed(FailureReason.CRASHED, "SIGSEGV")
NO_MEMORY = CaseFailed(FailureReason.OUT_OF_MEMORY, "not enough memory")


@dataclass
class Visits:
    """Visits the processes of a case in turn, and remembers when. What a visit takes passes on `time`.

    `failures` and `latencies_ms` are by the case and the number of the visits that it has. In `crowded`, a
    case finds no memory that often.
    """

    time: FakeTime = field(default_factory=FakeTime)
    failures: dict[tuple[Case, int], CaseFailed] = field(default_factory=dict)
    latency_ms: Callable[[int], float] = lambda visits: 10.0
    opening_s: float = 0.0
    crowded: Counter[Case] = field(default_factory=Counter)
    made: list[Case] = field(default_factory=list)
    began_s: list[float] = field(default_factory=list)

    def __call__(self, case: Case, visits: Sequence[ProcessSample]) -> ProcessSample | None:
        if self.crowded[case]:
            self.crowded[case] -= 1
            return None
        if (case, len(visits)) in self.failures:
            raise self.failures[case, len(visits)]
        if len(visits) < PLAN.processes:
            self.time.now_s += self.opening_s
        self.made.append(case)
        self.began_s.append(self.time.clock())
        latency_ms = self.latency_ms(len(visits))
        self.time.now_s += CALLS * latency_ms / 1e3
        made = make_visit(latency_ms, len(visits) % PLAN.processes)
        return replace(made, seconds={"sample": CALLS * latency_ms / 1e3})

    def between_s(self, case: Case) -> list[float]:
        """The times between the blocks of a case."""
        began = [at_s for made, at_s in zip(self.made, self.began_s, strict=True) if made == case]
        return [later - earlier for earlier, later in pairwise(began)]


def rounds_of(
    cases: Sequence[Case],
    visit: Visits,
    stopping: StoppingRule | None = None,
    shuffle: Callable[[list[Case]], None] = in_order,
) -> Rounds:
    return Rounds(
        dict.fromkeys(cases, ()), visit, stopping or rule(), shuffle, visit.time.clock, visit.time.sleep
    )


def ended(rounds: Rounds) -> list[Ended]:
    """The cases of rounds, as they end."""
    return [one for together in rounds for one in together]


def test_cases_take_turns_of_one_block_until_each_has_enough() -> None:
    visit = Visits()
    outcomes = ended(rounds_of([ALPHA, BETA], visit))
    assert visit.made == [ALPHA, BETA] * PLAN.min_blocks
    for outcome, case in zip(outcomes, (ALPHA, BETA), strict=True):
        assert isinstance(outcome, Measured)
        assert outcome.case == case
        assert [len(sample.blocks) for sample in outcome.samples] == [2, 2]


def test_every_round_has_an_order_of_its_own() -> None:
    orders = iter([[BETA, ALPHA], [ALPHA, BETA], [BETA, ALPHA], [ALPHA, BETA]])

    def shuffle(cases: list[Case]) -> None:
        cases[:] = next(orders)

    visit = Visits()
    list(rounds_of([ALPHA, BETA], visit, shuffle=shuffle))
    assert visit.made == [BETA, ALPHA, ALPHA, BETA, BETA, ALPHA, ALPHA, BETA]


@pytest.mark.parametrize("opening_s", [0.0, 5.0])
@pytest.mark.parametrize("latency_ms", [10.0, 4000.0])
def test_blocks_of_a_case_begin_as_far_apart_as_the_plan_says(opening_s: float, latency_ms: float) -> None:
    visit = Visits(opening_s=opening_s, latency_ms=lambda visits: latency_ms)
    list(rounds_of([ALPHA, BETA], visit))
    between = visit.between_s(ALPHA) + visit.between_s(BETA)
    assert len(between) == 2 * (PLAN.min_blocks - 1)
    assert min(between) >= PLAN.gap_s - 1e-9


def test_nobody_waits_while_other_cases_fill_the_time() -> None:
    visit = Visits(latency_ms=lambda visits: 500.0)
    list(rounds_of([ALPHA, BETA, GAMMA], visit))
    assert visit.time.clock() - visit.began_s[0] == pytest.approx(3 * PLAN.min_blocks * CALLS * 0.5)


def test_a_case_without_memory_is_left_out_of_a_round_and_the_others_go_on() -> None:
    visit = Visits(crowded=Counter({ALPHA: 2}))
    outcomes = ended(rounds_of([ALPHA, BETA], visit))
    assert visit.made[:4] == [BETA, BETA, ALPHA, BETA]
    assert [outcome.case for outcome in outcomes] == [BETA, ALPHA]
    assert min(visit.between_s(ALPHA)) >= PLAN.gap_s - 1e-9


@pytest.mark.parametrize("confirming", [0, 1, 3])
def test_a_steady_case_takes_the_least_and_is_confirmed(confirming: int) -> None:
    visit = Visits()
    list(rounds_of([ALPHA], visit, rule(replace(PLAN, confirming=confirming))))
    assert len(visit.made) == PLAN.min_blocks + confirming


def test_an_interval_that_is_narrow_by_luck_is_not_confirmed() -> None:
    # Four blocks agree, and those that follow do not.
    visit = Visits(latency_ms=lambda visits: 20.0 if visits >= PLAN.min_blocks else 10.0)
    list(rounds_of([ALPHA], visit, rule(replace(PLAN, confirming=2))))
    assert len(visit.made) == PLAN.max_blocks


def test_confirmation_starts_again_after_a_block_that_left_the_interval_wide() -> None:
    # The fifth block widens the interval. More blocks narrow it again.
    visit = Visits(latency_ms=lambda visits: 14.0 if visits == PLAN.min_blocks else 10.0)
    plan = replace(PLAN, max_blocks=60, confirming=2)
    stopping = rule(plan)
    (outcome,) = ended(rounds_of([ALPHA], visit, stopping))
    assert isinstance(outcome, Measured)
    assert PLAN.min_blocks + 1 + plan.confirming < len(visit.made) < plan.max_blocks
    assert stopping.is_narrow(outcome.samples)


def test_a_case_that_never_settles_ends_with_the_most_blocks() -> None:
    visit = Visits(latency_ms=lambda visits: 20.0 if visits % 4 < 2 else 10.0)
    (outcome,) = ended(rounds_of([ALPHA], visit))
    assert isinstance(outcome, Measured)
    assert blocks_of(outcome.samples) == len(visit.made) == PLAN.max_blocks


def test_when_the_time_is_over_the_least_number_of_blocks_is_enough() -> None:
    visit = Visits(latency_ms=lambda visits: 20.0 if visits % 4 < 2 else 10.0)
    list(rounds_of([ALPHA], visit, rule(left_s=0.0)))
    assert len(visit.made) == PLAN.min_blocks


def test_a_percentile_takes_blocks_until_it_has_its_calls() -> None:
    visit = Visits()
    list(rounds_of([ALPHA], visit, rule(PLAN.with_percentile(90, 25 * CALLS))))
    assert len(visit.made) == 25


def test_a_percentile_takes_blocks_until_it_has_an_interval() -> None:
    """A tenth of the blocks is slow, so that the calls of a block are alike."""
    visit = Visits(latency_ms=lambda visits: 10.5 if visits % 10 == 9 else 10.0)
    (outcome,) = ended(rounds_of([ALPHA], visit, rule(PLAN.with_percentile(90, calls_needed(90)))))
    assert isinstance(outcome, Measured)
    assert percentile(90, outcome.samples).value is not None
    assert len(visit.made) > calls_needed(90) / CALLS


def test_earlier_visits_are_not_made_again() -> None:
    visit = Visits()
    earlier = {ALPHA: visits(0, 1, 0), BETA: visits(*range(PLAN.max_blocks))}
    rounds = Rounds(earlier, visit, rule(), in_order, visit.time.clock, visit.time.sleep)
    outcomes = ended(rounds)
    assert visit.made == [ALPHA]
    assert {outcome.case for outcome in outcomes} == {ALPHA, BETA}


def test_a_case_that_fails_gets_no_further_turn_and_the_others_do() -> None:
    visit = Visits(failures={(ALPHA, 1): CRASHED})
    failed, measured = ended(rounds_of([ALPHA, BETA], visit))
    assert failed == Failed(ALPHA, CRASHED)
    assert isinstance(measured, Measured)
    assert Counter(visit.made) == {ALPHA: 1, BETA: PLAN.min_blocks}


def test_larger_batches_than_one_without_memory_end_with_it() -> None:
    small, middle, large = (case_of("alpha", size) for size in (1, 2, 4))
    visit = Visits(failures={(middle, 1): NO_MEMORY})
    failed, not_run, measured = ended(rounds_of([small, middle, large], visit))
    assert failed == Failed(middle, NO_MEMORY)
    assert isinstance(not_run, Failed)
    assert not_run.case == large
    assert not_run.failure.detail == "Not run, because a batch of 2 failed in the same way."
    assert measured.case == small
    assert Counter(visit.made) == {small: PLAN.min_blocks, middle: 1, large: 1}


def test_cases_of_eight_turns_end_together() -> None:
    visit = Visits(failures={(ALPHA, 0): CRASHED, (GAMMA, 0): CRASHED})
    others = [case_of(f"net{number}") for number in range(6)]
    first = next(iter(rounds_of([ALPHA, BETA, GAMMA, *others], visit)))
    assert [one.case for one in first] == [ALPHA, GAMMA]
    assert visit.made == [BETA, *others[:5]]


def test_cases_are_made_ready_by_eight_before_they_are_visited() -> None:
    seen: list[tuple[int, list[Case]]] = []
    cases = [case_of(f"net{number}") for number in range(10)]
    visit = Visits()
    rounds = rounds_of(cases, visit)
    rounds.make_ready = lambda visits_of: seen.append((len(visit.made), list(visits_of)))
    list(rounds)
    assert seen[:3] == [(0, cases[:8]), (8, cases[8:]), (10, cases[:8])]


def test_cases_that_have_enough_are_not_made_ready() -> None:
    told: list[dict[Case, int]] = []
    visit = Visits()
    earlier = {ALPHA: visits(0, 1, 0), BETA: visits(*range(PLAN.max_blocks)), GAMMA: ()}
    rounds = Rounds(
        earlier,
        visit,
        rule(),
        in_order,
        visit.time.clock,
        visit.time.sleep,
        lambda visits_of: told.append({case: len(made) for case, made in visits_of.items()}),
    )
    list(rounds)
    assert told == [{ALPHA: 3, GAMMA: 0}, *({GAMMA: made} for made in range(1, PLAN.min_blocks))]


def test_a_batch_that_a_smaller_one_may_spare_is_not_said_to_be_visited() -> None:
    told: list[list[Case]] = []
    small, large, other = case_of("alpha", 1), case_of("alpha", 2), case_of("beta", 2)
    visit = Visits()
    rounds = Rounds(
        dict.fromkeys([large, small, other], ()),
        visit,
        rule(),
        in_order,
        visit.time.clock,
        visit.time.sleep,
        lambda visits_of: told.append(list(visits_of)),
    )
    list(rounds)
    assert told == [[small, other], *[[large, small, other]] * (PLAN.min_blocks - 1)]


def test_without_cases_there_is_no_round() -> None:
    assert list(rounds_of([], Visits())) == []


# How far the rounds are


def test_before_the_first_visit_the_time_left_is_unknown() -> None:
    rounds = rounds_of([ALPHA, BETA], Visits())
    assert rounds.progress() == Progress(0, 2 * PLAN.max_blocks, 0, PLAN.interval_target, 0.0)


def test_progress_counts_blocks_and_narrow_cases_and_guesses_from_the_visits_so_far() -> None:
    visit = Visits(latency_ms=lambda visits: 1000.0)
    stopping = rule(replace(PLAN, confirming=2))
    rounds = rounds_of([ALPHA], visit, stopping)
    seen: list[Progress] = []

    def observed(case: Case, made: Sequence[ProcessSample]) -> ProcessSample | None:
        seen.append(rounds.progress())
        return visit(case, made)

    rounds.visit = observed
    list(rounds)
    assert [progress.blocks for progress in seen] == [0, 1, 2, 3, 4, 5]
    assert {progress.blocks_at_most for progress in seen} == {PLAN.max_blocks}
    assert [progress.narrow for progress in seen] == [0, 0, 0, 0, 1, 1]
    # A visit takes three calls of a second.
    assert [progress.left_s for progress in seen[1:3]] == [pytest.approx(3 * 11), pytest.approx(3 * 10)]
    assert rounds.progress().blocks == rounds.progress().blocks_at_most == 6


def test_progress_promises_no_more_time_than_the_budget_leaves() -> None:
    visit = Visits(latency_ms=lambda visits: 1000.0)
    rounds = rounds_of([ALPHA, BETA], visit, rule(left_s=7.0))
    told: list[float] = []
    rounds.make_ready = lambda _: told.append(rounds.progress().left_s)
    list(rounds)
    assert told == [0.0, *[7.0] * (PLAN.min_blocks - 1)]


def test_progress_has_the_blocks_of_an_interrupted_campaign() -> None:
    visit = Visits()
    rounds = Rounds({ALPHA: visits(0, 1, 0)}, visit, rule(), in_order)
    assert (rounds.progress().blocks, rounds.progress().blocks_at_most) == (3, PLAN.max_blocks)
