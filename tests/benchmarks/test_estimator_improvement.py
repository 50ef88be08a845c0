import numpy as np
import pytest

from tests.benchmarks.estimator.improvement import contenders, expected_improvement, next_to_measure

NONE = np.zeros(3, dtype=np.bool_)


def test_improvement_is_the_gain_times_the_probability() -> None:
    gains = expected_improvement(np.array([0.5, 1.0, 0.1]), np.array([80.0, 76.0, 90.0]), 75.0)

    assert gains == pytest.approx([2.5, 1.0, 1.5])


def test_what_is_no_better_gains_nothing() -> None:
    assert expected_improvement(np.array([1.0]), np.array([70.0]), 75.0) == pytest.approx([0.0])


def test_without_a_measured_candidate_the_worst_is_the_bar() -> None:
    gains = expected_improvement(np.array([1.0, 0.5]), np.array([70.0, 80.0]), None)

    assert gains == pytest.approx([0.0, 5.0])


def test_unknown_objectives_gain_nothing() -> None:
    gains = expected_improvement(np.array([1.0, np.nan, 1.0]), np.array([np.nan, 80.0, 76.0]), 75.0)

    assert gains == pytest.approx([0.0, 0.0, 1.0])
    assert expected_improvement(np.array([np.nan]), np.array([np.nan]), None) == pytest.approx([0.0])


def test_the_next_is_the_largest_improvement_that_was_not_measured() -> None:
    probability, objective = np.array([0.9, 0.9, 0.9]), np.array([80.0, 79.0, 78.0])

    assert next_to_measure(probability, objective, 75.0, NONE) == 0
    assert next_to_measure(probability, objective, 75.0, np.array([True, False, False])) == 1
    assert next_to_measure(probability, objective, 75.0, ~NONE) is None
    assert next_to_measure(probability, objective, 85.0, NONE) is None
    assert next_to_measure(probability, objective, 75.0, NONE, least=5.0) is None
    assert next_to_measure(np.array([]), np.array([]), None, np.array([], dtype=np.bool_)) is None


def test_contenders_are_better_and_may_plausibly_fit() -> None:
    found = contenders(np.array([0.5, 0.001, 0.9]), np.array([80.0, 90.0, 70.0]), 75.0, 0.05)

    assert found.tolist() == [True, False, False]
