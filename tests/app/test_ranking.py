from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.objective import objective_of, score
from app.ranking import Collapse, collapse, on_frontier, rank
from catalog.columns import CandidateColumns, Ints
from catalog.metrics import Direction, Metric
from catalog.vocabulary import Precision
from tests.app.candidates import Candidate, bounded, candidate_lists, columns

LATENCY, TOP1, MEMORY = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB
GRID = {LATENCY: [5.0, 10.0, 20.0], TOP1: [70.0, 75.0, 80.0], MEMORY: [100.0, 200.0]}


def ranked_by(them: CandidateColumns, rows: Ints, metric: Metric) -> Ints:
    """The rows in the order of one metric."""
    objective = objective_of(metric, (), them)
    return rank(them, rows, objective, score(them, rows, objective, len(them)))


def order(*candidates: Candidate, objective: Metric = TOP1) -> list[int]:
    return [int(row) for row in ranked_by(columns(*candidates), np.arange(len(candidates)), objective)]


def cost(candidate: Candidate, metric: Metric) -> float:
    """Lower is better; infinite where unknown."""
    value = candidate.value(metric)
    if isnan(value):
        return inf
    return value if metric.direction is Direction.LOWER else -value


def test_a_higher_accuracy_ranks_first() -> None:
    assert order(Candidate(numbers={TOP1: 70}), Candidate(numbers={TOP1: 80})) == [1, 0]


def test_a_lower_latency_ranks_first() -> None:
    slow, fast = Candidate(numbers={LATENCY: 20}), Candidate(numbers={LATENCY: 10})
    assert order(slow, fast, objective=LATENCY) == [1, 0]


def test_a_candidate_that_lacks_the_objective_ranks_last() -> None:
    unknown, worst = Candidate(numbers={LATENCY: 1}), Candidate(numbers={TOP1: 1, LATENCY: 100})
    assert order(unknown, worst) == [1, 0]


def test_candidates_that_lack_the_objective_rank_by_latency() -> None:
    slow, fast = Candidate("anet", {LATENCY: 20}), Candidate("bnet", {LATENCY: 10})
    assert order(slow, fast) == [1, 0]


def test_the_faster_of_two_equally_good_ranks_first() -> None:
    slow, fast = Candidate("anet", {TOP1: 80, LATENCY: 20}), Candidate("bnet", {TOP1: 80, LATENCY: 10})
    assert order(slow, fast) == [1, 0]


def test_of_two_equally_good_the_one_of_unknown_latency_ranks_last() -> None:
    unknown, known = Candidate("anet", {TOP1: 80}), Candidate("bnet", {TOP1: 80, LATENCY: 10})
    assert order(unknown, known) == [1, 0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Candidate("anet"), Candidate("bnet")),
        (Candidate(checkpoint="toynet.a"), Candidate(checkpoint="toynet.b")),
        (Candidate(input_size=160), Candidate(input_size=224)),
        (Candidate(precision=Precision.BF16), Candidate(precision=Precision.FP32)),
    ],
    ids=["architecture", "checkpoint", "input size", "configuration"],
)
def test_names_decide_between_equals(first: Candidate, second: Candidate) -> None:
    assert order(first, second) == [0, 1]
    assert order(second, first) == [1, 0]


def test_only_the_rows_asked_for_are_ranked() -> None:
    them = columns(*(Candidate(f"net{top1}", {TOP1: top1}) for top1 in (70, 80, 90, 75)))
    assert ranked_by(them, np.array([0, 1, 3]), TOP1).tolist() == [1, 3, 0]
    assert ranked_by(them, np.array([], dtype=np.int64), TOP1).tolist() == []


@bounded
@given(candidate_lists(GRID), st.sampled_from([TOP1, LATENCY, MEMORY]))
def test_the_order_is_that_of_a_plain_sort(candidates: list[Candidate], objective: Metric) -> None:
    expected = sorted(
        range(len(candidates)),
        key=lambda row: (
            cost(candidates[row], objective),
            cost(candidates[row], LATENCY),
            candidates[row].architecture,
            candidates[row].checkpoint,
        ),
    )
    assert order(*candidates, objective=objective) == expected


@bounded
@given(st.data(), candidate_lists(GRID))
def test_the_order_does_not_depend_on_the_order_of_the_columns(
    data: st.DataObject, candidates: list[Candidate]
) -> None:
    shuffled = data.draw(st.permutations(candidates))
    assert [candidates[row] for row in order(*candidates)] == [shuffled[row] for row in order(*shuffled)]


# Collapse

