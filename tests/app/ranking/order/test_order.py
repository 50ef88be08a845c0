from math import hypot, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ranking.groups import first_of_each
from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import Asked, Scheme, Scores, objective_of, score
from app.ranking.order.order import Ranking, collapse, places, rank, ranking_of
from catalog.candidates.category import Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Metric
from tests.app.ranking.candidates import (
    SPEED_GRID,
    Candidate,
    Number,
    bounded,
    candidate_lists,
    columns,
    cost,
    interval,
)

LATENCY, TOP1, MEMORY = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB
THROUGHPUT = Metric.THROUGHPUT_IPS


def ranked_by(them: CandidateColumns, rows: Ints, metric: Metric) -> Ints:
    """The rows in the order of one metric."""
    objective = objective_of(metric, (), them)
    return rank(them, rows, objective, score(them, rows, objective), np.ones(len(them)))


def order(*candidates: Candidate, objective: Metric = TOP1) -> list[int]:
    return [int(row) for row in ranked_by(columns(*candidates), np.arange(len(candidates)), objective)]


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


def test_of_two_equally_good_of_the_same_latency_the_one_of_higher_throughput_ranks_first() -> None:
    low, high = (Candidate(numbers={TOP1: 80, LATENCY: 10, THROUGHPUT: speed}) for speed in (90, 110))
    assert order(low, high) == [1, 0]


def test_of_two_equally_small_and_fast_the_most_accurate_ranks_first() -> None:
    """As two checkpoints of one network: one file size, and one measurement."""
    worse, better = (
        Candidate("anet", {MEMORY: 100, LATENCY: 10, TOP1: top1}, tag)
        for top1, tag in ((77, "anet.a"), (79, "anet.b"))
    )
    assert order(worse, better, objective=MEMORY) == order(worse, better, objective=LATENCY) == [1, 0]


def test_the_own_order_of_the_columns_which_is_by_name_decides_between_equals() -> None:
    first, second = (Candidate(name, {TOP1: 80, LATENCY: 10}) for name in ("anet", "bnet"))
    assert order(first, second) == order(second, first) == [0, 1]


def test_an_input_near_the_images_decides_between_equals_and_never_before_the_objective() -> None:
    them = columns(
        *(
            Candidate(f"net{place}", {TOP1: top1, LATENCY: 9 - place})
            for place, top1 in enumerate((90, 80, 80, 70))
        )
    )
    objective, rows = objective_of(TOP1, (), them), np.arange(4)
    scores = score(them, rows, objective)
    assert rank(them, rows, objective, scores, np.array([2.0, 0.0, 1.0, 0.0])).tolist() == [0, 1, 2, 3]
    assert rank(them, rows, objective, scores, np.zeros(4)).tolist() == [0, 2, 1, 3]


def test_only_the_rows_asked_for_are_ranked() -> None:
    them = columns(*(Candidate(f"net{top1}", {TOP1: top1}) for top1 in (70, 80, 90, 75)))
    assert ranked_by(them, np.array([0, 1, 3]), TOP1).tolist() == [1, 3, 0]
    assert ranked_by(them, np.array([], dtype=np.int64), TOP1).tolist() == []


@bounded
@given(candidate_lists(SPEED_GRID), st.sampled_from([TOP1, LATENCY, MEMORY]))
def test_the_order_is_that_of_a_plain_sort(candidates: list[Candidate], objective: Metric) -> None:
    expected = sorted(
        range(len(candidates)),
        key=lambda row: (
            *(cost(candidates[row], metric) for metric in (objective, LATENCY, THROUGHPUT, TOP1)),
            row,
        ),
    )
    assert order(*candidates, objective=objective) == expected


