"""Which candidates are most worth a measurement."""

import numpy as np

from app.questions.candidates.promise import most_promising
from app.ranking.budget.budget import Bound, Budget, fit_budget
from app.ranking.order.objective import objective_of
from catalog.words.metrics import Metric
from tests.app.ranking.candidates import Candidate, columns

TOP1, LATENCY, MEMORY, GMACS = Metric.TOP1, Metric.LATENCY_MS, Metric.PEAK_MEMORY_MB, Metric.GMACS


def order(*candidates: Candidate, bounds: tuple[Bound, ...]) -> list[str]:
    """The names, the likeliest winner first."""
    them = columns(*candidates)
    fit = fit_budget(Budget(bounds), them)
    rows = most_promising(them, fit, objective_of(TOP1, bounds, them), np.arange(len(candidates)))
    return [them.architecture[row] for row in rows.tolist()]


def test_the_most_accurate_is_first_and_whoever_breaks_a_bound_or_has_no_accuracy_is_last() -> None:
    bounds = (Bound(LATENCY, None, 10.0), Bound(MEMORY, None, 100.0))
    assert order(
        Candidate("heavy", {TOP1: 90, LATENCY: 50, GMACS: 1}),
        Candidate("unrated", {LATENCY: 1, GMACS: 1}),
        Candidate("good", {TOP1: 80, LATENCY: 5, GMACS: 1}),
        Candidate("better", {TOP1: 85, LATENCY: 5, GMACS: 1}),
        bounds=bounds,
    ) == ["better", "good", "unrated", "heavy"]


def test_whoever_computes_more_than_all_that_fits_comes_behind_the_smallest_of_them_first() -> None:
    bounds = (Bound(LATENCY, None, 10.0),)
    assert order(
        Candidate("giant", {TOP1: 90, GMACS: 300}),
        Candidate("large", {TOP1: 88, GMACS: 30}),
        Candidate("fits", {TOP1: 80, LATENCY: 5, GMACS: 3}),
        Candidate("small", {TOP1: 70, GMACS: 1}),
        bounds=bounds,
    ) == ["fits", "small", "large", "giant"]


def test_the_time_of_an_image_in_a_batch_breaks_a_bound_of_latency() -> None:
    assert order(
        Candidate("slow", {TOP1: 90, Metric.THROUGHPUT_IPS: 60}),
        Candidate("fast", {TOP1: 80, Metric.THROUGHPUT_IPS: 600}),
        bounds=(Bound(LATENCY, None, 5.0),),
    ) == ["fast", "slow"]
