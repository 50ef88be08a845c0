"""Ranking by several metrics: fronts, utilities, scores."""

from math import hypot, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.ranking.budget.budget import Bound
from app.ranking.order.objective import Asked, Scheme, Scores, objective_of, score
from app.ranking.order.order import rank
from app.ranking.order.pareto import non_dominated
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import SPEED_METRICS, Metric
from tests.app.ranking.candidates import Candidate, bounded, columns, interval

COSTS = st.integers(1, 4).flatmap(
    lambda metrics: arrays(
        np.float64, st.tuples(st.integers(0, 40), st.just(metrics)), elements=st.integers(0, 5)
    )
)
WEIGHTS: Asked = {Metric.TOP1: 3.0, Metric.LATENCY_MS: 1.0}


def make_columns(numbers: dict[Metric, list[float]]) -> CandidateColumns:
    """Candidates of different architectures with these numbers."""
    rows = range(len(next(iter(numbers.values()))))
    return columns(
        *(
            Candidate(f"net{row:03}", {metric: values[row] for metric, values in numbers.items()})
            for row in rows
        )
    )


def scored(
    top1: list[float], latency: list[float], asked: Asked = Scheme.BALANCED
) -> tuple[Scores, list[int]]:
    """The scores of candidates with these numbers, and their order."""
    found = make_columns({Metric.TOP1: top1, Metric.LATENCY_MS: latency})
    objective = objective_of(asked, (), found)
    rows = np.arange(len(found))
    scores = score(found, rows, objective)
    return scores, rank(found, rows, objective, scores, np.ones(len(rows))).tolist()


@bounded
@given(COSTS)
def test_the_first_front_is_what_nothing_dominates(costs: np.ndarray) -> None:
    expected = [not any((other <= mine).all() and (other < mine).any() for other in costs) for mine in costs]
    assert non_dominated(costs).tolist() == expected


@pytest.mark.parametrize("asked", [Scheme.BALANCED, Scheme.KNEE, WEIGHTS])
@bounded
@given(st.lists(st.tuples(st.integers(50, 90), st.integers(1, 100)), min_size=1, max_size=30))
def test_what_dominates_ranks_before_what_it_dominates(asked: Asked, pairs: list[tuple[int, int]]) -> None:
    top1, latency = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    scores, order = scored(top1, latency, asked)
    assert np.nanmax(scores.total) <= 1 + 1e-12
    place = {row: position for position, row in enumerate(order)}
    for one in range(len(pairs)):
        for other in range(len(pairs)):
            better = top1[one] >= top1[other] and latency[one] <= latency[other]
            if better and (top1[one] > top1[other] or latency[one] < latency[other]):
                assert place[one] < place[other]


@pytest.mark.parametrize("asked", [Scheme.BALANCED, Scheme.KNEE, WEIGHTS])
@bounded
@given(st.lists(st.tuples(st.integers(50, 90), st.integers(1, 100)), min_size=1, max_size=20))
def test_a_dominated_candidate_more_never_changes_the_winner(
    asked: Asked, pairs: list[tuple[int, int]]
) -> None:
    top1, latency = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    _, before = scored(top1, latency, asked)
    _, after = scored([*top1, min(top1) - 10], [*latency, max(latency) * 10], asked)
    assert after[0] == before[0]


def test_quantities_count_by_their_factor_and_accuracies_by_their_difference() -> None:
    scores, _ = scored([70.0, 75.0, 80.0], [10.0, 20.0, 40.0])
    assert scores.utilities[Metric.LATENCY_MS] == pytest.approx([1.0, 0.5, 0.0])
    assert scores.utilities[Metric.TOP1] == pytest.approx([0.0, 0.5, 1.0])
    assert scores.total == pytest.approx([0.5, 0.5, 0.5])


def test_what_is_worse_than_the_whole_frontier_scores_less_than_its_worst() -> None:
    """The frontier is narrow: how far others lie behind it still counts."""
    scores, order = scored([80.0, 81.0, 60.0, 79.0], [10.0, 11.0, 10.2, 10.5])
    assert sorted(order[:2]) == [0, 1]
    assert order[2:] == [3, 2]
    assert scores.total[3] > scores.total[2] < 0


def test_where_one_candidate_is_the_frontier_the_scale_spans_all_of_them() -> None:
    scores, order = scored([80.0, 75.0, 70.0], [10.0, 20.0, 40.0])
    assert order == [0, 1, 2]
    assert scores.total == pytest.approx([1.0, 0.5, 0.0])


def test_the_knee_is_where_the_frontier_bends_on_a_logarithmic_scale_of_time() -> None:
    scores, order = scored([60.0, 79.0, 80.0, 81.0], [1.0, 4.0, 100.0, 1000.0], Scheme.KNEE)
    assert order[0] == 1
    assert scores.has_knee


@pytest.mark.parametrize(
    "latency", [[10.0, 20.0, 40.0], [10.0, 35.0, 40.0]], ids=["a straight line", "bent the other way"]
)
def test_there_is_no_knee_where_no_point_lies_beyond_the_chord(latency: list[float]) -> None:
    scores, _ = scored([70.0, 75.0, 80.0], latency, Scheme.KNEE)
    assert not scores.has_knee


