from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.budget import Bound, Budget, fit_budget
from app.explain import eliminations, joint_relaxation, near_misses, reasons, relaxations
from app.objective import objective_of
from app.ranking import Collapse
from catalog.metrics import Direction, Metric
from catalog.vocabulary import Doubt, Provenance
from tests.app.candidates import Candidate, bounded, candidate_lists, columns, interval

LATENCY, TOP1, MEMORY = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB
GRID = {LATENCY: [5.0, 10.0, 20.0, 40.0], TOP1: [70.0, 75.0, 80.0], MEMORY: [100.0, 200.0]}


@st.composite
def budgets(draw: st.DrawFn, *, confident: bool = False, two_sided: bool = True) -> Budget:
    """One to three bounds whose limits lie on and beside the grid of the candidates."""
    bounds = []
    for metric in draw(st.permutations([LATENCY, TOP1, MEMORY]))[: draw(st.integers(1, 3))]:
        limits = sorted(draw(st.lists(st.sampled_from(LIMITS[metric]), min_size=2, max_size=2)))
        lower = metric.direction is Direction.LOWER
        if two_sided and not draw(st.integers(0, 3)):
            bounds.append(Bound(metric, *limits))
        else:
            bounds.append(Bound(metric, maximum=limits[0]) if lower else Bound(metric, minimum=limits[0]))
    return Budget(tuple(bounds), draw(st.sampled_from([0.3, 0.8, 0.95])) if confident else None)


LIMITS = {
    LATENCY: [0.0, 4.0, 5.0, 8.0, 10.0, 25.0, 50.0],
    TOP1: [65.0, 70.0, 74.0, 78.0, 80.0, 90.0],
    MEMORY: [50.0, 100.0, 150.0, 250.0],
}


def fits(candidates: list[Candidate], budget: Budget) -> list[bool]:
    them = columns(*candidates)
    return fit_budget(budget, them.metrics, len(them)).fits.tolist()


def with_limit(budget: Budget, metric: Metric, side: str, limit: float) -> Budget:
    """`budget` with one side of the bound on `metric` moved to `limit`."""

    def moved(bound: Bound) -> Bound:
        if bound.metric != metric:
            return bound
        return replace(bound, minimum=limit) if side == "min" else replace(bound, maximum=limit)

    bounds = [moved(bound) for bound in budget.bounds]
    return Budget(tuple(bounds), budget.confidence)


# Eliminations


def test_each_bound_says_how_many_it_eliminated_and_how_many_it_alone() -> None:
    them = columns(
        Candidate(numbers={LATENCY: 10, TOP1: 80}),
        Candidate(numbers={LATENCY: 60, TOP1: 80}),
        Candidate(numbers={LATENCY: 60, TOP1: 70}),
        Candidate(numbers={LATENCY: 60, TOP1: 70}),
        Candidate(numbers={LATENCY: 60}),
        Candidate(numbers={LATENCY: 10}),
    )
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    found = eliminations(fit_budget(budget, them.metrics, len(them)))
    assert found.eliminated == {LATENCY: 4, TOP1: 2}
    assert found.eliminated_only_by == {LATENCY: 1, TOP1: 0}
    assert found.unknown == {LATENCY: 0, TOP1: 2}


@bounded
@given(candidate_lists(GRID), budgets())
def test_eliminations_add_up(candidates: list[Candidate], budget: Budget) -> None:
    them = columns(*candidates)
    fit = fit_budget(budget, them.metrics, len(them))
    found = eliminations(fit)
    for bound, one in fit.by_bound.items():
        metric = bound.metric
        assert found.eliminated[metric] + found.unknown[metric] + one.within.sum() == len(candidates)
        assert found.eliminated_only_by[metric] <= found.eliminated[metric]
    inside = int(fit.fits.sum())
    assert inside + sum(found.eliminated_only_by.values()) <= len(candidates)
    assert inside + sum(found.eliminated.values()) + sum(found.unknown.values()) >= len(candidates)


@bounded
@given(candidate_lists(GRID), budgets(two_sided=False))
def test_dropping_a_bound_admits_just_those_that_it_alone_eliminated_or_did_not_know(
    candidates: list[Candidate], budget: Budget
) -> None:
    them = columns(*candidates)
    fit = fit_budget(budget, them.metrics, len(them))
    found = eliminations(fit)
    for bound in budget.bounds:
        others = Budget(tuple(one for one in budget.bounds if one != bound))
        admitted = fit_budget(others, them.metrics, len(them)).fits
        unknown = np.isnan(them.metrics[bound.metric].value)
        gained = (admitted & ~fit.fits & ~unknown).sum()
        assert found.eliminated_only_by[bound.metric] == gained


