"""Pareto fronts are those that pymoo finds (Blank and Deb, 2020): of arrays, of scores, and of the API over
the whole reference tables."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from app.main import create_app
from app.questions.comparison import Frontier, frontier
from app.questions.held_candidates import CandidateCache
from app.questions.question import ConfigurationFilter, Question
from app.ranking.budget import Bound
from app.ranking.objective import Asked, Scheme, Scores, objective_of, score
from app.ranking.pareto import non_dominated
from app.settings import ServerSettings
from catalog.candidates import (
    CandidateColumns,
    Category,
    Floats,
    Ints,
    MeasurementFacts,
    MetricColumn,
    MetricTable,
    speed_order,
)
from catalog.entities.configurations import Configuration
from catalog.opening import open_catalog
from catalog.reference import tables as reference
from catalog.storage.database import Catalog
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Precision, Provenance, RuntimeName
from tests.builders import NOON

# Taken on import: later the fixture `small_reference` puts a part of the tables in their place.
SHIPPED = reference.DATA

LATENCY, TOP1, SIZE, GMACS = Metric.LATENCY_MS, Metric.TOP1, Metric.SIZE_MB, Metric.GMACS
THROUGHPUT, PARAMS = Metric.THROUGHPUT_IPS, Metric.PARAMS_M
NAN = float("nan")

some = settings(max_examples=60, deadline=None)


def fronts_of(costs: Floats) -> Ints:
    """The oracle: the front of each row of `costs` (lower is better), 0 the first."""
    found = np.full(len(costs), -1, dtype=np.int64)
    for number, rows in enumerate(NonDominatedSorting().do(costs)):
        found[rows] = number
    assert (found >= 0).all()
    return found


def costs_of(columns: CandidateColumns, metrics: tuple[Metric, ...], rows: Ints) -> Floats:
    """The numbers of `rows` as they are, negative where more is better."""
    signs = [1.0 if metric.direction is Direction.LOWER else -1.0 for metric in metrics]
    pairs = zip(signs, metrics, strict=True)
    return np.stack([sign * columns.metrics[metric].value[rows] for sign, metric in pairs], axis=1)


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
    count = len(next(iter(numbers.values())))
    nothing, each = np.zeros(count, dtype=np.int64), np.arange(count)
    exact = {
        metric: MetricColumn.of(numbers.get(metric, np.full(count, NAN)), *np.full((3, count), NAN))
        for metric in Metric
    }
    facts = tuple(MeasurementFacts(f"{one:016x}", Provenance.MEASURED, NOON, None, ()) for one in each)
    return CandidateColumns(
        architecture=Category(
            tuple(f"net{one:04}" for one in each), each if names is None else names.astype(np.int64)
        ),
        family=Category((None,), nothing),
        tags=Category(((),), nothing),
        checkpoint=Category((None,), nothing),
        license=Category((None,), nothing),
        commercial_use=Category((None,), nothing),
        training_data=Category(((),), nothing),
        input_size=np.full(count, 224),
        configuration=Category((Configuration(RuntimeName.ONNXRUNTIME, Precision.FP32),), nothing),
        measurement=Category(facts, each),
        usable=np.ones(count, dtype=np.bool_),
        speed_order=speed_order(exact),
        metrics=MetricTable(exact),
        revision=1,
    )


def check_fronts(
    columns: CandidateColumns, rows: Ints, asked: Asked, bounds: tuple[Bound, ...], wanted: int
) -> Scores:
    """Fronts are the oracle's until `wanted` architectures are in them, and the rest shares the next."""
    objective = objective_of(asked, bounds, columns)
    scores = score(columns, rows, objective, wanted)
    known = rows[~np.isnan(costs_of(columns, objective.metrics, rows)).any(axis=1)]
    if len(known):
        expected = fronts_of(costs_of(columns, objective.metrics, known))
        names = columns.architecture.codes[known]
        told = next(
            (last for last in range(expected.max() + 1) if len(set(names[expected <= last])) >= wanted),
            expected.max(),
        )
        assert (scores.front[known] == np.minimum(expected, told + 1)).all()
        assert (np.isfinite(scores.total[known])).all()
    others = np.setdiff1d(np.arange(len(columns)), known)
    assert np.isnan(scores.total[others]).all()
    assert (scores.front[others] > scores.front[known].max(initial=-1)).all()
    return scores


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


