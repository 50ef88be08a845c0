"""The order, ranks, scores and dominators are those of the plain ranker."""

from collections import Counter
from math import isclose

import pytest

from catalog.words.metrics import SPEED_METRICS
from tests.app.shipped.cases import Ask, Case, PlainRanker, some
from tests.oracle.identity import by_identity, identity, identity_of
from tests.oracle.order import dominates, dominators, ranks


def test_the_order_of_a_metric_is_that_of_the_plain_ranker(cases: list[Case]) -> None:
    for case in some(cases, lambda case: case.one_metric):
        expected = [identity(row) for row in case.search.collapsed[: case.body["limit"]]]
        assert [identity_of(one) for one in case.answer["recommendations"]] == expected, case.body


def test_a_rank_is_led_by_its_own_place_and_shared_by_as_many_as_it_says(cases: list[Case]) -> None:
    for case in cases:
        found = case.answer["recommendations"]
        ranks = [one["rank"] for one in found]
        for place, rank in enumerate(ranks, start=1):
            assert rank == place or rank in ranks[: place - 1], case.body
        held = Counter(ranks)
        for one in found:
            shown = held[one["rank"]] == one["shares_rank_with"] + 1
            cut = held[one["rank"]] <= one["shares_rank_with"]
            assert shown or (cut and len(found) == case.body["limit"]), case.body


def test_the_list_of_several_metrics_falls_with_its_scores(cases: list[Case]) -> None:
    for case in some(cases, lambda case: not case.one_metric):
        scores = [one["score"] for one in case.answer["recommendations"] if "score" in one]
        assert scores == sorted(scores, reverse=True), case.body


def test_a_rank_is_shared_where_the_intervals_of_a_metric_overlap(cases: list[Case]) -> None:
    for case in some(cases, lambda case: case.one_metric):
        expected = ranks(case.search.collapsed[: case.body["limit"]], case.body)
        assert [one["rank"] for one in case.answer["recommendations"]] == expected, case.body


def test_a_score_is_the_weighted_sum_of_the_utilities(cases: list[Case]) -> None:
    for case in cases:
        weights = case.answer["weights"]
        assert isclose(sum(weights.values()), 1)
        for one in case.answer["recommendations"]:
            assert all(utility <= 1 + 1e-12 for utility in one["utilities"].values())
            complete = set(one["utilities"]) == set(weights)
            assert ("score" in one) is complete is (set(weights) <= set(one["metrics"])), case.body
            if complete:
                total = sum(weight * one["utilities"][metric] for metric, weight in weights.items())
                assert isclose(one["score"], total, rel_tol=1e-9, abs_tol=1e-12)


def test_schemes_weigh_top1_and_what_is_bounded_alike(cases: list[Case]) -> None:
    for case in some(cases, lambda case: case.body["objective"] in ["balanced", "knee"]):
        metrics = {"top1", *case.search.budget}
        if metrics == {"top1"}:
            known = {metric for row in case.search.rows for metric in row.values}
            metrics.add(next((metric for metric in SPEED_METRICS if metric in known), SPEED_METRICS[0]))
        assert case.answer["weights"] == pytest.approx(dict.fromkeys(metrics, 1 / len(metrics)))


def check_order(case: Case) -> None:
    """Nothing is shown behind what it dominates in the metrics of the objective."""
    rows = by_identity(case.search.fitting)
    shown = [rows[identity_of(one)] for one in case.answer["recommendations"]][:40]
    metrics = list(case.answer["weights"])
    shown = [row for row in shown if all(metric in row.values for metric in metrics)]
    for place, row in enumerate(shown):
        for other in shown[place + 1 :]:
            assert not dominates(other, row, metrics), case.body


def test_nothing_ranks_behind_what_it_dominates(cases: list[Case]) -> None:
    for case in cases:
        check_order(case)


@pytest.mark.parametrize("side", [64, 128, 160])
def test_no_winner_is_dominated_whatever_the_image(plain: PlainRanker, ask: Ask, side: int) -> None:
    body = {
        "target": "i9-10940x",
        "objective": {"weights": {"top1_a": 1.0, "top1_sketch": 1.0}},
        "typical_image": {"width": side, "height": side},
        "limit": 1,
    }
    search = plain.search(body)
    (winner,) = ask(body)["recommendations"]
    (row,) = [row for row in search.fitting if identity(row) == identity_of(winner)]
    assert not [one.name for one in search.fitting if dominates(one, row, ["top1_a", "top1_sketch"])]


def test_dominators_are_those_of_the_plain_ranker(cases: list[Case]) -> None:
    for case in cases:
        rows = by_identity(case.search.fitting)
        for one in case.answer["recommendations"][:3]:
            row = rows[identity_of(one)]
            order = case.search.ranked if case.one_metric else case.search.fitting
            rivals = dominators(row, order, case.metrics)
            assert one["on_frontier"] is (rivals == []), case.body
            assert one["dominators"] == len(rivals or ()), case.body
            if case.one_metric:
                names = [rival.name for rival in rivals or ()][:3]
                # One of the same name is told from the row by its run, in parentheses.
                assert [name.partition(" (")[0] for name in one["dominated_by"]] == names, case.body
            else:
                assert len(one["dominated_by"]) == min(3, len(rivals or ())), case.body
