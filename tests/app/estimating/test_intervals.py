import numpy as np
import pytest

from app.estimating.intervals import coverage, folds, left_out, reach
from catalog.candidates.category import Floats, Ints

NOMINAL_90 = 1.645


def test_each_position_is_left_out_once() -> None:
    left = np.concatenate([asked for _, asked in folds(23)])

    assert np.sort(left) == pytest.approx(np.arange(23))
    assert all(not set(learnt) & set(asked) for learnt, asked in folds(23))


def test_fewer_positions_than_folds_are_left_out_one_by_one() -> None:
    assert [len(asked) for _, asked in folds(4)] == [1, 1, 1, 1]


def test_what_is_left_out_is_answered_by_the_others_alone() -> None:
    values = np.arange(20.0)

    def refit(learnt: Ints, asked: Ints) -> tuple[Floats, Floats]:
        return np.full(len(asked), values[learnt].mean()), np.ones(len(asked))

    means, _ = left_out(values, refit)

    for learnt, asked in folds(20):
        assert means[asked] == pytest.approx(values[learnt].mean())


def test_an_interval_never_reaches_less_than_a_normal_one() -> None:
    assert reach(np.full(50, 0.1), 0.9) == pytest.approx(NOMINAL_90, abs=1e-3)
    assert reach(np.array([]), 0.9) == pytest.approx(NOMINAL_90, abs=1e-3)


def test_of_nineteen_scores_the_eighteenth_is_the_reach_at_ninety_percent() -> None:
    assert reach(np.arange(1.0, 20.0), 0.9) == 18.0


def test_of_few_scores_the_largest_is_the_reach() -> None:
    assert reach(np.array([9.0, 3.0, 1.0]), 0.9) == 9.0


@pytest.mark.parametrize("count", [20, 50])
def test_intervals_hold_nine_in_ten_times_where_the_deviations_are_half_of_the_truth(count: int) -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):
        scores = np.abs(rng.normal(0, 2, count))
        held.append(np.mean(np.abs(rng.normal(0, 2, 200)) <= reach(scores, 0.9)))

    assert 0.88 <= np.mean(held) <= 0.95


def test_a_score_is_held_against_the_reach_of_the_others() -> None:
    """Held against all, its own included, every score but the largest would be within."""
    nine_equal_and_one_far = np.array([2.0] * 9 + [5.0])
    every_score_farther_than_the_last = np.array([3.0, 2.0])

    assert coverage(nine_equal_and_one_far, 0.9) == pytest.approx(0.9)
    assert coverage(every_score_farther_than_the_last, 0.9) == pytest.approx(0.5)
    assert coverage(np.full(10, 0.5), 0.9) == 1.0
