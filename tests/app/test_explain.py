import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.presentation.remedies import remedy
from app.ranking.budget import Bound, Budget, fit_budget
from app.ranking.eliminations import eliminations, near_misses
from app.ranking.objective import Asked, Scheme, objective_of, score
from app.ranking.order import Collapse, Ranking, places
from app.ranking.pareto import dominators
from app.ranking.reasons import reasons_of
from app.ranking.relaxations import FewestRelaxation, fewest_relaxation, joint_relaxation, relaxations
from catalog.words.doubts import Doubt
from catalog.words.metrics import Direction, Metric, Subject
from catalog.words.vocabulary import Provenance
from tests.app.candidates import Candidate, Interval, bounded, candidate_lists, columns, interval

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
    found: list[bool] = fit_budget(budget, columns(*candidates)).fits.tolist()
    return found


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
    found = eliminations(fit_budget(budget, them))
    assert found.eliminated == {LATENCY: 4, TOP1: 2}
    assert found.eliminated_only_by == {LATENCY: 1, TOP1: 0}
    assert found.unknown == {LATENCY: 0, TOP1: 2}
    assert found.together == {(LATENCY,): 2, (LATENCY, TOP1): 2}
    assert (found.fitting, found.undecided, found.failed) == (1, 1, 0)


def test_a_case_that_failed_is_neither_undecided_nor_in_a_combination() -> None:
    them = columns(Candidate(numbers={TOP1: 60}, failed=True), Candidate(numbers={TOP1: 60}))
    found = eliminations(fit_budget(Budget((Bound(TOP1, minimum=75), Bound(LATENCY, maximum=9))), them))
    assert (found.fitting, found.undecided, found.failed) == (0, 0, 1)
    assert found.together == {(TOP1,): 1}


def test_the_20_most_frequent_combinations_are_told_the_most_frequent_first() -> None:
    metrics = (LATENCY, MEMORY, Metric.SIZE_MB, Metric.GMACS, Metric.PARAMS_M)
    combinations = [kept for count in range(1, 6) for kept in itertools.combinations(metrics, count)]
    them = columns(
        *(
            Candidate(numbers={metric: 2.0 if metric in broken else 1.0 for metric in metrics})
            for often, broken in enumerate(combinations, start=1)
            for _ in range(often)
        )
    )
    fit = fit_budget(Budget(tuple(Bound(metric, maximum=1) for metric in metrics)), them)
    found = eliminations(fit)
    assert (
        list(found.together.items())
        == [(broken, often) for often, broken in reversed(list(enumerate(combinations, start=1)))][:20]
    )
    assert (found.fitting, found.undecided, found.failed) == (0, 0, 0)


@bounded
@given(candidate_lists(GRID), budgets(), st.data())
def test_every_candidate_is_counted_once(
    candidates: list[Candidate], budget: Budget, data: st.DataObject
) -> None:
    candidates = [replace(one, failed=not data.draw(st.integers(0, 4))) for one in candidates]
    expected: Counter[object] = Counter()
    for one in candidates:
        outside = tuple(bound.metric for bound in budget.bounds if misses(one, bound))
        unknown = any(isnan(one.value(bound.metric)) for bound in budget.bounds)
        expected["failed" if one.failed else outside or ("undecided" if unknown else "fitting")] += 1
    found = eliminations(fit_budget(budget, columns(*candidates)))
    counted: Counter[object] = Counter()
    counted.update({"failed": found.failed, "undecided": found.undecided, "fitting": found.fitting})
    counted.update(found.together)
    assert counted == expected
    assert list(found.together.values()) == sorted(found.together.values(), reverse=True)


def misses(candidate: Candidate, bound: Bound) -> bool:
    """Whether its number is known and outside."""
    return any(sign * (candidate.value(bound.metric) - limit) < 0 for limit, sign in bound.sides)


@bounded
@given(candidate_lists(GRID, intervals=True), budgets(confident=True))
def test_with_a_confidence_every_candidate_is_counted_once(
    candidates: list[Candidate], budget: Budget
) -> None:
    them = columns(*candidates)
    fit = fit_budget(budget, them)
    found = eliminations(fit)
    assert found.fitting == sum(fits(candidates, budget))
    assert found.fitting + found.undecided + found.failed + sum(found.together.values()) == len(them)
    known = np.logical_and.reduce([one.known for one in fit.by_bound.values()])
    assert found.undecided <= np.count_nonzero(~known)


