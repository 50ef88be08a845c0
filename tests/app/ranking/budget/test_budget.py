from math import log
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.ranking.budget.budget import Bound, Budget, BudgetFit, fit_bound, fit_budget
from app.ranking.budget.confidence import admitting_limit
from app.ranking.budget.sides import Side
from catalog.words.metrics import Metric
from tests.app.ranking.candidates import Candidate, Interval, Number, bounded, column, columns, interval

LATENCY, TOP1, MEMORY = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB

positive = st.floats(0.01, 1e6)
ratios = st.floats(1.001, 3.0)
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])
intervals = st.builds(interval, positive, ratios, levels)


def fit(budget: Budget, **numbers: list[Number | None]) -> BudgetFit:
    """The fit of candidates whose metrics are given by name."""
    rows = zip(*numbers.values(), strict=True)
    named = [Metric(name) for name in numbers]
    return fit_budget(
        budget,
        columns(
            *(
                Candidate(
                    numbers={metric: one for metric, one in zip(named, row, strict=True) if one is not None}
                )
                for row in rows
            )
        ),
    )


def probability(bound: Bound, number: Number) -> float:
    return float(fit_bound(bound, column(number), None).probability[0])


# By value


def test_a_candidate_fits_below_a_maximum_and_on_it() -> None:
    found = fit_bound(Bound(LATENCY, maximum=50), column(49.9, 50.0, 50.1), None)
    assert found.within.tolist() == [True, True, False]


def test_a_candidate_fits_above_a_minimum_and_on_it() -> None:
    found = fit_bound(Bound(TOP1, minimum=75), column(74.9, 75.0, 75.1), None)
    assert found.within.tolist() == [False, True, True]


def test_a_candidate_fits_between_both_sides() -> None:
    found = fit_bound(Bound(MEMORY, 100, 200), column(99.0, 100.0, 150.0, 200.0, 201.0), None)
    assert found.within.tolist() == [False, True, True, True, False]


def test_the_interval_does_not_matter_without_a_confidence() -> None:
    found = fit_bound(Bound(LATENCY, maximum=50), column(Interval(50, 10, 90), Interval(51, 50, 52)), None)
    assert found.within.tolist() == [True, False]


def test_every_bound_must_hold() -> None:
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    found = fit(budget, latency_ms=[10, 10, 60, 60], top1=[80, 70, 80, 70])
    assert found.fits.tolist() == [True, False, False, False]


def test_everything_fits_an_empty_budget() -> None:
    found = fit(Budget(), latency_ms=[10, None, 1e9])
    assert found.fits.tolist() == [True, True, True]
    assert found.probability.tolist() == [1.0, 1.0, 1.0]


def test_no_candidate_is_no_error() -> None:
    found = fit_budget(Budget((Bound(LATENCY, maximum=50),), 0.9), columns())
    assert found.fits.tolist() == []


# Slack


def test_slack_is_in_the_metrics_unit_and_positive_inside() -> None:
    below = fit_bound(Bound(LATENCY, maximum=50), column(31.25, 50.0, 60.0), None)
    assert below.slack.tolist() == [18.75, 0.0, -10.0]
    above = fit_bound(Bound(TOP1, minimum=75), column(80.0, 75.0, 70.5), None)
    assert above.slack.tolist() == [5.0, 0.0, -4.5]


def test_slack_of_two_sides_is_that_of_the_nearer() -> None:
    found = fit_bound(Bound(MEMORY, 100, 200), column(110.0, 195.0, 90.0, 230.0), None)
    assert found.slack.tolist() == [10.0, 5.0, -10.0, -30.0]


def test_relative_slack_is_a_share_of_the_limit() -> None:
    assert fit_bound(Bound(LATENCY, maximum=50), column(40.0), None).relative_slack.tolist() == [0.2]
    assert fit_bound(Bound(TOP1, minimum=80), column(82.0), None).relative_slack.tolist() == [0.025]
    both = fit_bound(Bound(MEMORY, 100, 200), column(110.0, 190.0), None)
    assert both.relative_slack.tolist() == [0.1, 0.05]


def test_a_zero_limit_is_compared_in_the_unit_of_the_metric() -> None:
    found = fit_bound(Bound(LATENCY, maximum=0), column(0.0, 3.0), None)
    assert found.within.tolist() == [True, False]
    assert found.relative_slack.tolist() == [0.0, -3.0]
    found = fit_bound(Bound(LATENCY, minimum=0), column(0.0, 3.0), None)
    assert found.within.tolist() == [True, True]
    assert found.relative_slack.tolist() == [0.0, 3.0]


def test_a_limit_next_to_zero_overflows_nothing() -> None:
    found = fit_bound(Bound(LATENCY, maximum=5e-324), column(10.0), None)
    assert found.within.tolist() == [False]
    assert np.isfinite(found.relative_slack).all()


