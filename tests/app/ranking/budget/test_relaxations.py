"""What to relax, by how much, and whom it admits."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from sys import float_info

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.ranking.budget.budget import Bound, Budget, fit_budget
from app.ranking.budget.confidence import ROUNDING
from app.ranking.budget.relaxations import FewestRelaxation, fewest_relaxation, joint_relaxation, relaxations
from app.ranking.budget.sides import Side
from tests.app.ranking.budget.budgets import GRID, LATENCY, MEMORY, TOP1, budgets, fits, misses, with_limit
from tests.app.ranking.candidates import Candidate, bounded, candidate_lists, columns, interval

# Relaxations


def test_the_smallest_relaxation_of_each_bound_is_named() -> None:
    them = columns(
        Candidate("anet", {LATENCY: 60, TOP1: 80}),
        Candidate("bnet", {LATENCY: 55, TOP1: 76}),
        Candidate("cnet", {LATENCY: 40, TOP1: 74}),
        Candidate("dnet", {LATENCY: 52, TOP1: 60}),
    )
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    found = relaxations(them, fit_budget(budget, them))
    assert [(one.metric, one.side, one.bound, one.row) for one in found] == [
        (LATENCY, "max", 55.0, 1),
        (TOP1, "min", 74.0, 2),
    ]


def test_no_single_relaxation_is_named_where_two_bounds_are_broken() -> None:
    them = columns(Candidate(numbers={LATENCY: 60, TOP1: 70}))
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    assert relaxations(them, fit_budget(budget, them)) == []


def test_both_sides_of_a_bound_may_be_relaxed() -> None:
    them = columns(Candidate("anet", {MEMORY: 90}), Candidate("bnet", {MEMORY: 230}))
    budget = Budget((Bound(MEMORY, 100, 200),))
    found = relaxations(them, fit_budget(budget, them))
    assert [(one.side, one.bound, one.row) for one in found] == [("min", 90.0, 0), ("max", 230.0, 1)]


def check_relaxations(candidates: list[Candidate], budget: Budget) -> None:
    """Every relaxation admits its candidate when resubmitted, and nine tenths or 99.9 % of it nobody; where
    none is named, no move of that side admits anybody."""
    them = columns(*candidates)
    fit = fit_budget(budget, them)
    before = fits(candidates, budget)
    found = {(one.metric, one.side): one for one in relaxations(them, fit)}
    for bound in budget.bounds:
        for limit, side in bound.sides:
            one = found.pop((bound.metric, side), None)
            if one is None:
                furthest = 0.0 if side is Side.MIN else 1e9
                assert fits(candidates, with_limit(budget, bound.metric, side, furthest)) == before
            else:
                after = fits(candidates, with_limit(budget, bound.metric, side, one.bound))
                assert after[one.row]
                assert not before[one.row]
                if abs(one.bound - limit) <= 2 * ROUNDING * limit:
                    continue  # its probability is the required one, and rounding decides
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


@settings(bounded, max_examples=60)
@given(candidate_lists(GRID, intervals=True, most=6), budgets(confident=True))
def test_relaxations_under_a_confidence_admit_their_candidate_and_smaller_ones_nobody(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_relaxations(candidates, budget)


def test_a_relaxation_under_a_confidence_heeds_the_other_side() -> None:
    candidates = [Candidate(numbers={MEMORY: interval(230, 1.05)})]
    them, budget = columns(*candidates), Budget((Bound(MEMORY, 215, 220),), 0.8)
    (one,) = relaxations(them, fit_budget(budget, them))
    check_relaxations(candidates, budget)
    # As far as is needed for the upper side alone would not do.
    alone = Budget((Bound(MEMORY, maximum=220),), 0.8)
    (upper,) = relaxations(them, fit_budget(alone, them))
    assert (one.side, upper.side) == ("max", "max")
    assert one.bound > upper.bound


def check_joint_relaxation(candidates: list[Candidate], budget: Budget) -> None:
    """The joint relaxation admits its candidate when resubmitted, and 99.9 % of it nobody."""
    them = columns(*candidates)
    found = joint_relaxation(them, fit_budget(budget, them))
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


@settings(bounded, max_examples=60)
@given(candidate_lists(GRID, intervals=True, most=5), budgets(confident=True))
def test_the_joint_relaxation_under_a_confidence_is_the_smallest(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_joint_relaxation(candidates, budget)


@pytest.mark.parametrize("bound", [Bound(MEMORY, 100, 200), Bound(MEMORY, maximum=200), Bound(MEMORY, 300)])
def test_there_is_a_joint_relaxation_under_a_confidence_whatever_sides_a_bound_has(bound: Bound) -> None:
    candidates = [Candidate(numbers={MEMORY: interval(250, 1.1), LATENCY: interval(60, 1.1)})]
    budget = Budget((bound, Bound(LATENCY, maximum=50)), 0.9)
    them = columns(*candidates)
    assert joint_relaxation(them, fit_budget(budget, them)) is not None
    check_joint_relaxation(candidates, budget)


def test_all_bounds_are_relaxed_by_the_same_share() -> None:
    them = columns(Candidate(numbers={LATENCY: 60, TOP1: 60}), Candidate(numbers={LATENCY: 90, TOP1: 90}))
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=80)))
    found = joint_relaxation(them, fit_budget(budget, them))
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
        assert joint_relaxation(one, fit_budget(budget, one)) is None


def test_no_share_relaxes_a_limit_of_zero() -> None:
    them = columns(Candidate(numbers={LATENCY: 10}))
    budget = Budget((Bound(LATENCY, maximum=0),))
    assert joint_relaxation(them, fit_budget(budget, them)) is None


# The fewest bounds


def fewest(candidates: Sequence[Candidate], budget: Budget) -> FewestRelaxation | None:
    them = columns(*candidates)
    return fewest_relaxation(them, fit_budget(budget, them))


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
    of bounds, moved as far as can be, admits one that has all the numbers.

    A bound or a candidate that were dropped would count no tries, so that each number would need a smaller
    probability.
    """
    found = fewest(candidates, budget)
    whole = [
        not one.failed and not any(isnan(one.value(bound.metric)) for bound in budget.bounds)
        for one in candidates
    ]
    if found is None:
        assert any(fits(candidates, budget)) or not any(whole)
        return
    assert not any(fits(candidates, budget))
    assert fits(candidates, Budget(found.bounds, budget.confidence))[found.row]
    moved = []
    for before, after in zip(budget.bounds, found.bounds, strict=True):
        assert before.metric == after.metric
        for (limit, side), (relaxed, same) in zip(before.sides, after.sides, strict=True):
            assert side is same
            assert side.sign * relaxed <= side.sign * limit
        moved += [after.metric] if before != after else []
    assert tuple(moved) == found.metrics
    for count in range(len(moved)):
        for chosen in itertools.combinations(budget.bounds, count):
            bounds = [
                Bound(bound.metric, maximum=float_info.max) if bound in chosen else bound
                for bound in budget.bounds
            ]
            admitted = fits(candidates, Budget(tuple(bounds), budget.confidence))
            assert not any(itertools.compress(admitted, whole))


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
    assume(found)
    assert found is not None
    broken = {
        row: sum(misses(one, bound) for bound in budget.bounds)
        for row, one in enumerate(candidates)
        if not any(isnan(one.value(bound.metric)) for bound in budget.bounds)
    }
    rivals = [row for row, count in broken.items() if count == min(broken.values())]
    fit = fit_budget(budget, columns(*candidates))
    worst = np.min([each.relative_slack for each in fit.by_bound.values()], axis=0)
    distance = np.maximum(0.0, -worst)
    assert found.row in rivals
    assert distance[found.row] == min(distance[rivals])