@bounded
@given(candidate_lists(GRID), budgets())
def test_eliminations_add_up(candidates: list[Candidate], budget: Budget) -> None:
    them = columns(*candidates)
    fit = fit_budget(budget, them)
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
    fit = fit_budget(budget, them)
    found = eliminations(fit)
    for bound in budget.bounds:
        others = Budget(tuple(one for one in budget.bounds if one != bound))
        admitted = fit_budget(others, them).fits
        unknown = np.isnan(them.metrics[bound.metric].value)
        gained = (admitted & ~fit.fits & ~unknown).sum()
        assert found.eliminated_only_by[bound.metric] == gained


def test_with_a_confidence_every_candidate_outside_is_counted_somewhere() -> None:
    them = columns(Candidate(numbers={LATENCY: interval(50, 1.2), MEMORY: interval(100, 1.2)}))
    budget = Budget((Bound(LATENCY, maximum=56.3), Bound(MEMORY, maximum=112.6)), 0.85)
    fit = fit_budget(budget, them)
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
    fit = fit_budget(Budget((Bound(LATENCY, maximum=50),)), them)
    assert near_misses(them, fit, 3) == [2, 3, 4]


def test_an_architecture_that_fits_is_no_near_miss() -> None:
    them = columns(
        Candidate("anet", {LATENCY: 40}), Candidate("anet", {LATENCY: 51}), Candidate("bnet", {LATENCY: 60})
    )
    fit = fit_budget(Budget((Bound(LATENCY, maximum=50),)), them)
    assert near_misses(them, fit, 3) == [2]


def test_a_candidate_that_lacks_a_bounded_metric_is_no_near_miss() -> None:
    them = columns(Candidate("anet", {TOP1: 80}), Candidate("bnet", {LATENCY: 60}))
    fit = fit_budget(Budget((Bound(LATENCY, maximum=50),)), them)
    assert near_misses(them, fit, 3) == [1]


@bounded
@given(candidate_lists(GRID), budgets(), st.integers(1, 4))
def test_near_misses_are_those_of_a_plain_search(
    candidates: list[Candidate], budget: Budget, most: int
) -> None:
    them = columns(*candidates)
    fit = fit_budget(budget, them)
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
    found = relaxations(them, budget, fit_budget(budget, them))
    assert [(one.metric, one.side, one.bound, one.row) for one in found] == [
        (LATENCY, "max", 55.0, 1),
        (TOP1, "min", 74.0, 2),
    ]


def test_no_single_relaxation_is_named_where_two_bounds_are_broken() -> None:
    them = columns(Candidate(numbers={LATENCY: 60, TOP1: 70}))
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    assert relaxations(them, budget, fit_budget(budget, them)) == []


def test_both_sides_of_a_bound_may_be_relaxed() -> None:
    them = columns(Candidate("anet", {MEMORY: 90}), Candidate("bnet", {MEMORY: 230}))
    budget = Budget((Bound(MEMORY, 100, 200),))
    found = relaxations(them, budget, fit_budget(budget, them))
    assert [(one.side, one.bound, one.row) for one in found] == [("min", 90.0, 0), ("max", 230.0, 1)]


def check_relaxations(candidates: list[Candidate], budget: Budget) -> None:
    """Every relaxation admits its candidate when resubmitted, and nine tenths or 99.9 % of it nobody; where
    none is named, no move of that side admits anybody."""
    them = columns(*candidates)
    fit = fit_budget(budget, them)
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
    fit = fit_budget(budget, them)
    for one in relaxations(them, budget, fit):
        assert fits(candidates, with_limit(budget, one.metric, one.side, one.bound))[one.row]


def check_joint_relaxation(candidates: list[Candidate], budget: Budget) -> None:
    """The joint relaxation admits its candidate when resubmitted, and 99.9 % of it nobody."""
    them = columns(*candidates)
    found = joint_relaxation(them, budget, fit_budget(budget, them))
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
    found = joint_relaxation(them, budget, fit_budget(budget, them))
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
    found = joint_relaxation(them, budget, fit_budget(budget, them))
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
        assert joint_relaxation(one, budget, fit_budget(budget, one)) is None


