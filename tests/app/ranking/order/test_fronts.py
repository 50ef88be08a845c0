"""Pareto frontiers are those that pymoo finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.ranking.order.pareto import non_dominated
from catalog.candidates.category import Floats
from tests.app.ranking.order.fronts import fronts_of

some = settings(max_examples=60, deadline=None)


# Arrays


COSTS = st.integers(1, 5).flatmap(
    lambda metrics: arrays(
        np.float64, st.tuples(st.integers(1, 60), st.just(metrics)), elements=st.integers(-3, 6)
    )
)


def check_first_front(costs: Floats) -> None:
    assert np.flatnonzero(non_dominated(costs)).tolist() == np.flatnonzero(fronts_of(costs) == 0).tolist()


@some
@given(COSTS)
def test_what_nothing_dominates_is_the_oracles_first_front_also_with_ties(costs: Floats) -> None:
    check_first_front(costs)


@pytest.mark.parametrize("metrics", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 2, 100, 3000])
def test_what_nothing_dominates_is_the_oracles_first_front_of_many(count: int, metrics: int) -> None:
    rng = np.random.default_rng(1000 * metrics + count)
    plane = rng.uniform(0.1, 1.0, (count, metrics))
    for costs in (
        rng.uniform(size=(count, metrics)),
        rng.lognormal(0.0, 3.0, (count, metrics)),
        rng.integers(0, 20, (count, metrics)).astype(np.float64),
        # On one plane: nothing dominates anything.
        plane / plane.sum(axis=1, keepdims=True),
        # Each dominates the next.
        np.arange(count, dtype=np.float64)[::-1, np.newaxis] + np.zeros(metrics),
    ):
        check_first_front(costs)


def test_rows_that_are_equal_do_not_dominate_one_another() -> None:
    assert non_dominated(np.ones((5, 3))).all()
    assert not fronts_of(np.ones((5, 3))).any()


def test_what_dominates_by_less_than_a_sum_can_tell_is_found() -> None:
    costs = np.array([[1e17, 2.0]] * 50 + [[1e17, 1.0]])
    assert np.flatnonzero(non_dominated(costs)).tolist() == [50]