def check_one_relaxed(candidates: list[Candidate], budget: Budget) -> None:
    """Where one bound is enough, its relaxation is the least of those that move one side."""
    them = columns(*candidates)
    fit = fit_budget(budget, them)
    found = fewest_relaxation(them, fit)
    if found is None or len(found.metrics) > 1:
        return
    (before,) = [bound for bound in budget.bounds if bound.metric in found.metrics]
    (after,) = [bound for bound in found.bounds if bound.metric in found.metrics]
    limits = [limit for limit, _ in before.sides]
    shares = [
        abs(one.bound - limit) / (limit or 1.0)
        for one in relaxations(them, fit)
        for bound in budget.bounds
        for limit, side in bound.sides
        if (bound.metric, side) == (one.metric, one.side)
    ]
    moves = zip(limits, (limit for limit, _ in after.sides), strict=True)
    share = max(abs(relaxed - limit) / (limit or 1.0) for limit, relaxed in moves)
    assert share <= min(shares, default=share) * (1 + 1e-6)


@bounded
@given(candidate_lists(GRID, intervals=True, most=6), budgets(confident=True))
def test_where_one_bound_is_enough_it_moves_no_further_than_the_least_relaxation(
    candidates: list[Candidate], budget: Budget
) -> None:
    check_one_relaxed(candidates, budget)


def test_the_fewest_relaxation_under_a_confidence_is_not_that_of_the_nearest_value() -> None:
    noisy, quiet = Candidate("anet", {LATENCY: interval(3.1, 50)}), Candidate("bnet", {LATENCY: 6.0})
    budget = Budget((Bound(LATENCY, maximum=3),), 0.99)
    them = columns(noisy, quiet)
    found = fewest([noisy, quiet], budget)
    (single,) = relaxations(them, fit_budget(budget, them))
    assert found == FewestRelaxation((LATENCY,), (Bound(LATENCY, maximum=6.0),), 1)
    assert (single.bound, single.row) == (6.0, 1)


def test_a_confidence_that_no_limit_can_give_is_not_answered_with_a_limit_of_zero() -> None:
    noisy = Candidate(numbers={LATENCY: interval(60, 1.1), MEMORY: interval(200, 1.1)})
    bounds = (Bound(LATENCY, maximum=50), Bound(MEMORY, maximum=100))
    found = fewest([noisy], Budget(bounds, 1 - 1e-8))
    assert found is not None
    assert all((bound.maximum or 0) > 60 for bound in found.bounds)
    assert fewest([noisy], Budget(bounds, 1 - 1e-9)) is None