def test_no_share_relaxes_a_limit_of_zero() -> None:
    them = columns(Candidate(numbers={LATENCY: 10}))
    budget = Budget((Bound(LATENCY, maximum=0),))
    assert joint_relaxation(them, budget, fit_budget(budget, them)) is None


# The fewest bounds


def fewest(candidates: Sequence[Candidate], budget: Budget) -> FewestRelaxation | None:
    them = columns(*candidates)
    return fewest_relaxation(them, budget, fit_budget(budget, them))


def test_the_fewest_bounds_give_way_as_far_as_the_nearest_needs() -> None:
    three = [
        Candidate("anet", {LATENCY: 60, TOP1: 60, MEMORY: 90}),
        Candidate("bnet", {LATENCY: 90, TOP1: 80, MEMORY: 90}),
        Candidate("cnet", {LATENCY: 70, TOP1: 80, MEMORY: 90}),
    ]
    bounds = (Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75), Bound(MEMORY, 80, 100))
    found = fewest(three, Budget(bounds))
    assert found == FewestRelaxation((LATENCY,), (Bound(LATENCY, maximum=70), *bounds[1:]), 2)


def test_several_bounds_give_way_where_no_single_one_admits_anybody() -> None:
    bounds = (Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75), Bound(MEMORY, 80, 100))
    found = fewest([Candidate(numbers={LATENCY: 60, TOP1: 70, MEMORY: 90})], Budget(bounds))
    expected = (Bound(LATENCY, maximum=60), Bound(TOP1, minimum=70), bounds[2])
    assert found == FewestRelaxation((LATENCY, TOP1), expected, 0)


def test_only_the_side_that_is_broken_moves() -> None:
    found = fewest([Candidate(numbers={MEMORY: 120})], Budget((Bound(MEMORY, 80, 100),)))
    assert found is not None
    assert found.bounds == (Bound(MEMORY, 80, 120),)


def test_no_bound_needs_to_give_way_where_something_fits_nor_can_where_nobody_has_the_numbers() -> None:
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    slow, fits_ = Candidate(numbers={LATENCY: 60, TOP1: 80}), Candidate(numbers={LATENCY: 10, TOP1: 80})
    assert fewest([slow, fits_], budget) is None
    assert fewest([Candidate(numbers={LATENCY: 60}), Candidate(numbers={TOP1: 80})], budget) is None
    assert fewest([replace(fits_, failed=True)], budget) is None
    assert fewest([], budget) is None
    assert fewest([slow], Budget()) is None


def check_fewest_relaxation(candidates: list[Candidate], budget: Budget) -> None:
    """The named bounds alone are moved, none of them inwards; that admits the candidate, and no smaller set
    of bounds, were it dropped, admits one that has all the numbers."""
    found = fewest(candidates, budget)
    whole = [
        one
        for one in candidates
        if not one.failed and not any(isnan(one.value(bound.metric)) for bound in budget.bounds)
    ]
    if found is None:
        assert any(fits(candidates, budget)) or not whole
        return
    assert not any(fits(candidates, budget))
    assert fits(candidates, Budget(found.bounds, budget.confidence))[found.row]
    moved = []
    for before, after in zip(budget.bounds, found.bounds, strict=True):
        assert before.metric == after.metric
        for (limit, sign), (relaxed, same) in zip(before.sides, after.sides, strict=True):
            assert sign == same
            assert sign * relaxed <= sign * limit
        moved += [after.metric] if before != after else []
    assert tuple(moved) == found.metrics
    for count in range(len(moved)):
        for kept in itertools.combinations(budget.bounds, len(budget.bounds) - count):
            assert not any(fits(whole, Budget(kept, budget.confidence)))