# The reference tables


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A catalog of the whole reference tables."""
    found = f"sqlite:///{tmp_path_factory.mktemp('frontier') / 'catalog.sqlite'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "DATA", SHIPPED)
        open_catalog(found).close()
        return found


@pytest.fixture(scope="module")
def shipped(url: str) -> Iterator[Catalog]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "DATA", SHIPPED)
        with open_catalog(url) as catalog:
            yield catalog


@pytest.fixture(scope="module")
def held() -> CandidateCache:
    return CandidateCache()


CPU, GPU = "i9-10940x", "rtx-3090"
PAIRS = [
    (CPU, LATENCY, TOP1),
    (CPU, TOP1, LATENCY),
    (CPU, GMACS, TOP1),
    (CPU, PARAMS, Metric.TOP1_A),
    (CPU, LATENCY, SIZE),
    (CPU, Metric.TOP1_PER_GMAC, TOP1),
    (CPU, Metric.TOP1_R, Metric.TOP1_SKETCH),
    (GPU, THROUGHPUT, TOP1),
    (GPU, Metric.TRAIN_THROUGHPUT_IPS, TOP1),
    (GPU, Metric.ACTIVATIONS_M, THROUGHPUT),
    (GPU, LATENCY, TOP1),
]
QUESTIONS = [
    Question(),
    Question(input_size=(224, 224)),
    Question(commercial_use=True, configuration=ConfigurationFilter(precision=(Precision.AMP_FP16,))),
]


def check_frontier(found: Frontier) -> None:
    """Of every architecture on the oracle's first front, the row that is best in the first metric."""
    costs = costs_of(found.columns, found.metrics, np.arange(len(found.columns)))
    known = np.flatnonzero(~np.isnan(costs).any(axis=1))
    assert found.considered == len(found.columns)
    assert found.unknown == len(found.columns) - len(known)
    if not len(known):
        assert not found.rows
        return
    first = known[fronts_of(costs[known]) == 0]
    best: dict[str, float] = {}
    for row in first:
        name = found.columns.architecture[row]
        best[name] = min(best.get(name, np.inf), costs[row, 0])
    rows = np.array(found.rows)
    assert {found.columns.architecture[row]: costs[row, 0] for row in rows} == best
    assert len(rows) == len(best)
    assert set(found.rows) <= set(first.tolist())
    assert (np.diff(costs[rows, 0]) >= 0).all()


@pytest.mark.parametrize(("target", "x", "y"), PAIRS)
def test_the_frontier_of_the_reference_tables_is_the_oracles(
    shipped: Catalog, held: CandidateCache, target: str, x: Metric, y: Metric
) -> None:
    for question in QUESTIONS:
        asked = Question(
            target,
            input_size=question.input_size,
            commercial_use=question.commercial_use,
            configuration=question.configuration,
        )
        check_frontier(frontier(shipped, (x, y), asked, held))


@pytest.mark.parametrize("metrics", [(LATENCY, TOP1, SIZE), (TOP1, GMACS, PARAMS, LATENCY)])
def test_the_frontier_of_more_metrics_is_the_oracles(
    shipped: Catalog, held: CandidateCache, metrics: tuple[Metric, ...]
) -> None:
    check_frontier(frontier(shipped, metrics, Question(CPU), held))


@pytest.mark.parametrize(
    ("target", "asked"), list(product([CPU, GPU], [*Scheme, {TOP1: 2.0, SIZE: 1.0, GMACS: 1.0}])), ids=str
)
def test_the_fronts_of_the_reference_tables_are_the_oracles(
    shipped: Catalog, held: CandidateCache, target: str, asked: Asked
) -> None:
    with shipped.read() as session:
        columns = held.columns(session, target)
    rows = np.arange(len(columns))
    for wanted in (1, 10, 200):
        check_fronts(columns, rows, asked, (), wanted)
        check_fronts(columns, rows[::7], asked, (Bound(PARAMS, None, 30.0),), wanted)


def test_the_api_tells_the_same_frontier(shipped: Catalog, held: CandidateCache, url: str) -> None:
    client = TestClient(create_app(ServerSettings(catalog_url=url)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "DATA", SHIPPED)
        for x, y, size in ((LATENCY, TOP1, None), (TOP1, PARAMS, 224), (Metric.TOP1_V2, SIZE, None)):
            query = {"target": CPU, "x": x, "y": y} | ({} if size is None else {"input_size": size})
            answer = client.get("/v1/frontier", params=query).json()
            asked = Question(CPU, input_size=None if size is None else (size, size))
            found = frontier(shipped, (x, y), asked, held)
            assert [one["checkpoint"] for one in answer["items"]] == [
                found.columns.checkpoint[row] for row in found.rows
            ]
            numbers = np.array(
                [[one["metrics"][metric]["value"] for metric in (x, y)] for one in answer["items"]]
            )
            expected = costs_of(found.columns, (x, y), np.array(found.rows))
            assert (numbers == np.abs(expected)).all()
            assert (answer["considered"], answer["unknown"]) == (found.considered, found.unknown)
