"""How many candidates each bound eliminates."""

import itertools
from collections import Counter
from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ranking.budget.budget import Bound, Budget, fit_budget
from app.ranking.budget.eliminations import eliminations
from app.ranking.budget.nearness import near_misses
from app.ranking.budget.relaxations import fewest_relaxation, joint_relaxation, relaxations
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision
from tests.app.ranking.budget.budgets import GRID, LATENCY, MEMORY, TOP1, budgets, fits, misses
from tests.app.ranking.candidates import Candidate, bounded, candidate_lists, columns, interval

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
    known = np.logical_and.reduce([test.judged for test in fit.by_bound.values()])
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


@pytest.mark.parametrize(("precision", "eliminated"), [("fp32", 1), ("bf16", 0), ("int8", 0)])
@pytest.mark.parametrize("confidence", [None, 0.9])
@pytest.mark.parametrize("metric", [MEMORY, Metric.DEVICE_MEMORY_MB, Metric.TRAIN_MEMORY_MB])
def test_unknown_memory_is_outside_where_the_weights_alone_are(
    metric: Metric, confidence: float | None, precision: str, eliminated: int
) -> None:
    """25 million parameters take 100 MB in fp32."""
    numbers = {Metric.PARAMS_M: 25.0, LATENCY: 10.0}
    them = columns(
        Candidate("anet", numbers, precision=Precision(precision)), Candidate("bnet", {LATENCY: 10})
    )
    budget = Budget((Bound(metric, maximum=90), Bound(LATENCY, maximum=20)), confidence)
    fit = fit_budget(budget, them)
    found = eliminations(fit)
    assert found.eliminated == {metric: eliminated, LATENCY: 0}
    assert found.eliminated_only_by == {metric: eliminated, LATENCY: 0}
    assert found.unknown == {metric: 2 - eliminated, LATENCY: 0}
    assert found.undecided == 2 - eliminated
    # How much it lacks is not known.
    assert near_misses(them, fit, 2) == []
    assert relaxations(them, fit) == []
    assert fewest_relaxation(them, fit) is None
    assert joint_relaxation(them, fit) is None