def test_weights_count_relative_to_one_another() -> None:
    found = make_columns({Metric.TOP1: [1.0]})
    assert objective_of(WEIGHTS, (), found).weights == {Metric.TOP1: 0.75, Metric.LATENCY_MS: 0.25}


def test_balance_is_over_top1_and_what_the_budget_bounds() -> None:
    found = make_columns({Metric.TOP1: [1.0]})
    bounds = (Bound(Metric.SIZE_MB, None, 10.0), Bound(Metric.TOP1, 70.0, None))
    assert objective_of(Scheme.BALANCED, bounds, found).metrics == (Metric.TOP1, Metric.SIZE_MB)


@pytest.mark.parametrize("speed", SPEED_METRICS)
def test_balance_without_a_bound_is_over_top1_and_the_speed_that_the_candidates_have(speed: Metric) -> None:
    columns = make_columns({Metric.TOP1: [1.0], speed: [1.0]})
    assert objective_of(Scheme.BALANCED, (), columns).metrics == (Metric.TOP1, speed)


def test_latency_is_balanced_against_where_no_candidate_has_a_speed() -> None:
    columns = make_columns({Metric.TOP1: [1.0]})
    assert objective_of(Scheme.BALANCED, (), columns).metrics == (Metric.TOP1, Metric.LATENCY_MS)


def test_what_lacks_a_metric_ranks_last_and_has_no_score() -> None:
    scores, order = scored([90.0, 70.0], [float("nan"), 10.0])
    assert order == [1, 0]
    assert np.isnan(scores.total[0])


# Margins

TOP1, LATENCY, GMACS = Metric.TOP1, Metric.LATENCY_MS, Metric.GMACS


def margins(asked: Asked, *candidates: Candidate) -> list[float]:
    them = columns(*candidates)
    found: list[float] = score(them, np.arange(len(them)), objective_of(asked, (), them)).margin.tolist()
    return found


def test_exact_numbers_have_no_margin() -> None:
    assert margins(LATENCY, *(Candidate(numbers={LATENCY: one}) for one in (10, 20))) == [0, 0]
    assert margins(GMACS, *(Candidate(numbers={GMACS: one}) for one in (1, 2))) == [0, 0]


def test_the_margin_of_a_quantity_is_its_interval_on_the_scale_of_the_utility() -> None:
    """From 10 to 1000 is one; a factor of 1.5 is a share of log 1.5 / log 100 of it."""
    found = margins(LATENCY, *(Candidate(numbers={LATENCY: one}) for one in (interval(10, 1.5), 1000)))
    assert found == pytest.approx([log(1.5) / log(100), 0], rel=1e-3)


def test_the_margin_of_an_accuracy_is_that_of_a_share_of_its_images() -> None:
    found = margins(TOP1, Candidate(numbers={TOP1: 90}), Candidate(numbers={TOP1: 80}))
    assert found == pytest.approx(
        [1.959964 * sqrt(0.9 * 0.1 / 50_000) * 10, 1.959964 * sqrt(0.8 * 0.2 / 50_000) * 10]
    )


def test_what_lacks_a_metric_has_no_margin() -> None:
    found = margins(WEIGHTS, Candidate(numbers={TOP1: 90}), Candidate(numbers={TOP1: 80, LATENCY: 1}))
    assert np.isnan(found[0])
    assert found[1] > 0


@pytest.mark.parametrize("asked", [Scheme.BALANCED, Scheme.KNEE, WEIGHTS])
@bounded
@given(
    st.lists(
        st.tuples(st.integers(50, 90), st.integers(1, 100), st.sampled_from([1.0, 1.1, 2.0])),
        min_size=1,
        max_size=12,
    )
)
def test_margins_of_several_metrics_add_up_as_independent_errors(
    asked: Asked, numbers: list[tuple[int, int, float]]
) -> None:
    candidates = [
        Candidate(f"net{row:02}", {TOP1: top1, LATENCY: interval(ms, ratio) if ratio > 1 else float(ms)})
        for row, (top1, ms, ratio) in enumerate(numbers)
    ]
    them = columns(*candidates)
    objective = objective_of(asked, (), them)
    found = score(them, np.arange(len(them)), objective)
    costs = np.array([(-top1, ms) for top1, ms, _ in numbers], dtype=np.float64)
    frontier = [numbers[row] for row in np.flatnonzero(non_dominated(costs))]

    def span(values: list[float], of_all: list[float]) -> float:
        return max(values) - min(values) or max(of_all) - min(of_all) or 1.0

    spans = {
        TOP1: span([top1 for top1, *_ in frontier], [top1 for top1, *_ in numbers]),
        LATENCY: span([log(ms) for _, ms, _ in frontier], [log(ms) for _, ms, _ in numbers]),
    }
    for row, (top1, _, ratio) in enumerate(numbers):
        errors = {
            TOP1: 100 * sqrt(top1 / 100 * (1 - top1 / 100) / 50_000),
            LATENCY: log(ratio) / 1.95996,
        }
        parts = [objective.weights[metric] * errors[metric] / spans[metric] for metric in (TOP1, LATENCY)]
        assert found.margin[row] == pytest.approx(1.959964 * hypot(*parts), rel=1e-4)