def test_with_a_confidence_every_candidate_outside_is_counted_somewhere() -> None:
    them = columns(Candidate(numbers={LATENCY: interval(50, 1.2), MEMORY: interval(100, 1.2)}))
    budget = Budget((Bound(LATENCY, maximum=56.3), Bound(MEMORY, maximum=112.6)), 0.85)
    fit = fit_budget(budget, them.metrics, len(them))
    assert not fit.fits.any()
    assert sum(eliminations(fit).eliminated.values()) > 0


# Near misses


def test_near_misses_are_the_nearest_first_and_one_of_each_architecture() -> None:
    them = columns(
        Candidate("anet", {LATENCY: 90}),
        Candidate("bnet", {LATENCY: 60}),
        Candidate("bnet", {LATENCY: 55}),
        Candidate("cnet", {LATENCY: 70}),
        Candidate("dnet", {LATENCY: 80}),
    )
    fit = fit_budget(Budget((Bound(LATENCY, maximum=50),)), them.metrics, len(them))
    assert near_misses(them, fit, 3) == [2, 3, 4]


def test_an_architecture_that_fits_is_no_near_miss() -> None:
    them = columns(
        Candidate("anet", {LATENCY: 40}), Candidate("anet", {LATENCY: 51}), Candidate("bnet", {LATENCY: 60})
    )
    fit = fit_budget(Budget((Bound(LATENCY, maximum=50),)), them.metrics, len(them))
    assert near_misses(them, fit, 3) == [2]


def test_a_candidate_that_lacks_a_bounded_metric_is_no_near_miss() -> None:
    them = columns(Candidate("anet", {TOP1: 80}), Candidate("bnet", {LATENCY: 60}))
    fit = fit_budget(Budget((Bound(LATENCY, maximum=50),)), them.metrics, len(them))
    assert near_misses(them, fit, 3) == [1]


@bounded
@given(candidate_lists(GRID), budgets(), st.integers(1, 4))
def test_near_misses_are_those_of_a_plain_search(
    candidates: list[Candidate], budget: Budget, most: int
) -> None:
    them = columns(*candidates)
    fit = fit_budget(budget, them.metrics, len(them))
    inside = {
        one.architecture for one, fit_ in zip(candidates, fits(candidates, budget), strict=True) if fit_
    }

    def distance(one: Candidate) -> float:
        worst = 0.0
        for bound in budget.bounds:
            for limit, sign in bound.sides:
                violation = sign * (limit - one.value(bound.metric))
                worst = max(worst, violation / limit if limit else violation)
        return worst

    nearest: dict[str, float] = {}
    for one in candidates:
        known = not any(isnan(one.value(bound.metric)) for bound in budget.bounds)
        if known and one.architecture not in inside:
            nearest[one.architecture] = min(nearest.get(one.architecture, np.inf), distance(one))
    found = near_misses(them, fit, most)
    assert len(found) == min(most, len(nearest))
    assert [distance(candidates[row]) for row in found] == sorted(nearest.values())[:most]
    assert len({candidates[row].architecture for row in found}) == len(found)


# Relaxations


def test_the_smallest_relaxation_of_each_bound_is_named() -> None:
    them = columns(
        Candidate("anet", {LATENCY: 60, TOP1: 80}),
        Candidate("bnet", {LATENCY: 55, TOP1: 76}),
        Candidate("cnet", {LATENCY: 40, TOP1: 74}),
        Candidate("dnet", {LATENCY: 52, TOP1: 60}),
    )
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    found = relaxations(them, budget, fit_budget(budget, them.metrics, len(them)))
    assert [(one.metric, one.side, one.bound, one.row) for one in found] == [
        (LATENCY, "max", 55.0, 1),
        (TOP1, "min", 74.0, 2),
    ]


def test_no_single_relaxation_is_named_where_two_bounds_are_broken() -> None:
    them = columns(Candidate(numbers={LATENCY: 60, TOP1: 70}))
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    assert relaxations(them, budget, fit_budget(budget, them.metrics, len(them))) == []


def test_both_sides_of_a_bound_may_be_relaxed() -> None:
    them = columns(Candidate("anet", {MEMORY: 90}), Candidate("bnet", {MEMORY: 230}))
    budget = Budget((Bound(MEMORY, 100, 200),))
    found = relaxations(them, budget, fit_budget(budget, them.metrics, len(them)))
    assert [(one.side, one.bound, one.row) for one in found] == [("min", 90.0, 0), ("max", 230.0, 1)]