@bounded
@given(candidate_lists(SPEED_GRID), st.sampled_from([TOP1, LATENCY, MEMORY]), st.data())
def test_leaving_rows_out_keeps_the_order_of_the_others(
    candidates: list[Candidate], objective: Metric, data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(candidates), max_size=len(candidates)))
    rows = np.flatnonzero(np.array(kept, dtype=np.bool_))
    everyone = order(*candidates, objective=objective)
    them = columns(*candidates)
    among = [row for row in everyone if kept[row]]
    assert ranked_by(them, rows, objective).tolist() == among
    assert rows[ranked_by(them.take(rows), np.arange(len(rows)), objective)].tolist() == among


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


def test_the_first_of_each_code_is_found() -> None:
    assert first_of_each(np.array([2, 0, 2, 5, 0])).tolist() == [0, 1, 3]
    assert first_of_each(np.array([], dtype=np.int64)).tolist() == []


# Places


def scores_of(*numbers: tuple[float, float]) -> Scores:
    """Scores of one metric, of these totals and margins."""
    table = np.array(numbers, dtype=np.float64).reshape(-1, 2)
    total, margin = table[:, 0], table[:, 1]
    return Scores((TOP1,), table[:, :1], table[:, 1:], total, margin)


def placed(*numbers: tuple[float, float], wanted: int = 200) -> list[tuple[int, int]]:
    """The rank of each, and with how many others it is shared."""
    found = places(np.arange(len(numbers)), scores_of(*numbers), wanted)
    assert all(one.rank == one.tied[0] + 1 for one in found)
    return [(one.rank, one.shared_with) for one in found]


def test_what_differs_by_less_than_the_error_shares_a_rank_and_the_next_rank_counts_them() -> None:
    assert placed((0.9, 0.06), (0.82, 0.06), (0.5, 0.06)) == [(1, 1), (1, 1), (3, 0)]


def test_errors_are_independent_so_intervals_that_just_overlap_differ() -> None:
    assert placed((0.9, 0.06), (0.81, 0.06)) == [(1, 0), (2, 0)]


def test_a_rank_is_shared_with_its_first_not_with_whoever_is_like_the_last() -> None:
    assert placed((0.9, 0.04), (0.85, 0.04), (0.8, 0.04)) == [(1, 1), (1, 1), (3, 0)]


def test_beside_a_first_that_is_poorly_known_rows_that_are_told_apart_share_no_rank() -> None:
    """All three are like the first. The third is worse than the second by more than the error."""
    assert placed((0.9, 0.5), (0.8, 0.01), (0.6, 0.01)) == [(1, 1), (1, 1), (3, 0)]


def test_a_row_shares_the_rank_of_an_earlier_leader_also_after_one_that_does_not() -> None:
    assert placed((0.9, 0.01), (0.8, 0.01), (0.7, 0.5)) == [(1, 1), (2, 0), (1, 1)]


def test_numbers_without_interval_are_told_apart_whenever_they_differ() -> None:
    assert placed((0.9, 0.0), (0.9, 0.0), (0.9 - 1e-12, 0.0)) == [(1, 1), (1, 1), (3, 0)]


def test_rows_of_an_unknown_objective_share_the_last_rank() -> None:
    assert placed((0.9, 0.0), (nan, nan), (nan, nan)) == [(1, 0), (2, 1), (2, 1)]


def test_those_who_share_a_rank_with_rows_that_are_not_shown_know_of_them() -> None:
    assert placed(*[(0.9, 0.1)] * 5, wanted=2) == [(1, 4)] * 2


def test_nobody_has_no_place() -> None:
    assert placed() == []


