"""Confidence, shared ranks, domination and scores."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.api.routes.conftest import EVERY_ROW, Post


def test_confidence_asks_for_more_than_the_value(post: Post) -> None:
    budget = {"latency_ms": {"max": 21}}
    run = {"threads": [1], "precision": ["fp32"]}
    by_value = post(budget=budget, configuration=run, limit=200)["recommendations"]
    surely = post(budget=budget, configuration=run, limit=200, confidence=0.9)["recommendations"]
    assert {one["architecture"] for one in by_value} - {one["architecture"] for one in surely} == {
        "efficientnet_b0"
    }
    assert all(one["fit_probability"] >= 0.9 for one in surely)


def test_candidates_of_a_shared_rank_say_with_how_many_they_share_it(post: Post) -> None:
    for question in ({"target": "rtx-4090"}, {"target": "local"}, {"target": "local", "objective": "gmacs"}):
        shown = post(**question, **EVERY_ROW)["recommendations"]
        ranks = [one["rank"] for one in shown]
        assert ranks == sorted(ranks)
        for one in shown:
            in_all = one["shares_rank_with"] + 1
            if one["rank"] + in_all <= len(shown):
                assert ranks.count(one["rank"]) == in_all
            told = any("tied with" in words for words in one["reasons"])
            assert told <= (in_all > 1)


def test_published_speeds_that_differ_by_more_than_another_run_may_never_share_a_rank(post: Post) -> None:
    shown = post(target="rtx-4090", objective="throughput_ips", limit=200)["recommendations"]
    speeds = [one["metrics"]["throughput_ips"]["value"] for one in shown]
    assert len(set(speeds)) > 1
    assert [one["rank"] for one in shown] == [speeds.index(speed) + 1 for speed in speeds]


def test_with_a_confidence_the_answer_says_what_each_candidate_needs_and_that_they_have_it(
    post: Post,
) -> None:
    budget = {"latency_ms": {"max": 60}}
    answer = post(budget=budget, confidence=0.9, **EVERY_ROW)
    required = answer["required_probability"]
    assert 0.9 < required < 1
    assert answer["recommendations"]
    assert min(one["fit_probability"] for one in answer["recommendations"]) >= required
    narrower = post(budget=budget, confidence=0.9, configuration={"runtime": ["openvino"]})
    assert 0.9 < narrower["required_probability"] < required
    assert post(budget={"top1": {"min": 75}}, confidence=0.9)["required_probability"] == pytest.approx(0.9)
    assert "required_probability" not in post(budget=budget)


def test_who_dominates_is_named_best_first_and_counted(post: Post) -> None:
    shown = post(budget={"latency_ms": {"max": 1e9}}, limit=200)["recommendations"]
    numbers = [{name: one["metrics"][name]["value"] for name in ("top1", "latency_ms")} for one in shown
               if "top1" in one["metrics"]]  # fmt: skip
    assert any(one["dominators"] for one in shown)
    for one, own in zip(shown, numbers, strict=False):
        assert one["on_frontier"] is (one["dominators"] == 0)
        assert len(one["dominated_by"]) <= min(3, one["dominators"])
        better = [
            rival["checkpoint"]
            for rival, its in zip(shown, numbers, strict=False)
            if its != own and its["top1"] >= own["top1"] and its["latency_ms"] <= own["latency_ms"]
        ]
        assert bool(better) <= bool(one["dominated_by"])
    for one in shown[len(numbers) :]:
        assert (one["on_frontier"], one["dominators"], one["dominated_by"]) == (False, 0, [])


@pytest.mark.parametrize("objective", ["balanced", "knee", {"weights": {"top1": 3, "latency_ms": 1}}, "top1"])
def test_scores_come_with_their_parts_and_weights(client: TestClient, objective: Any) -> None:
    answer = client.post(
        "/v1/recommendations",
        json={"target": "i9-10940x", "budget": {"latency_ms": {"max": 100}}, "objective": objective},
    ).json()
    assert answer["objective"] == objective
    assert sum(answer["weights"].values()) == pytest.approx(1)
    assert answer["recommendations"]
    for one in answer["recommendations"]:
        assert set(one["utilities"]) == set(answer["weights"])
        parts = [answer["weights"][metric] * value for metric, value in one["utilities"].items()]
        assert one["score"] == pytest.approx(sum(parts))
        assert one["score"] <= 1 + 1e-9