def check_relaxations(candidates: list[Candidate], budget: Budget) -> None:
    """Every relaxation admits its candidate when resubmitted, and nine tenths or 99.9 % of it nobody; where
    none is named, no move of that side admits anybody."""
    them = columns(*candidates)
    fit = fit_budget(budget, them.metrics, len(them))
    before = fits(candidates, budget)
    found = {(one.metric, one.side): one for one in relaxations(them, budget, fit)}
    for bound in budget.bounds:
        for limit, sign in bound.sides:
            side = "min" if sign > 0 else "max"
            one = found.pop((bound.metric, side), None)
            if one is None:
                furthest = 0.0 if side == "min" else 1e9
                assert fits(candidates, with_limit(budget, bound.metric, side, furthest)) == before
            else:
                after = fits(candidates, with_limit(budget, bound.metric, side, one.bound))
                assert after[one.row]
                assert not before[one.row]
                for share in (0.9, 0.999):
                    less = limit + (one.bound - limit) * share
                    assert fits(candidates, with_limit(budget, bound.metric, side, less)) == before
    assert not found


@bounded
@given(candidate_lists(GRID), budgets())
def test_relaxations_admit_their_candidate_and_smaller_ones_nobody(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_relaxations(candidates, budget)


@bounded
@given(candidate_lists(GRID, intervals=True, most=6), budgets(confident=True, two_sided=False))
def test_relaxations_under_a_confidence_admit_their_candidate_and_smaller_ones_nobody(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_relaxations(candidates, Budget(budget.bounds[:1], budget.confidence))


@bounded
@given(candidate_lists(GRID, intervals=True, most=6), budgets(confident=True, two_sided=False))
def test_relaxations_of_several_bounds_under_a_confidence_are_the_smallest(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_relaxations(candidates, budget)


@bounded
@given(candidate_lists(GRID, intervals=True, most=6), budgets(confident=True))
def test_relaxations_under_a_confidence_heed_the_other_side(
    candidates: list[Candidate], budget: Budget
) -> None:
    them = columns(*candidates)
    fit = fit_budget(budget, them.metrics, len(them))
    for one in relaxations(them, budget, fit):
        assert fits(candidates, with_limit(budget, one.metric, one.side, one.bound))[one.row]


def check_joint_relaxation(candidates: list[Candidate], budget: Budget) -> None:
    """The joint relaxation admits its candidate when resubmitted, and 99.9 % of it nobody."""
    them = columns(*candidates)
    found = joint_relaxation(them, budget, fit_budget(budget, them.metrics, len(them)))
    if found is None:
        widest = Budget(tuple(widened(bound, 1e9) for bound in budget.bounds), budget.confidence)
        assert any(fits(candidates, budget)) or not any(fits(candidates, widest))
        return
    assert not any(fits(candidates, budget))
    assert found.factor > 0
    assert fits(candidates, Budget(found.bounds, budget.confidence))[found.row]
    for bound, relaxed in zip(budget.bounds, found.bounds, strict=True):
        exact = widened(bound, found.factor)
        assert relaxed.metric == bound.metric
        assert relaxed.minimum == (None if exact.minimum is None else pytest.approx(exact.minimum))
        assert relaxed.maximum == (None if exact.maximum is None else pytest.approx(exact.maximum))
    for share in (0.9, 0.999):
        less = tuple(widened(bound, found.factor * share) for bound in budget.bounds)
        assert not any(fits(candidates, Budget(less, budget.confidence)))


def widened(bound: Bound, factor: float) -> Bound:
    minimum = None if bound.minimum is None else max(0.0, bound.minimum * (1 - factor))
    maximum = None if bound.maximum is None else bound.maximum * (1 + factor)
    return Bound(bound.metric, minimum, maximum)


@bounded
@given(candidate_lists(GRID, most=5), budgets())
def test_the_joint_relaxation_admits_its_candidate_and_a_smaller_one_nobody(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_joint_relaxation(candidates, budget)


@bounded
@given(candidate_lists(GRID, intervals=True, most=5), budgets(confident=True))
def test_the_joint_relaxation_under_a_confidence_admits_its_candidate(
    candidates: list[Candidate], budget: Budget
) -> None:
    them = columns(*candidates)
    found = joint_relaxation(them, budget, fit_budget(budget, them.metrics, len(them)))
    if found is not None:
        assert fits(candidates, Budget(found.bounds, budget.confidence))[found.row]


@bounded
@given(candidate_lists(GRID, intervals=True, most=5), budgets(confident=True, two_sided=False))
def test_the_joint_relaxation_of_several_bounds_under_a_confidence_is_the_smallest(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_joint_relaxation(candidates, budget)


def test_all_bounds_are_relaxed_by_the_same_share() -> None:
    them = columns(Candidate(numbers={LATENCY: 60, TOP1: 60}), Candidate(numbers={LATENCY: 90, TOP1: 90}))
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=80)))
    found = joint_relaxation(them, budget, fit_budget(budget, them.metrics, len(them)))
    assert found is not None
    assert found.row == 0
    assert found.factor == pytest.approx(0.25)
    assert found.bounds == (Bound(LATENCY, maximum=62.5), Bound(TOP1, minimum=60))


def test_there_is_no_joint_relaxation_where_something_fits_or_nothing_is_known() -> None:
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    for one in (
        columns(Candidate(numbers={LATENCY: 10, TOP1: 80}), Candidate(numbers={LATENCY: 60, TOP1: 80})),
        columns(Candidate(numbers={LATENCY: 60}), Candidate(numbers={TOP1: 80})),
        columns(),
    ):
        assert joint_relaxation(one, budget, fit_budget(budget, one.metrics, len(one))) is None


def test_no_share_relaxes_a_limit_of_zero() -> None:
    them = columns(Candidate(numbers={LATENCY: 10}))
    budget = Budget((Bound(LATENCY, maximum=0),))
    assert joint_relaxation(them, budget, fit_budget(budget, them.metrics, 1)) is None


# Reasons


def said(
    *candidates: Candidate,
    position: int = 0,
    objective: Metric = TOP1,
    by: Collapse = Collapse.ARCHITECTURE,
) -> list[str]:
    """The reasons of one of the candidates, given in their ranked order."""
    them = columns(*candidates)
    return reasons(them, np.arange(len(them)), position, objective_of(objective, (), them), by)


NINE = [Candidate(f"net{place}", {TOP1: 90 - place, LATENCY: 10 - place}) for place in range(9)]


def test_the_winner_is_told_against_how_many_it_won() -> None:
    assert said(*NINE)[0] == "most accurate of 9 architectures within budget"


def test_the_others_are_told_their_place() -> None:
    assert said(*NINE, position=1)[0] == "2nd most accurate of 9 architectures within budget"
    assert said(*NINE, position=2)[0] == "3rd most accurate of 9 architectures within budget"
    assert said(*NINE, position=8)[0] == "9th most accurate of 9 architectures within budget"


@pytest.mark.parametrize(
    ("place", "ordinal"),
    [
        (4, "4th"), (10, "10th"), (11, "11th"), (12, "12th"), (13, "13th"), (20, "20th"), (21, "21st"),
        (22, "22nd"), (23, "23rd"), (24, "24th"), (100, "100th"), (101, "101st"), (111, "111th"),
        (112, "112th"), (121, "121st"),
    ],
)  # fmt: skip
def test_ordinals_are_those_of_english(place: int, ordinal: str) -> None:
    crowd = [Candidate(f"net{one}", {TOP1: 90}) for one in range(121)]
    assert said(*crowd, position=place - 1)[0] == (
        f"{ordinal} most accurate of 121 architectures within budget"
    )


@pytest.mark.parametrize(
    ("objective", "superlative"),
    [
        (LATENCY, "fastest"),
        (Metric.THROUGHPUT_IPS, "highest throughput"),
        (MEMORY, "least memory"),
        (Metric.SIZE_MB, "smallest on disk"),
        (Metric.PARAMS_M, "fewest parameters"),
        (Metric.GMACS, "fewest MACs"),
        (Metric.LATENCY_P99_MS, "lowest latency_p99_ms"),
        (Metric.TOP1_PER_GMAC, "highest top1_per_gmac"),
    ],
)
def test_the_superlative_is_the_objectives(objective: Metric, superlative: str) -> None:
    two = [Candidate("anet", {objective: 1}), Candidate("bnet", {objective: 1})]
    assert said(*two, objective=objective) == [f"{superlative} of 2 architectures within budget"]


@pytest.mark.parametrize(
    ("by", "plural"),
    [
        (Collapse.ARCHITECTURE, "architectures"),
        (Collapse.CHECKPOINT, "checkpoints"),
        (Collapse.CONFIGURATION, "configurations"),
    ],
)
def test_what_was_collapsed_is_named(by: Collapse, plural: str) -> None:
    two = [Candidate("anet", {TOP1: 80}), Candidate("bnet", {TOP1: 70})]
    assert said(*two, by=by) == [f"most accurate of 2 {plural} within budget"]


def test_the_only_one_is_called_that() -> None:
    assert said(Candidate("anet", {TOP1: 80, LATENCY: 10})) == ["the only architecture within budget"]


def test_a_candidate_that_lacks_the_objective_says_why_it_ranks_last() -> None:
    words = said(Candidate("anet", {TOP1: 80}), Candidate("bnet"), position=1)
    assert words == ["its top1 is unknown, so it ranks behind those whose top1 is known"]


def test_the_winner_is_not_ranked_behind_others_for_want_of_the_objective() -> None:
    two = (Candidate("anet", {LATENCY: 10}), Candidate("bnet", {LATENCY: 20}))
    assert not any("behind" in words for words in said(*two))


def test_the_only_one_is_not_ranked_behind_others_for_want_of_the_objective() -> None:
    assert not any("behind" in words for words in said(Candidate("anet", {LATENCY: 10})))


def test_speed_is_told_against_the_winner() -> None:
    winner, slower = Candidate("anet", {TOP1: 80, LATENCY: 20}), Candidate("bnet", {TOP1: 75, LATENCY: 25})
    faster, same = Candidate("cnet", {TOP1: 74, LATENCY: 10}), Candidate("dnet", {TOP1: 73, LATENCY: 20.05})
    four = (winner, slower, faster, same)
    assert said(*four, position=1)[1] == "25% slower than the winner, anet"
    assert said(*four, position=2)[1] == "2.0 times as fast as the winner, anet"
    assert not any("winner" in words for place in (0, 3) for words in said(*four, position=place))


def test_accuracy_is_told_against_the_fastest() -> None:
    three = (
        Candidate("anet", {TOP1: 80, LATENCY: 20}),
        Candidate("bnet", {TOP1: 75.5, LATENCY: 10}),
        Candidate("cnet", {TOP1: 74, LATENCY: 30}),
    )
    assert said(*three)[1:] == ["4.5 points more accurate than the fastest, bnet"]
    assert said(*three, position=1)[1:] == ["2.0 times as fast as the winner, anet"]
    assert said(*three, position=2)[1:] == [
        "50% slower than the winner, anet",
        "1.5 points less accurate than the fastest, bnet",
    ]


def test_no_difference_is_not_called_one() -> None:
    two = (Candidate("anet", {MEMORY: 1, TOP1: 80, LATENCY: 20}), Candidate("bnet", {TOP1: 80, LATENCY: 10}))
    assert not any("0.0 points" in words for words in said(*two, objective=MEMORY))


def test_a_candidate_is_not_compared_with_itself_in_another_configuration_by_the_same_name() -> None:
    two = (
        Candidate("anet", {TOP1: 80, LATENCY: 20}, "anet.v1", threads=2),
        Candidate("anet", {TOP1: 80, LATENCY: 25}, "anet.v1", threads=1),
    )
    words = said(*two, position=1, by=Collapse.CONFIGURATION)
    assert not any(one.endswith("than the winner, anet") for one in words)


def test_unknown_numbers_are_not_compared() -> None:
    three = (Candidate("anet", {TOP1: 80}), Candidate("bnet", {LATENCY: 10}), Candidate("cnet", {TOP1: 70}))
    assert said(*three) == ["most accurate of 3 architectures within budget"]
    assert said(*three, position=2) == ["3rd most accurate of 3 architectures within budget"]


def test_a_doubtful_measurement_is_called_so() -> None:
    doubtful = Candidate("anet", {TOP1: 80, LATENCY: 10}, doubts=(Doubt.CONTENDED, Doubt.FEW_CALLS))
    assert said(doubtful)[1:] == [
        "its measurement is doubtful: other processes used the processor during the samples; "
        "a slow network: fewer than 6 calls in a process"
    ]


def test_a_published_speed_is_called_one_rather_than_doubtful() -> None:
    published = Candidate(
        "anet", {TOP1: 80, LATENCY: 10}, provenance=Provenance.PUBLISHED, doubts=(Doubt.NO_INTERVAL,)
    )
    assert said(published)[1:] == ["its speed was published, not measured here"]


def test_an_estimate_is_called_one() -> None:
    estimated = Candidate("anet", {TOP1: 80, LATENCY: 10}, provenance=Provenance.ESTIMATED)
    assert said(estimated)[1:] == ["its latency is an estimate"]
