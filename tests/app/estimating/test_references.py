import numpy as np
import pytest

from app.estimating import additive, whole_networks
from app.estimating.features import Features
from app.estimating.kernels import codes_of, standardised
from app.estimating.references import References, completed, prior
from app.estimating.whole_networks import Known
from app.estimating.work import COSTS

COUNT = 150
RNG = np.random.default_rng(4)
DESCRIBED = standardised(RNG.standard_normal((COUNT, 3)))
LEVEL = 2.0 + DESCRIBED @ [1.0, 0.5, 0.2]
WORK = np.exp(LEVEL[:, None] + RNG.normal(0, 0.3, (COUNT, len(COSTS)))) / COSTS
ONES = np.ones(COUNT)
FACTORS = np.array([3.0, 1.0, 0.5, 0.5, 2.0, 0.3, 1.0, 2.0])
FEATURES = Features(
    DESCRIBED, DESCRIBED, codes_of([None] * COUNT), WORK, ONES, ONES, np.full(COUNT, 0.5), ONES, ONES
)
ROWS = np.arange(20)


def _references(*columns: np.ndarray, alike: tuple[bool, ...] | None = None) -> References:
    return References(np.column_stack(columns), np.array(alike or [True] * len(columns)))


def test_what_is_known_stays_and_gaps_follow_the_other_references() -> None:
    second = LEVEL + 0.7
    second[10:20] = np.nan
    filled = completed(_references(LEVEL, second), FEATURES)

    assert filled.log_times[:10, 1] == pytest.approx(second[:10])
    assert filled.log_times[10:20, 1] == pytest.approx(LEVEL[10:20] + 0.7, abs=0.05)
    assert (filled.doubt[10:20, 1] > 0).all()
    assert (filled.doubt[:10] == 0).all()


def test_a_network_in_no_table_follows_its_features_and_is_doubted_more() -> None:
    column = LEVEL.copy()
    column[:5] = np.nan
    partly = LEVEL + 0.1
    partly[:6] = np.nan
    filled = completed(_references(column, partly), FEATURES)

    assert filled.log_times[:5, 0] == pytest.approx(LEVEL[:5], abs=0.3)
    assert filled.doubt[0, 0] > 0
    assert filled.doubt[5, 1] > 0
    assert filled.doubt[6, 0] == 0


def test_the_prior_is_the_reference_times_a_factor() -> None:
    found = prior(completed(_references(LEVEL), FEATURES), ROWS, (LEVEL + 1.3)[ROWS])

    assert found.mean == pytest.approx(LEVEL + 1.3)


def test_the_reference_that_agrees_with_what_was_measured_counts_most() -> None:
    other = LEVEL + RNG.normal(0, 0.5, COUNT)
    found = prior(completed(_references(LEVEL, other), FEATURES), ROWS, LEVEL[ROWS])

    assert np.abs(found.mean - LEVEL).max() < 0.1


def test_a_network_in_no_table_is_doubted_by_as_much_as_the_tables_part() -> None:
    first = LEVEL.copy()
    first[:5] = np.nan

    def doubt(apart: float) -> float:
        second = first + RNG.normal(0, apart, COUNT)
        return float(completed(_references(first, second), FEATURES).doubt[:5].max())

    assert doubt(0.02) < 0.2
    assert doubt(0.6) > 0.3


def test_references_of_another_class_do_not_enter_the_mean() -> None:
    other = LEVEL + RNG.normal(0, 0.5, COUNT)
    held = completed(_references(LEVEL, other, alike=(True, False)), FEATURES)

    assert prior(held, ROWS, LEVEL[ROWS]).mean == pytest.approx(LEVEL)


def test_without_references_a_time_is_a_sum_over_kinds_of_work() -> None:
    truth = np.log(WORK @ (COSTS * FACTORS))
    rows = np.arange(60)
    found = additive.fit(FEATURES.time, rows, truth[rows])

    assert np.median(np.abs(found - truth)[60:]) < 0.05


def test_a_target_that_is_a_reference_times_a_factor_is_estimated_exactly() -> None:
    known = Known(FEATURES, completed(_references(LEVEL), FEATURES))
    found = whole_networks.estimate(known, ROWS, (LEVEL + 0.4)[ROWS])

    assert np.abs(found.mean - LEVEL - 0.4).max() < 0.02
    assert len(found.scores) == len(ROWS)


def test_a_reference_of_another_class_that_says_nothing_is_passed_over() -> None:
    noise = RNG.normal(0, 2.0, COUNT)
    truth = np.log(WORK @ (COSTS * FACTORS))
    rows = np.arange(40)
    useless = Known(FEATURES, completed(_references(noise, alike=(False,)), FEATURES))
    with_it = whole_networks.estimate(useless, rows, truth[rows])
    without = whole_networks.estimate(Known(FEATURES), rows, truth[rows])

    assert np.abs(with_it.errors).mean() <= np.abs(without.errors).mean()
    assert np.median(np.abs(with_it.mean - truth)[40:]) < 0.3


def test_a_network_is_held_where_a_reference_of_the_class_has_it() -> None:
    gap = LEVEL.copy()
    gap[:5] = np.nan
    held = completed(_references(gap, LEVEL, alike=(True, False)), FEATURES).held

    assert not held[:5].any()
    assert held[5:].all()
    assert completed(_references(gap, LEVEL, alike=(False, False)), FEATURES).held.all()
