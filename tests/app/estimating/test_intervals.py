import numpy as np
import pytest

from app.estimating.intervals import coverage, folds, left_out, reach
from catalog.candidates.category import Floats, Ints


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


@pytest.mark.parametrize("count", [8, 20, 50])
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_intervals_hold_nine_in_ten_times_whatever_the_deviations_are_worth(count: int, scale: float) -> None:
    """Eight scores say less of how much the deviations are worth than fifty."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        scores = scale * np.abs(rng.standard_t(4, count))
        held.append(np.mean(scale * np.abs(rng.standard_t(4, 200)) <= reach(scores, 0.9)))

    least, most = (0.86, 0.97) if count == 8 else (0.88, 0.95)
    assert least <= np.mean(held) <= most


def test_one_network_that_was_missed_by_far_widens_no_interval_much() -> None:
    usual = np.abs(np.random.default_rng(0).standard_t(4, 29))

    assert reach(np.append(usual, 40.0), 0.9) < 1.5 * reach(np.append(usual, 1.0), 0.9)


def test_the_fewer_scores_the_farther_an_interval_reaches() -> None:
    few, many = np.full(6, 1.0), np.full(60, 1.0)

    assert reach(many, 0.9) < reach(few, 0.9) < reach(np.array([]), 0.9)


def test_a_surer_interval_reaches_farther() -> None:
    scores = np.array([0.2, 0.5, 0.9, 1.0, 1.4, 3.0])

    assert reach(scores, 0.5) < reach(scores, 0.9) < reach(scores, 0.99)


def test_scores_of_zero_still_leave_an_interval() -> None:
    assert 0 < reach(np.zeros(20), 0.9) < 1


def test_deviations_are_worth_as_much_as_is_known_at_least() -> None:
    small, large = np.full(30, 0.05), np.full(30, 3.0)

    assert reach(small, 0.9) < 0.3 < reach(small, 0.9, 0.6)
    assert reach(large, 0.9, 0.6) == pytest.approx(reach(large, 0.9))


def test_a_score_is_held_against_the_reach_of_the_others() -> None:
    """Held against all, its own included, every score but the largest would be within."""
    nine_small_and_one_far = np.array([0.1] * 9 + [2.0])

    assert reach(nine_small_and_one_far[:9], 0.9) < 2.0
    assert coverage(nine_small_and_one_far, 0.9) == pytest.approx(0.9)
    assert coverage(np.full(10, 0.5), 0.9) == 1.0
