"""What is counted, and the numbers that are shown, are those of the plain ranker."""

from math import isclose

import pytest
from fastapi.testclient import TestClient

from catalog.words.metrics import Metric
from tests.app.shipped.cases import Ask, Case, PlainRanker
from tests.app.shipped.questions import QUESTIONS
from tests.oracle.budget import joint_probability, relative_slack, slack
from tests.oracle.identity import by_identity, identity, identity_of


def test_the_questions_are_of_every_kind(cases: list[Case]) -> None:
    """What the tests below say would say little of questions that all have the same answer."""
    nothing = [case for case in cases if not case.answer["fitting"] and case.answer["considered"]]
    assert len(cases) == sum(QUESTIONS.values())
    assert 0.2 < len(nothing) / len(cases) < 0.7
    assert sum("joint_relaxation" in case.answer for case in nothing) > 30
    assert sum("fewest_relaxation" in case.answer for case in nothing) > 30
    assert sum("confidence" in case.body and case.answer["fitting"] > 0 for case in cases) > 20
    assert sum(case.answer["failed"] > 0 for case in cases) > 20
    assert sum(case.answer["undecided"] > 0 for case in cases) > 20
    assert sum(len(case.answer["relaxations"]) > 1 for case in cases) > 20
    assert sum(case.answer["fitting"] > 200 for case in cases) > 20


def test_the_counts_are_those_of_the_plain_ranker(cases: list[Case]) -> None:
    for case in cases:
        search, answer = case.search, case.answer
        assert answer["considered"] == len(search.rows), case.body
        assert answer["fitting"] == len(search.fits), case.body
        assert answer["failed"] == len(search.rows) - len(search.usable), case.body
        unknown = {metric: search.unknown(metric) for metric in search.budget}
        assert answer["unknown"] == {metric: count for metric, count in unknown.items() if count}, case.body
        assert set(answer["unknown_remedies"]) == set(answer["unknown"]), case.body
        required = None if search.required is None else max([case.body["confidence"], *search.required])
        assert answer.get("required_probability") == required, case.body


def test_what_each_bound_eliminated_is_that_of_the_plain_ranker(cases: list[Case]) -> None:
    for case in cases:
        search, answer = case.search, case.answer
        found = {tuple(one["metrics"]): one["count"] for one in answer["eliminated_together"]}
        assert found == search.together, case.body
        counts = [one["count"] for one in answer["eliminated_together"]]
        assert counts == sorted(counts, reverse=True), case.body
        for metric in search.budget:
            alone = search.eliminated_only_by(metric)
            assert answer["eliminated"][metric] == search.eliminated(metric), (metric, case.body)
            assert answer["eliminated_only_by"][metric] == len(alone), (metric, case.body)


def test_every_candidate_is_counted_once(cases: list[Case]) -> None:
    for case in cases:
        answer = case.answer
        together = sum(one["count"] for one in answer["eliminated_together"])
        assert len(answer["eliminated_together"]) < 20
        assert answer["considered"] == answer["fitting"] + answer["undecided"] + answer["failed"] + together


def check_numbers(case: Case) -> None:
    """The numbers, slack, binding bound and probability of what is shown."""
    search, budget = case.search, case.search.budget
    rows = by_identity(search.rows)
    for one in [*case.answer["recommendations"], *case.answer["near_misses"]]:
        row = rows[identity_of(one)]
        assert {metric: number["value"] for metric, number in one["metrics"].items()} == row.values
        assert one["slack"] == {metric: slack(row, metric, budget[metric]) for metric in budget}, case.body
        shares = {metric: relative_slack(row, metric, budget[metric]) for metric in budget}
        assert one.get("binding") == (min(shares, key=shares.__getitem__) if shares else None), case.body
        chance = joint_probability(row, budget)
        assert isclose(one["fit_probability"], chance, rel_tol=1e-9, abs_tol=1e-12), case.body


def test_slack_and_binding_are_those_of_the_plain_ranker(cases: list[Case]) -> None:
    for case in cases:
        check_numbers(case)


@pytest.mark.parametrize("width", [1.01, 1.1, 1.5])
def test_the_probability_between_two_limits_is_that_of_the_plain_ranker(
    plain: PlainRanker, ask: Ask, width: float
) -> None:
    noisy = [row for row in plain.rows("local", ()) if row.deviations.get(Metric.LATENCY_MS, 0) > 0.1]
    assert len(noisy) > 10
    for row in noisy[:10]:
        latency = row.values[Metric.LATENCY_MS]
        bound = {"min": latency / width, "max": latency * width}
        body = {"target": "local", "budget": {"latency_ms": bound}, "confidence": 0.01, "limit": 20}
        check_numbers(Case(body, ask(body), plain.search(body)))


def test_near_misses_are_those_of_the_plain_ranker(cases: list[Case]) -> None:
    for case in cases[::2]:
        expected = [identity(row) for row in case.search.near_misses()]
        assert [identity_of(one) for one in case.answer["near_misses"]] == expected, case.body


@pytest.mark.parametrize("target", ["i9-10940x", "rtx-3090", "rtx-4090", "rtx-pro-6000-max-q"])
def test_a_target_counts_the_architectures_that_its_answers_count(
    shipped_client: TestClient, target: str
) -> None:
    counted = shipped_client.get(f"/v1/targets/{target}").json()["architectures"]
    answer = shipped_client.post("/v1/recommendations", json={"target": target, "limit": 1}).json()
    assert counted == {"published": answer["architectures"]["on_target"]}
