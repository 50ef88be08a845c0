"""What an answer says where nothing fits: near misses, what to relax, and how to get what is unknown."""

import pytest

from tests.app.api.routes.conftest import EXAMPLE, Document, Post


def test_nothing_feasible_is_an_answer_with_near_misses_and_relaxations(post: Post) -> None:
    budget = {"latency_ms": {"max": 4.5}, "top1": {"min": 70}}
    answer = post(budget=budget)
    assert answer["recommendations"] == []
    assert len(answer["near_misses"]) == 3
    for miss in answer["near_misses"]:
        assert min(miss["slack"].values()) < 0
        assert miss["slack"][miss["binding"]] < 0
    (relaxation,) = answer["relaxations"]
    assert relaxation["metric"] == "latency_ms"
    assert relaxation["side"] == "max"
    joint = answer["joint_relaxation"]
    assert joint["factor"] > 0
    assert joint["budget"].keys() == budget.keys()


@pytest.mark.parametrize(
    "budget",
    [
        {"latency_ms": {"max": 4.5}, "top1": {"min": 70}},
        {"latency_ms": {"max": 1}, "top1": {"min": 70}},
        {"latency_ms": {"max": 6}, "top1": {"min": 85}, "size_mb": {"max": 20}},
        {"peak_memory_mb": {"max": 20}},
        {"latency_ms": {"min": 61, "max": 61.1}, "top1": {"min": 79}},
    ],
)
def test_relaxations_admit_what_they_name_when_asked_for(post: Post, budget: dict[str, Document]) -> None:
    answer = post(budget=budget)
    assert answer["recommendations"] == []

    def admitted(relaxed: dict[str, Document]) -> set[str]:
        found = post(budget=relaxed, collapse="checkpoint", limit=200)["recommendations"]
        return {one.get("checkpoint", one["architecture"]) for one in found}

    for one in answer["relaxations"]:
        relaxed = {**budget, one["metric"]: {**budget[one["metric"]], one["side"]: one["bound"]}}
        assert one["admits"] in admitted(relaxed)
    joint = answer["joint_relaxation"]
    assert joint["admits"] in admitted(joint["budget"])


def test_a_relaxation_under_a_confidence_admits_what_it_names_when_asked_for(post: Post) -> None:
    run = {"threads": [1], "precision": ["fp32"]}
    for limit in (1.0, 6.7, 25.0):
        budget: dict[str, Document] = {"latency_ms": {"max": limit}}
        answer = post(budget=budget, configuration=run, confidence=0.9)
        (one,) = answer["relaxations"]
        budget = {"latency_ms": {"max": one["bound"]}}
        again = post(budget=budget, configuration=run, confidence=0.9, collapse="checkpoint", limit=200)
        assert one["admits"] in [each.get("checkpoint") for each in again["recommendations"]]


def test_a_metric_that_nobody_has_leaves_everything_unknown(post: Post) -> None:
    answer = post(budget={"device_memory_mb": {"max": 1e6}})
    assert answer["recommendations"] == answer["near_misses"] == answer["relaxations"] == []
    assert answer["unknown"] == {"device_memory_mb": answer["considered"] - answer["failed"]}
    assert "joint_relaxation" not in answer


def test_the_fewest_bounds_admit_what_they_name_when_asked_for(post: Post) -> None:
    for budget in (
        {"latency_ms": {"max": 4.5}, "top1": {"min": 70}},
        {"latency_ms": {"max": 6}, "top1": {"min": 85}, "size_mb": {"max": 20}},
        {"latency_ms": {"min": 61, "max": 61.1}, "top1": {"min": 79}},
    ):
        fewest = post(budget=budget)["fewest_relaxation"]
        again = post(budget=fewest["budget"], collapse="checkpoint", limit=200)["recommendations"]
        assert fewest["admits"] in {one.get("checkpoint", one["architecture"]) for one in again}
        changed = {name for name, bound in budget.items() if fewest["budget"][name] != bound}
        assert changed == set(fewest["metrics"])
    assert "fewest_relaxation" not in post(**EXAMPLE)


def test_what_is_unknown_comes_with_how_to_get_it(post: Post) -> None:
    budget = {"peak_memory_mb": {"max": 1e9}, "top1": {"min": 0}, "latency_ms": {"max": 1e9}}
    answer = post(budget=budget)
    assert answer["unknown_remedies"].keys() == answer["unknown"].keys() >= {"peak_memory_mb", "top1"}
    assert "Not measured on this machine" in answer["unknown_remedies"]["peak_memory_mb"]
    elsewhere = post(target="rtx-4090", budget=budget)
    assert "on that hardware" in elsewhere["unknown_remedies"]["peak_memory_mb"]
    assert post()["unknown_remedies"] == {}