@bounded
@given(candidate_lists(GRID, most=6), budgets(), st.data())
def test_the_fewest_bounds_are_those_of_a_search_of_all_their_subsets(
    candidates: list[Candidate], budget: Budget, data: st.DataObject
) -> None:
    candidates = [replace(one, failed=not data.draw(st.integers(0, 5))) for one in candidates]
    check_fewest_relaxation(candidates, budget)
    found = fewest(candidates, budget)
    if found is not None:
        row = candidates[found.row]
        for bound in found.bounds:
            if bound.metric in found.metrics:
                assert row.value(bound.metric) in (bound.minimum, bound.maximum)


@bounded
@given(candidate_lists(GRID, intervals=True, most=6), budgets(confident=True))
def test_the_fewest_bounds_under_a_confidence_are_those_of_a_search_of_all_their_subsets(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_fewest_relaxation(candidates, budget)


@bounded
@given(candidate_lists(GRID, most=8), budgets())
def test_of_several_whom_as_few_bounds_keep_out_the_nearest_is_admitted(
    candidates: list[Candidate], budget: Budget
) -> None:
    found = fewest(candidates, budget)
    if found is None:
        return
    broken = {
        row: sum(misses(one, bound) for bound in budget.bounds)
        for row, one in enumerate(candidates)
        if not any(isnan(one.value(bound.metric)) for bound in budget.bounds)
    }
    distance = fit_budget(budget, columns(*candidates)).distance()
    rivals = [row for row, count in broken.items() if count == min(broken.values())]
    assert found.row in rivals
    assert distance[found.row] == min(distance[rivals])


def test_a_confidence_that_no_limit_can_give_is_not_answered_with_a_limit_of_zero() -> None:
    noisy = Candidate(numbers={LATENCY: interval(60, 1.1), MEMORY: interval(200, 1.1)})
    bounds = (Bound(LATENCY, maximum=50), Bound(MEMORY, maximum=100))
    found = fewest([noisy], Budget(bounds, 1 - 1e-9))
    assert found is None or all((bound.maximum or 0) > 60 for bound in found.bounds)


# Reasons


def said(
    *candidates: Candidate,
    position: int = 0,
    objective: Asked = TOP1,
    by: Collapse = Collapse.ARCHITECTURE,
    image: int | None = None,
    metrics: tuple[Metric, ...] = (),
) -> list[str]:
    """The reasons of one of the candidates, given in their ranked order, where `metrics` decided (by default
    the objective and a bounded latency) and images are `image` pixels wide and high."""
    them, rows = columns(*candidates), np.arange(len(candidates))
    asked = objective_of(objective, (), them)
    metrics = metrics or tuple(dict.fromkeys([*asked.metrics, LATENCY]))
    enlargement = np.maximum(1.0, them.input_size / (image or 10_000))
    scores = score(them, rows, asked, len(rows))
    octaves = np.asarray(np.round(np.log2(enlargement)), dtype=np.float64)
    ranking = Ranking(rows, places(rows, scores, octaves, len(rows)), dominators(them, rows, rows, metrics))
    return reasons_of(them, ranking, metrics, asked, enlargement, by)[position]


NINE = [Candidate(f"net{place}", {TOP1: 90 - place, LATENCY: 10 - place}) for place in range(9)]


def test_the_winner_is_told_against_how_many_it_won() -> None:
    assert said(*NINE)[0] == "Most accurate of 9 architectures within the budget."


def test_the_others_are_told_their_place() -> None:
    assert said(*NINE, position=1)[0] == "2nd most accurate of 9 architectures within the budget."
    assert said(*NINE, position=2)[0] == "3rd most accurate of 9 architectures within the budget."
    assert said(*NINE, position=8)[0] == "9th most accurate of 9 architectures within the budget."


@pytest.mark.parametrize(
    ("place", "ordinal"),
    [
        (4, "4th"), (10, "10th"), (11, "11th"), (12, "12th"), (13, "13th"), (20, "20th"), (21, "21st"),
        (22, "22nd"), (23, "23rd"), (24, "24th"), (100, "100th"), (101, "101st"), (111, "111th"),
        (112, "112th"), (121, "121st"),
    ],
)  # fmt: skip
def test_ordinals_are_those_of_english(place: int, ordinal: str) -> None:
    crowd = [Candidate(f"net{one}", {LATENCY: one}) for one in range(1, 122)]
    assert said(*crowd, position=place - 1, objective=LATENCY)[0] == (
        f"{ordinal} fastest of 121 architectures within the budget."
    )


@pytest.mark.parametrize(
    ("objective", "superlative"),
    [
        (LATENCY, "Fastest"),
        (Metric.THROUGHPUT_IPS, "Highest throughput"),
        (MEMORY, "Least memory"),
        (Metric.SIZE_MB, "Smallest on disk"),
        (Metric.PARAMS_M, "Fewest parameters"),
        (Metric.GMACS, "Fewest MACs"),
        (Metric.LATENCY_P99_MS, "Lowest latency_p99_ms"),
        (Metric.TOP1_PER_GMAC, "Highest top1_per_gmac"),
    ],
)
def test_the_superlative_is_the_objectives(objective: Metric, superlative: str) -> None:
    best, next_ = (1, 2) if objective.direction is Direction.LOWER else (2, 1)
    two = [
        Candidate(name, {Metric.GMACS: 9, objective: one}) for name, one in (("anet", best), ("bnet", next_))
    ]
    assert said(*two, objective=objective) == [f"{superlative} of 2 architectures within the budget."]


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
    assert said(*two, by=by) == [f"Most accurate of 2 {plural} within the budget."]


def test_the_only_one_is_called_that() -> None:
    assert said(Candidate("anet", {TOP1: 80, LATENCY: 10})) == ["The only architecture within the budget."]


def test_a_candidate_that_lacks_the_objective_says_why_it_ranks_last() -> None:
    words = said(Candidate("anet", {TOP1: 80}), Candidate("bnet"), position=1)
    assert words == ["Its top1 is unknown, so it ranks behind architectures whose top1 is known."]


def test_the_winner_is_not_ranked_behind_others_for_want_of_the_objective() -> None:
    two = (Candidate("anet", {LATENCY: 10}), Candidate("bnet", {LATENCY: 20}))
    assert not any("behind" in words for words in said(*two))


def test_the_only_one_is_not_ranked_behind_others_for_want_of_the_objective() -> None:
    assert not any("behind" in words for words in said(Candidate("anet", {LATENCY: 10})))


def test_speed_is_told_against_the_winner() -> None:
    winner, slower = Candidate("anet", {TOP1: 80, LATENCY: 20}), Candidate("bnet", {TOP1: 75, LATENCY: 25})
    faster, same = Candidate("cnet", {TOP1: 74, LATENCY: 10}), Candidate("dnet", {TOP1: 73, LATENCY: 20.05})
    four = (winner, slower, faster, same)
    assert said(*four, position=1)[1] == "25% slower than the winner, anet."
    assert said(*four, position=2)[1] == "2.0 times as fast as the winner, anet."
    assert not any("winner" in words for place in (0, 3) for words in said(*four, position=place))


def test_accuracy_is_told_against_the_fastest() -> None:
    three = (
        Candidate("anet", {TOP1: 80, LATENCY: 20}),
        Candidate("bnet", {TOP1: 75.5, LATENCY: 10}),
        Candidate("cnet", {TOP1: 74, LATENCY: 30}),
    )
    assert said(*three)[1:] == ["4.5 points more accurate than the fastest, bnet."]
    assert said(*three, position=1)[1:] == ["2.0 times as fast as the winner, anet."]
    assert said(*three, position=2)[1:3] == [
        "50% slower than the winner, anet.",
        "1.5 points less accurate than the fastest, bnet.",
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
    assert not any(one.endswith("than the winner, anet.") for one in words)


def test_unknown_numbers_are_not_compared() -> None:
    three = (Candidate("anet", {TOP1: 80}), Candidate("bnet", {LATENCY: 10}), Candidate("cnet", {TOP1: 70}))
    assert said(*three) == ["Most accurate of 3 architectures within the budget."]
    assert said(*three, position=2) == ["3rd most accurate of 3 architectures within the budget."]


def test_a_doubtful_measurement_is_called_so() -> None:
    doubtful = Candidate("anet", {TOP1: 80, LATENCY: 10}, doubts=(Doubt.CONTENDED, Doubt.FEW_CALLS))
    assert said(doubtful)[1:] == [
        "Doubtful measurement: Other processes used the processor during the samples.",
        "Doubtful measurement: The network is slow: a process made fewer than 6 calls.",
    ]


def test_a_wide_interval_is_given_in_numbers() -> None:
    wide = Candidate("anet", {TOP1: 80, LATENCY: Interval(55, 50, 62)}, doubts=(Doubt.IMPRECISE,))
    assert said(wide)[1:] == ["Measured quickly: the true latency_ms lies between 50.00 and 62.00 ms."]
    unknown = Candidate("anet", {TOP1: 80, LATENCY: 55}, doubts=(Doubt.IMPRECISE,))
    assert said(unknown)[1:] == [f"Doubtful measurement: {Doubt.IMPRECISE.meaning}"]


def test_a_published_speed_is_called_one_rather_than_doubtful() -> None:
    published = Candidate(
        "anet", {TOP1: 80, LATENCY: 10}, provenance=Provenance.PUBLISHED, doubts=(Doubt.NO_INTERVAL,)
    )
    assert said(published)[1:] == ["Its speed was published, not measured here."]


def test_an_estimate_says_which_of_the_numbers_that_decided_it_stands_for() -> None:
    numbers = {TOP1: 80, LATENCY: 10, MEMORY: 100, Metric.GMACS: 4}
    estimated = Candidate("anet", numbers, provenance=Provenance.ESTIMATED)
    assert said(estimated)[1:] == ["Estimated, not measured: latency_ms."]
    assert said(estimated, objective={MEMORY: 1, TOP1: 1})[1:] == [
        "Estimated, not measured: peak_memory_mb, latency_ms."
    ]
    assert said(estimated, metrics=(TOP1, Metric.GMACS))[1:] == ["Estimated, not measured: latency_ms."]


def test_those_of_a_shared_rank_say_with_how_many_they_share_it() -> None:
    three = [Candidate(f"net{top1}", {TOP1: top1}) for top1 in (90, 80, 79.9)]
    assert said(*three)[0] == "Most accurate of 3 architectures within the budget."
    for position in (1, 2):
        assert said(*three, position=position)[0] == (
            "2nd most accurate of 3 architectures within the budget, tied with 1 other: "
            "the difference is within the error."
        )


def test_several_metrics_are_called_a_balance_and_the_knee_a_knee() -> None:
    two = [Candidate("anet", {TOP1: 80, LATENCY: 10}), Candidate("bnet", {TOP1: 70, LATENCY: 5})]
    assert said(*two, objective={TOP1: 3, LATENCY: 1})[0] == (
        "Best balance of top1 and latency_ms of 2 architectures within the budget."
    )
    assert said(*two, objective=Scheme.KNEE)[0].startswith("Nearest the knee of top1 and latency_ms of 2 ")


@pytest.mark.parametrize(
    ("latency", "words"),
    [
        (10.0, None),
        (10.04, None),
        (10.1, "1% slower than the winner, anet."),
        (15.0, "50% slower than the winner, anet."),
        (20.0, "100% slower than the winner, anet."),
        (20.5, "2.0 times as slow as the winner, anet."),
        (45.0, "4.5 times as slow as the winner, anet."),
        (9.96, None),
        (8.0, "25% faster than the winner, anet."),
        (5.1, "96% faster than the winner, anet."),
        (5.0, "2.0 times as fast as the winner, anet."),
        (2.0, "5.0 times as fast as the winner, anet."),
    ],
)
def test_up_to_twice_the_speed_is_told_in_percent_and_more_in_times(
    latency: float, words: str | None
) -> None:
    winner, other = (
        Candidate("anet", {TOP1: 90, LATENCY: 10}),
        Candidate("bnet", {TOP1: 80, LATENCY: latency}),
    )
    told = [one for one in said(winner, other, position=1) if "winner" in one]
    assert told == ([] if words is None else [words])


def test_speeds_are_compared_by_image_whether_latency_or_throughput_is_known() -> None:
    """A batch of 8 in 80 ms, and 50 images in a second."""
    winner = Candidate("anet", {TOP1: 90, LATENCY: 80}, batch_size=8)
    other = Candidate("bnet", {TOP1: 80, Metric.THROUGHPUT_IPS: 50}, batch_size=64)
    assert "100% slower than the winner, anet." in said(winner, other, position=1)


def test_whoever_is_dominated_is_told_by_whom_and_by_how_many_others() -> None:
    best = Candidate("anet", {TOP1: 80, LATENCY: 10})
    fast = Candidate("bnet", {TOP1: 75, LATENCY: 5})
    worse = Candidate("cnet", {TOP1: 70, LATENCY: 12})
    worst = Candidate("dnet", {TOP1: 60, LATENCY: 20})
    found = [
        [one for one in said(best, fast, worse, worst, position=position) if "Dominated" in one]
        for position in range(4)
    ]
    assert found == [[], [], ["Dominated by anet and 1 other."], ["Dominated by anet and 2 others."]]
    assert "Dominated by anet." in said(best, worse, position=1)


def test_what_its_own_architecture_dominates_is_told_by_what_else_differs() -> None:
    best = Candidate("anet", {TOP1: 80, LATENCY: 10}, "anet.v2")
    older = Candidate("anet", {TOP1: 78, LATENCY: 12}, "anet.v1")
    threads = Candidate("anet", {TOP1: 80, LATENCY: 15}, "anet.v2", threads=2)
    words = {
        one.checkpoint: said(best, one, position=1, by=Collapse.CONFIGURATION)[-1] for one in (older, threads)
    }
    assert words == {
        "anet.v1": "Dominated by anet.v2.",
        "anet.v2": "Dominated by anet at 224 px through onnxruntime fp32, threads 1.",
    }


def test_a_network_for_tests_is_called_one_and_nobody_is_compared_with_it() -> None:
    toy = Candidate("test_vit", {TOP1: 10, LATENCY: 0.1}, tags=("mobile", "test-network"))
    three = (Candidate("anet", {TOP1: 80, LATENCY: 20}), Candidate("bnet", {TOP1: 75, LATENCY: 10}), toy)
    assert "5.0 points more accurate than the fastest, bnet." in said(*three)
    assert said(*three, position=2)[-1] == (
        "Made for timm's own tests. Exclude the tag test-network to leave such networks out."
    )
    for position in range(2):
        assert not any("test_vit" in words or "tests" in words for words in said(*three, position=position))


def test_an_input_that_enlarges_the_images_notably_says_how_much() -> None:
    two = (
        Candidate("anet", {TOP1: 70, LATENCY: 10}, input_size=160),
        Candidate("bnet", {TOP1: 80, LATENCY: 20}, input_size=320),
    )
    assert "Its input enlarges the typical image 2.0 times." in said(*two, position=1, image=160)
    for position, image in ((0, 160), (0, None), (1, None), (1, 320), (1, 300)):
        assert not any("enlarges" in words for words in said(*two, position=position, image=image))


def test_an_unknown_objective_that_suits_the_images_is_not_said_to_be_everybodys() -> None:
    lacking = Candidate("anet", {LATENCY: 10}, input_size=160)
    known = Candidate("bnet", {TOP1: 80, LATENCY: 20}, input_size=320)
    (standing, *_) = said(lacking, known, image=160)
    assert "every architecture" not in standing


# Remedies


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (TOP1, "Evaluate the checkpoint"),
        (Metric.TOP1_A, "Evaluate the checkpoint"),
        (Metric.GMACS, "archrank profile NAME --input-size SIZE"),
        (LATENCY, "archrank profile NAME"),
        (MEMORY, "archrank profile NAME"),
        (Metric.SIZE_MB, "archrank profile NAME"),
        (Metric.TRAIN_THROUGHPUT_IPS, "archrank profile NAME --train"),
        (Metric.TRAIN_MEMORY_MB, "archrank profile NAME --train"),
    ],
)
def test_a_remedy_says_what_to_do(metric: Metric, words: str) -> None:
    assert words in remedy(metric, local=True)
    assert words in remedy(metric, local=False)


@pytest.mark.parametrize("metric", Metric)
def test_only_what_is_measured_is_to_be_measured_elsewhere(metric: Metric) -> None:
    measured = metric.subject in (Subject.CASE, Subject.ARTEFACT)
    assert ("on that hardware" in remedy(metric, local=False)) is measured
    assert "hardware" not in remedy(metric, local=True)