def test_each_side_has_its_own_relative_slack() -> None:
    """6 above a minimum of 10 are 60 % of it, and 7 below a maximum of 23 are 30 %."""
    found = fit_bound(Bound(LATENCY, 10, 23), column(16.0), None)
    assert found.slack.tolist() == [6.0]
    assert found.relative_slack.tolist() == pytest.approx([7 / 23])


# Unknown


def test_an_unknown_number_neither_fits_nor_has_slack() -> None:
    found = fit_bound(Bound(LATENCY, 10, 50), column(None, 20.0), None)
    assert found.judged.tolist() == [False, True]
    assert found.within.tolist() == [False, True]
    assert np.isnan(found.slack).tolist() == [True, False]
    assert np.isnan(found.relative_slack).tolist() == [True, False]
    assert np.isnan(found.probability).tolist() == [True, False]


@pytest.mark.parametrize("confidence", [None, 0.5])
def test_a_candidate_that_lacks_one_bounded_metric_is_unknown(confidence: float | None) -> None:
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)), confidence)
    found = fit(budget, latency_ms=[10, None, 10], top1=[80, 80, None])
    assert found.fits.tolist() == [True, False, False]
    assert np.isnan(found.probability).tolist() == [False, True, True]


def test_a_violation_does_not_make_an_unknown_known() -> None:
    budget = Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75)))
    found = fit(budget, latency_ms=[90], top1=[None])
    assert np.isnan(found.probability).tolist() == [True]
    assert found.admitted_without(budget.bounds[0]).tolist() == [False]
    assert found.admitted_without(budget.bounds[1]).tolist() == [False]


# Probability


@bounded
@given(intervals, positive, positive)
def test_probability_never_falls_as_a_maximum_rises(number: Interval, one: float, other: float) -> None:
    low, high = sorted((one, other))
    narrow = probability(Bound(LATENCY, maximum=low), number)
    assert 0 <= narrow <= probability(Bound(LATENCY, maximum=high), number) <= 1


@bounded
@given(intervals, positive, positive)
def test_probability_never_rises_as_a_minimum_rises(number: Interval, one: float, other: float) -> None:
    low, high = sorted((one, other))
    wide = probability(Bound(LATENCY, minimum=low), number)
    assert 1 >= wide >= probability(Bound(LATENCY, minimum=high), number) >= 0


@bounded
@given(intervals)
def test_probability_is_a_half_at_the_value_itself(number: Interval) -> None:
    assert probability(Bound(LATENCY, maximum=number.value), number) == pytest.approx(0.5)
    assert probability(Bound(LATENCY, minimum=number.value), number) == pytest.approx(0.5)


@bounded
@given(intervals)
def test_probability_at_the_ends_of_the_interval_is_that_of_its_level(number: Interval) -> None:
    tail = (1 - number.level) / 2
    assert probability(Bound(LATENCY, maximum=number.high), number) == pytest.approx(1 - tail)
    assert probability(Bound(LATENCY, maximum=number.low), number) == pytest.approx(tail)
    assert probability(Bound(LATENCY, minimum=number.low), number) == pytest.approx(1 - tail)
    assert probability(Bound(LATENCY, number.low, number.high), number) == pytest.approx(number.level)


def test_probability_at_the_upper_end_of_a_95_percent_interval_is_975_in_1000() -> None:
    assert probability(Bound(LATENCY, maximum=55), Interval(50, 50 * 50 / 55, 55)) == pytest.approx(0.975)


def test_candidates_with_different_levels_are_told_apart() -> None:
    numbers = column(interval(50, 1.1, 0.5), interval(50, 1.1, 0.95), 50.0, None)
    found = fit_bound(Bound(LATENCY, maximum=55), numbers, None)
    assert found.probability[:3].tolist() == pytest.approx([0.75, 0.975, 1.0])
    assert np.isnan(found.probability[3])


@bounded
@given(positive, positive)
def test_a_number_without_interval_is_exact(value: float, limit: float) -> None:
    assert probability(Bound(LATENCY, maximum=limit), value) == (value <= limit)
    assert probability(Bound(LATENCY, minimum=limit), value) == (value >= limit)


def test_an_interval_of_no_width_is_exact() -> None:
    assert probability(Bound(LATENCY, maximum=50), Interval(50, 50, 50)) == 1.0
    assert probability(Bound(LATENCY, maximum=49), Interval(50, 50, 50)) == 0.0


def test_a_zero_limit_is_certain_either_way() -> None:
    assert probability(Bound(LATENCY, minimum=0), interval(5, 1.1)) == 1.0
    assert probability(Bound(LATENCY, maximum=0), interval(5, 1.1)) == 0.0