@bounded
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.3, nan]), st.sampled_from([0.0, 0.04, 0.06, 0.2])),
        max_size=12,
    ),
    st.integers(1, 12),
)
def test_places_are_those_of_a_walk_down_the_ranking(numbers: list[tuple[float, float]], wanted: int) -> None:
    numbers.sort(key=lambda one: (isnan(one[0]), -one[0]))

    def is_worse(position: int, other: int) -> bool:
        (total, margin), (better, around) = numbers[position], numbers[other]
        return better - total > hypot(margin, around)

    ranks: dict[int, int] = {}
    while left := [position for position in range(len(numbers)) if position not in ranks]:
        leader = left[0]
        alike = [
            position
            for position in left
            if isnan(numbers[position][0]) == isnan(numbers[leader][0]) and not is_worse(position, leader)
        ]
        for position in alike:
            if not any(is_worse(position, other) for other in alike):
                ranks[position] = leader + 1
    every = [ranks[position] for position in range(len(numbers))]
    expected = [(one, every.count(one) - 1) for one in every]
    assert placed(*numbers, wanted=wanted) == expected[:wanted]


def test_what_differs_clearly_in_a_metric_shares_no_rank_however_close_the_scores() -> None:
    """On a straight frontier every score is a half. A wide interval does not join them."""
    numbers: list[tuple[float, Number]] = [(85.0, interval(14.0, 1.5)), (80.0, 3.7), (75.0, 1.0)]
    them = columns(
        *(Candidate(f"net{row}", {TOP1: top1, LATENCY: ms}) for row, (top1, ms) in enumerate(numbers))
    )
    assert sorted(one.rank for one in ranking(them, Scheme.BALANCED).places) == [1, 2, 3]


def test_the_list_of_several_metrics_falls_with_its_scores() -> None:
    """The first is not dominated and scores less than the last, which is."""
    numbers = [(60.0, 0.9), (60.1, 1.0), (80.0, 10.0), (79.0, 11.0), (90.0, 900.0), (88.0, 10.5)]
    them = columns(
        *(Candidate(f"net{row}", {TOP1: top1, LATENCY: ms}) for row, (top1, ms) in enumerate(numbers))
    )
    objective = objective_of(Scheme.BALANCED, (), them)
    found, scores = ranking_of(
        them, np.arange(6), objective, objective.metrics, np.ones(6), Collapse.ARCHITECTURE, 6
    )
    shown = scores.total[found.rows]
    assert (np.diff(shown) <= 0).all()


@pytest.mark.parametrize(
    ("speeds", "ranks"),
    [
        ((10.0, 10.001, 11.0), [1, 2, 3]),
        ((10.0, 10.0, 11.0), [1, 1, 3]),
        ((interval(10, 1.1), interval(10.5, 1.1), interval(40, 1.1)), [1, 1, 3]),
        ((interval(10, 1.1), 10.5, interval(40, 1.1)), [1, 1, 3]),
    ],
    ids=["published", "published ties", "measured", "both"],
)
def test_a_shared_rank_is_one_of_overlapping_intervals(speeds: tuple[Number, ...], ranks: list[int]) -> None:
    them = columns(*(Candidate(f"net{row}", {LATENCY: one}) for row, one in enumerate(speeds)))
    assert [one.rank for one in ranking(them, LATENCY).places] == ranks


@pytest.mark.parametrize("metric", [LATENCY, MEMORY, Metric.GMACS, Metric.SIZE_MB, THROUGHPUT])
@bounded
@given(values=st.lists(st.integers(1, 10**9), min_size=2, max_size=8, unique=True))
def test_different_numbers_without_interval_never_share_a_rank(metric: Metric, values: list[int]) -> None:
    them = columns(*(Candidate(f"net{row}", {metric: one / 1000}) for row, one in enumerate(values)))
    assert [one.rank for one in ranking(them, metric).places] == list(range(1, len(values) + 1))


def test_accuracies_a_few_images_apart_share_a_rank() -> None:
    """Of 50,000 images; the 95 % interval of a difference around 80 % reaches 0.5 points to either side."""
    them = columns(*(Candidate(f"net{top1}", {TOP1: top1}) for top1 in (80.0, 79.6, 79.3)))
    assert [one.rank for one in ranking(them, TOP1).places] == [1, 1, 3]


