"""Who dominates whom, in the order of a ranking."""

from math import inf, isnan

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.ranking.order.pareto import dominators
from catalog.words.metrics import Metric
from tests.app.ranking.candidates import SPEED_GRID, Candidate, bounded, candidate_lists, columns, cost

LATENCY, TOP1, MEMORY = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB
THROUGHPUT = Metric.THROUGHPUT_IPS


def image_ms(candidate: Candidate) -> float:
    """Milliseconds per image, of batches of one. Infinite where unknown."""
    latency, throughput = candidate.value(LATENCY), candidate.value(THROUGHPUT)
    if isnan(latency):
        return inf if isnan(throughput) else 1000 / throughput
    return latency


def test_a_network_that_is_faster_is_not_dominated_though_accuracy_alone_was_asked_for() -> None:
    accurate, fast = Candidate(numbers={TOP1: 80, LATENCY: 14}), Candidate(numbers={TOP1: 70, LATENCY: 1})
    assert dominated(accurate, fast, metrics=(TOP1,)) == [[], []]


def test_the_speed_that_is_compared_is_that_of_an_image() -> None:
    """A batch of 8 in 40 ms is faster than one in 10 ms."""
    single = Candidate(numbers={TOP1: 80, LATENCY: 10})
    batched = Candidate(numbers={TOP1: 80, LATENCY: 40}, batch_size=8)
    assert dominated(single, batched, metrics=(TOP1,)) == [[1], []]
    assert dominated(single, batched) == [[], []]


def dominated(
    *candidates: Candidate, metrics: tuple[Metric, ...] = (TOP1, LATENCY)
) -> list[list[int] | None]:
    """Who dominates each of the candidates, which come in their ranked order."""
    everyone = np.arange(len(candidates))
    found = dominators(columns(*candidates), everyone, everyone, metrics)
    return [None if rivals is None else rivals.tolist() for rivals in found]


def test_a_slower_and_less_accurate_candidate_is_dominated() -> None:
    best, worse = Candidate(numbers={TOP1: 80, LATENCY: 10}), Candidate(numbers={TOP1: 75, LATENCY: 20})
    assert dominated(best, worse) == [[], [0]]


def test_a_trade_off_is_not_dominated() -> None:
    fast, accurate = Candidate(numbers={TOP1: 75, LATENCY: 10}), Candidate(numbers={TOP1: 80, LATENCY: 20})
    assert dominated(fast, accurate) == [[], []]


def test_equals_do_not_dominate_each_other() -> None:
    assert dominated(*[Candidate(numbers={TOP1: 80, LATENCY: 10})] * 2) == [[], []]


def test_being_as_good_in_all_and_better_in_one_dominates() -> None:
    one, other = Candidate(numbers={TOP1: 80, LATENCY: 10}), Candidate(numbers={TOP1: 80, LATENCY: 11})
    assert dominated(one, other) == [[], [0]]


def test_a_candidate_that_lacks_a_metric_cannot_be_judged_and_dominates_nobody() -> None:
    lacking, known = Candidate(numbers={TOP1: 90}), Candidate(numbers={TOP1: 80, LATENCY: 10})
    assert dominated(lacking, known) == [None, []]


def test_candidates_that_are_not_ranked_dominate_nobody() -> None:
    them = columns(Candidate(numbers={TOP1: 90, LATENCY: 1}), Candidate(numbers={TOP1: 80, LATENCY: 10}))
    (found,) = dominators(them, np.array([1]), np.array([1]), (TOP1, LATENCY))
    assert found is not None
    assert found.tolist() == []


@bounded
@given(candidate_lists(SPEED_GRID), st.sets(st.sampled_from([TOP1, LATENCY, MEMORY]), min_size=1), st.data())
def test_dominators_are_those_of_a_comparison_of_all_pairs_in_ranked_order(
    candidates: list[Candidate], chosen: set[Metric], data: st.DataObject
) -> None:
    metrics = tuple(sorted(chosen))
    ranked = data.draw(st.permutations(range(len(candidates))), label="ranked")
    ranked = ranked[: data.draw(st.integers(0, len(ranked)), label="fitting")]
    shown = ranked[: data.draw(st.integers(0, len(ranked)), label="shown")]
    timed = any(image_ms(candidates[row]) < inf for row in ranked)

    def dominates(one: Candidate, other: Candidate) -> bool:
        pairs = [(cost(one, metric), cost(other, metric)) for metric in metrics]
        if timed:
            pairs.append((image_ms(one), image_ms(other)))
        return (
            all(mine < inf for mine, _ in pairs)
            and all(mine <= its for mine, its in pairs)
            and any(mine < its for mine, its in pairs)
        )

    expected = [
        [rival for rival in ranked if dominates(candidates[rival], candidates[row])]
        if all(cost(candidates[row], metric) < inf for metric in metrics)
        and not (timed and image_ms(candidates[row]) == inf)
        else None
        for row in shown
    ]
    rows, rivals = np.array(shown, dtype=np.int64), np.array(ranked, dtype=np.int64)
    found = dominators(columns(*candidates), rows, rivals, metrics)
    assert [None if one is None else one.tolist() for one in found] == expected