def test_probabilities_of_the_bounds_multiply() -> None:
    budget = Budget((Bound(LATENCY, maximum=50), Bound(MEMORY, maximum=100)))
    found = fit(budget, latency_ms=[interval(50, 1.1)], peak_memory_mb=[interval(100, 1.1)])
    assert found.probability.tolist() == pytest.approx([0.25])


# Confidence


def test_with_a_confidence_the_value_inside_is_not_enough() -> None:
    number = interval(49, 1.1)
    bound = Bound(LATENCY, maximum=50)
    assert fit_bound(bound, column(number), None).within.tolist() == [True]
    assert fit_bound(bound, column(number), 0.9).within.tolist() == [False]


def test_with_a_low_confidence_the_value_may_lie_outside() -> None:
    number = interval(51, 1.1)
    found = fit_bound(Bound(LATENCY, maximum=50), column(number), 0.2)
    assert found.within.tolist() == [True]
    assert found.slack.tolist() == [-1.0]


def test_the_confidence_is_joint_over_the_bounds() -> None:
    def limit(number: Interval, chance: float) -> float:
        deviation = log(number.high / number.low) / 2 / NormalDist().inv_cdf(0.975)
        return number.value * float(np.exp(NormalDist().inv_cdf(chance) * deviation))

    latency, memory = interval(50, 1.1), interval(100, 1.2)
    bounds = (Bound(LATENCY, maximum=limit(latency, 0.9)), Bound(MEMORY, maximum=limit(memory, 0.9)))
    found = {
        confidence: fit(Budget(bounds, confidence), latency_ms=[latency], peak_memory_mb=[memory])
        for confidence in (0.8, 0.85)
    }
    assert found[0.8].probability.tolist() == pytest.approx([0.81])
    assert found[0.8].fits.tolist() == [True]
    assert found[0.85].fits.tolist() == [False]
    # Each bound holds by itself; the failure is put to the least certain of them.
    outside = [one.within.tolist() for one in found[0.85].by_bound.values()]
    assert sorted(outside) == [[False], [True]]


@bounded
@given(intervals, intervals, positive, positive, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_more_confidence_never_admits_more(
    latency: Interval, memory: Interval, fastest: float, least: float, one: float, other: float
) -> None:
    bounds = (Bound(LATENCY, maximum=fastest), Bound(MEMORY, maximum=least))
    low, high = sorted((one, other))
    lenient, strict = (
        fit(Budget(bounds, confidence), latency_ms=[latency], peak_memory_mb=[memory]).fits[0]
        for confidence in (low, high)
    )
    assert lenient or not strict


# The limit that admits


@bounded
@given(st.lists(positive | intervals, min_size=1, max_size=4), positive, st.sampled_from(Side))
def test_the_admitting_limit_admits_by_value(numbers: list[Number], limit: float, side: Side) -> None:
    them = column(*numbers)
    limits = admitting_limit(them, side, limit, None)
    assert len(limits) == len(numbers)
    for row, needed in enumerate(limits):
        bound = Bound(LATENCY, float(needed)) if side is Side.MIN else Bound(LATENCY, None, float(needed))
        assert fit_bound(bound, them, None).within[row]


@bounded
@given(
    st.lists(positive | intervals, min_size=1, max_size=4),
    positive,
    st.sampled_from(Side),
    st.floats(0.01, 0.999),
)
def test_the_admitting_limit_admits_with_that_probability(
    numbers: list[Number], limit: float, side: Side, chance: float
) -> None:
    them = column(*numbers)
    limits = admitting_limit(them, side, limit, chance)
    assert len(limits) == len(numbers)
    for row, needed in enumerate(limits):
        bound = Bound(LATENCY, float(needed)) if side is Side.MIN else Bound(LATENCY, None, float(needed))
        assert fit_bound(bound, them, chance).within[row]


@bounded
@given(positive, positive, st.floats(0.01, 0.999))
def test_the_admitting_limit_is_about_the_smallest(value: float, limit: float, chance: float) -> None:
    them = column(interval(value, 1.1))
    needed = float(admitting_limit(them, Side.MAX, limit, chance)[0])
    assume(needed > limit)
    assert not fit_bound(Bound(LATENCY, None, needed * 0.999), them, chance).within[0]


def test_a_candidate_inside_needs_no_other_limit() -> None:
    assert admitting_limit(column(40.0), Side.MAX, 50, None).tolist() == [50]
    assert admitting_limit(column(80.0), Side.MIN, 75, None).tolist() == [75]
    assert admitting_limit(column(interval(40, 1.01)), Side.MAX, 50, 0.9).tolist() == [50]


def test_nothing_admits_an_unknown_number() -> None:
    assert np.isnan(admitting_limit(column(None), Side.MAX, 50, None)).all()
    assert np.isnan(admitting_limit(column(None), Side.MIN, 50, 0.9)).all()