def test_of_those_that_share_the_first_rank_the_recommended_one_is_shown_behind_the_first() -> None:
    them = columns(*(Candidate(f"net{row}", {TOP1: 80 - row / 10}) for row in range(4)))
    objective = objective_of(TOP1, (), them)
    everyone, unscaled = np.arange(4), np.ones(4)

    def shown(limit: int, recommended: int) -> list[int]:
        found, _ = ranking_of(
            them, everyone, objective, (TOP1,), unscaled, Collapse.ARCHITECTURE, limit, lambda *_: recommended
        )
        assert len(found.places) == len(found.dominators) == len(found.shown)
        assert {one.rank for one in found.places} == {1}
        return list(found.shown.tolist())

    assert shown(2, recommended=3) == [0, 1, 3]
    assert shown(1, recommended=3) == [0, 3]
    assert shown(2, recommended=1) == [0, 1]
    assert shown(4, recommended=3) == [0, 1, 2, 3]


def test_nobody_dominates_who_is_better_by_less_than_the_error() -> None:
    """As two runs of one network: nobody can tell which is faster."""
    them = columns(
        Candidate("anet", {TOP1: 80, LATENCY: interval(6.9, 1.5)}),
        Candidate("bnet", {TOP1: 80, LATENCY: interval(7.3, 1.1)}),
        Candidate("cnet", {TOP1: 80, LATENCY: interval(20.0, 1.1)}),
    )
    found = ranking(them, TOP1)
    assert [rivals.tolist() for rivals in found.dominators if rivals is not None] == [[], [], [0, 1]]


def test_what_is_dominated_by_far_shares_no_rank_with_what_it_dominates() -> None:
    numbers = [(80.0, 1.0), (70.0, 10.0), (60.0, 100.0)]
    them = columns(
        *(Candidate(f"net{row}", {TOP1: top1, LATENCY: ms}) for row, (top1, ms) in enumerate(numbers))
    )
    assert [one.rank for one in ranking(them, Scheme.BALANCED).places] == [1, 2, 3]


def ranking(
    them: CandidateColumns, asked: Asked, *, by: Collapse = Collapse.ARCHITECTURE, limit: int = 200
) -> Ranking:
    objective = objective_of(asked, (), them)
    everyone, unscaled = np.arange(len(them)), np.ones(len(them))
    return ranking_of(them, everyone, objective, objective.metrics, unscaled, by, limit)[0]


def test_only_as_many_as_asked_for_are_shown_of_all_that_were_ranked() -> None:
    them = columns(*(Candidate(f"net{top1}", {TOP1: top1}) for top1 in (60, 70, 80, 90)))
    found = ranking(them, TOP1, limit=2)
    assert found.shown.tolist() == [3, 2]
    assert found.rows.tolist() == [3, 2, 1, 0]
    assert len(found.places) == len(found.dominators) == 2


def test_what_another_row_of_the_same_architecture_dominates_is_said_before_collapse() -> None:
    them = columns(
        Candidate("anet", {TOP1: 80, LATENCY: 10, MEMORY: 200}),
        Candidate("anet", {TOP1: 80, LATENCY: 10, MEMORY: 100}),
    )
    objective = objective_of(TOP1, (), them)
    found, _ = ranking_of(
        them, np.arange(2), objective, (TOP1, MEMORY), np.ones(2), Collapse.ARCHITECTURE, 10
    )
    assert found.rows.tolist() == [0]
    assert [rivals.tolist() for rivals in found.dominators if rivals is not None] == [[1]]


# Dominators


def test_an_architecture_dominates_once_however_many_of_its_rows_do() -> None:
    rows = [Candidate("anet", {TOP1: 80, LATENCY: 10}, f"anet.{tag}") for tag in "xyz"]
    them = columns(
        *rows, Candidate("bnet", {TOP1: 79, LATENCY: 9}), Candidate("cnet", {TOP1: 70, LATENCY: 11})
    )
    found = ranking(them, TOP1)
    assert [rivals.tolist() for rivals in found.dominators if rivals is not None] == [[], [], [0, 3]]