CROWD = columns(
    Candidate("anet", checkpoint="anet.x"),
    Candidate("anet", checkpoint="anet.y"),
    Candidate("bnet", checkpoint="bnet.x"),
    Candidate("anet", checkpoint="anet.x", input_size=288),
    Candidate("cnet"),
    Candidate("cnet", input_size=288),
)


def test_the_best_row_of_each_architecture_is_kept() -> None:
    assert collapse(CROWD, np.array([3, 0, 2, 1, 5, 4]), Collapse.ARCHITECTURE).tolist() == [3, 2, 5]


def test_the_best_row_of_each_checkpoint_is_kept() -> None:
    assert collapse(CROWD, np.array([3, 0, 2, 1]), Collapse.CHECKPOINT).tolist() == [3, 2, 1]


def test_an_architecture_without_checkpoint_counts_as_one_checkpoint() -> None:
    assert collapse(CROWD, np.array([5, 4, 0]), Collapse.CHECKPOINT).tolist() == [5, 0]


def test_every_row_is_kept_where_nothing_is_collapsed() -> None:
    assert collapse(CROWD, np.array([3, 0, 2, 1]), Collapse.CONFIGURATION).tolist() == [3, 0, 2, 1]


@pytest.mark.parametrize("by", Collapse)
def test_no_row_collapses_to_no_row(by: Collapse) -> None:
    assert collapse(CROWD, np.array([], dtype=np.int64), by).tolist() == []


# Frontier


def frontier(*candidates: Candidate, metrics: tuple[Metric, ...] = (TOP1, LATENCY)) -> list[bool]:
    everyone = np.ones(len(candidates), dtype=np.bool_)
    return on_frontier(columns(*candidates), np.arange(len(candidates)), everyone, metrics).tolist()


def test_a_slower_and_less_accurate_candidate_is_not_on_the_frontier() -> None:
    best, dominated = Candidate(numbers={TOP1: 80, LATENCY: 10}), Candidate(numbers={TOP1: 75, LATENCY: 20})
    assert frontier(best, dominated) == [True, False]


def test_a_trade_off_is_on_the_frontier() -> None:
    fast, accurate = Candidate(numbers={TOP1: 75, LATENCY: 10}), Candidate(numbers={TOP1: 80, LATENCY: 20})
    assert frontier(fast, accurate) == [True, True]


def test_equals_do_not_dominate_each_other() -> None:
    assert frontier(*[Candidate(numbers={TOP1: 80, LATENCY: 10})] * 2) == [True, True]


def test_being_as_good_in_all_and_better_in_one_dominates() -> None:
    one, other = Candidate(numbers={TOP1: 80, LATENCY: 10}), Candidate(numbers={TOP1: 80, LATENCY: 11})
    assert frontier(one, other) == [True, False]


def test_a_candidate_that_lacks_a_metric_is_not_on_the_frontier_and_dominates_nobody() -> None:
    assert frontier(Candidate(numbers={TOP1: 90}), Candidate(numbers={TOP1: 80, LATENCY: 10})) == [
        False,
        True,
    ]


def test_candidates_outside_the_budget_dominate_nobody() -> None:
    them = columns(
        Candidate(numbers={TOP1: 90, LATENCY: 1}),
        Candidate(numbers={TOP1: 80, LATENCY: 10}),
    )
    among = np.array([False, True])
    assert on_frontier(them, np.array([1]), among, (TOP1, LATENCY)).tolist() == [True]


@bounded
@given(candidate_lists(GRID), st.sets(st.sampled_from([TOP1, LATENCY, MEMORY]), min_size=1), st.data())
def test_the_frontier_is_that_of_a_comparison_of_all_pairs(
    candidates: list[Candidate], chosen: set[Metric], data: st.DataObject
) -> None:
    among = data.draw(
        st.lists(st.booleans(), min_size=len(candidates), max_size=len(candidates)), label="among"
    )
    metrics = tuple(sorted(chosen))
    rows = [row for row, inside in enumerate(among) if inside]

    def dominates(one: Candidate, other: Candidate) -> bool:
        pairs = [(cost(one, metric), cost(other, metric)) for metric in metrics]
        return (
            inf not in dict(pairs)
            and all(mine <= its for mine, its in pairs)
            and any(mine < its for mine, its in pairs)
        )

    expected = [
        all(cost(candidates[row], metric) < inf for metric in metrics)
        and not any(dominates(candidates[rival], candidates[row]) for rival in rows)
        for row in rows
    ]
    found = on_frontier(
        columns(*candidates), np.array(rows, dtype=np.int64), np.array(among, dtype=np.bool_), metrics
    )
    assert found.tolist() == expected
