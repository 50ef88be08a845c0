"""Which candidates are nearest to a budget that they are outside of."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ranking.budget.budget import Bound, Budget, fit_budget
from app.ranking.budget.nearness import near_misses, nearest
from tests.app.ranking.budget.budgets import GRID, LATENCY, TOP1, budgets, fits
from tests.app.ranking.candidates import Candidate, bounded, candidate_lists, columns, interval


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
            for limit, side in bound.sides:
                violation = side.sign * (limit - one.value(bound.metric))
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


# Under a confidence


def test_nearest_under_a_confidence_is_not_nearest_by_value() -> None:
    """The first has the smaller value, and an interval of which 90 % needs a limit of 150."""
    them = columns(Candidate("anet", {LATENCY: interval(51, 4)}), Candidate("bnet", {LATENCY: 60}))
    bound = Bound(LATENCY, maximum=50)
    for confidence, expected in ((None, [0, 1]), (0.9, [1, 0])):
        assert near_misses(them, fit_budget(Budget((bound,), confidence), them), 2) == expected


@pytest.mark.parametrize("confidence", [None, 0.9])
def test_a_limit_next_to_zero_ties_nothing(confidence: float | None) -> None:
    them = columns(*(Candidate(f"net{ms}", {LATENCY: interval(ms, 1.1)}) for ms in (30, 10, 20)))
    for limit in (0.0, 5e-324, 1e-300):
        budget = Budget((Bound(LATENCY, maximum=limit),), confidence)
        assert near_misses(them, fit_budget(budget, them), 3) == [1, 2, 0], limit


def widened(bound: Bound, share: float) -> Bound:
    minimum = None if bound.minimum is None else max(0.0, bound.minimum * (1 - share))
    maximum = None if bound.maximum is None else bound.maximum + (bound.maximum or 1.0) * share
    return Bound(bound.metric, minimum, maximum)


@settings(bounded, max_examples=60)
@given(candidate_lists(GRID, intervals=True, most=6), budgets(confident=True))
def test_the_distance_is_the_smallest_share_that_admits(candidates: list[Candidate], budget: Budget) -> None:
    them = columns(*candidates)
    outside = np.flatnonzero(~fit_budget(budget, them).fits)
    rows, distances = nearest(them, fit_budget(budget, them), outside, 10)
    assert (np.diff(distances) >= 0).all()
    for row, distance in zip(rows.tolist(), distances.tolist(), strict=True):
        for share, admitted in ((distance * (1 + 1e-6), True), (distance * (1 - 1e-6), False)):
            wider = Budget(tuple(widened(bound, share) for bound in budget.bounds), budget.confidence)
            assert fits(candidates, wider)[row] is admitted
