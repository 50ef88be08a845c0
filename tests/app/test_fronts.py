"""Pareto fronts, of arrays and of scores, are those that pymoo finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.ranking.budget import Bound
from app.ranking.objective import Asked, Scheme
from app.ranking.pareto import non_dominated
from catalog.candidates import CandidateColumns, Floats, Ints
from catalog.words.metrics import Metric
from tests.app.candidates import NAN, columns_of, exact
from tests.app.fronts import check_fronts, fronts_of

LATENCY, TOP1, SIZE, GMACS = Metric.LATENCY_MS, Metric.TOP1, Metric.SIZE_MB, Metric.GMACS

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


# Scores


def make_columns(numbers: dict[Metric, Floats], names: Ints | None = None) -> CandidateColumns:
    """Candidates with these numbers, by default each of its own architecture."""
    return columns_of({metric: exact(values) for metric, values in numbers.items()}, architecture=names)


GRID = {TOP1: [70.0, 75.0, 75.5, 80.0, NAN], LATENCY: [1.0, 2.0, 4.0, 4.5, 90.0], SIZE: [5.0, 50.0, NAN]}


@some
@given(data=st.data(), count=st.integers(1, 40), wanted=st.integers(1, 12))
def test_scores_tell_the_oracles_fronts_apart(data: st.DataObject, count: int, wanted: int) -> None:
    numbers = {
        metric: np.array(data.draw(st.lists(st.sampled_from(values), min_size=count, max_size=count)))
        for metric, values in GRID.items()
    }
    names = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=count, max_size=count)))
    columns = make_columns(numbers, names)
    rows = np.flatnonzero(data.draw(arrays(np.bool_, count)))
    asked = data.draw(st.sampled_from([*Scheme, {TOP1: 1.0, LATENCY: 2.0, SIZE: 3.0}]))
    bounds = data.draw(st.sampled_from([(), (Bound(SIZE, None, 100.0),)]))
    check_fronts(columns, rows, asked, bounds, wanted)


@pytest.mark.parametrize("wanted", [1, 10, 200, 10_000])
@pytest.mark.parametrize("asked", [*Scheme, {TOP1: 1.0, GMACS: 1.0, SIZE: 1.0}], ids=str)
def test_scores_tell_the_oracles_fronts_of_many_apart(asked: Asked, wanted: int) -> None:
    rng = np.random.default_rng(wanted)
    top1 = rng.uniform(60, 90, 2000)
    latency: Floats = np.exp((top1 - 75) / 10 + rng.normal(0, 1, 2000))
    gmacs: Floats = np.round(latency, 1) + 0.1
    columns = make_columns(
        {TOP1: top1, LATENCY: latency, GMACS: gmacs, SIZE: rng.lognormal(3, 1, 2000)},
        rng.integers(0, 500, 2000),
    )
    check_fronts(columns, np.flatnonzero(rng.uniform(size=2000) < 0.8), asked, (), wanted)


def test_quantities_of_zero_are_dominated_by_what_else_there_is() -> None:
    columns = make_columns({TOP1: np.array([70.0] * 50 + [71.0, 80.0]), SIZE: np.array([0.0] * 51 + [9.0])})
    scores = check_fronts(columns, np.arange(52), {TOP1: 1.0, SIZE: 1.0}, (), 52)
    assert np.flatnonzero(scores.front == 0).tolist() == [50, 51]
