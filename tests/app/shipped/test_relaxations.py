"""What is to be relaxed admits what it names, when it is asked for, and is the least that does."""

from math import inf

import pytest

from tests.app.shipped.cases import MANY, Ask, Body, Case, PlainRanker, again
from tests.oracle.budget import widened
from tests.oracle.identity import identity
from tests.oracle.relaxations import fewest_bounds, smallest_relaxations


def check_admits(case: Case, plain: PlainRanker, ask: Ask, budget: Body, name: str) -> None:
    """`budget` admits a candidate `name` that did not fit before, and the API says so too."""
    body = again(case.body, budget)
    wider, answer = plain.search(body), ask(body)
    before = {identity(row) for row in case.search.fitting}
    admitted = {row.name for row in wider.fitting if identity(row) not in before}
    assert name in admitted, (case.body, budget)
    assert answer["fitting"] == len(wider.fitting) > case.answer["fitting"], (case.body, budget)
    if answer["fitting"] <= MANY:
        shown = {one.get("checkpoint", one["architecture"]) for one in answer["recommendations"]}
        assert name in shown, (case.body, budget)


def test_a_relaxation_admits_what_it_names_and_is_the_smallest(
    cases: list[Case], plain: PlainRanker, ask: Ask
) -> None:
    for number, case in enumerate(cases):
        search = case.search
        found = {(one["metric"], one["side"]): one for one in case.answer["relaxations"]}
        assert len(found) == len(case.answer["relaxations"])
        for (metric, side), one in found.items():
            assert side in search.budget[metric]
            if number % 4 == 0:
                bound = {**search.budget[metric], side: one["bound"]}
                budget = {**case.body["budget"], metric: bound}
                check_admits(case, plain, ask, budget, one["admits"])
        if search.required is None:
            assert {key: one["bound"] for key, one in found.items()} == smallest_relaxations(search), (
                case.body
            )


def test_a_joint_relaxation_admits_what_it_names_and_is_the_smallest(
    cases: list[Case], plain: PlainRanker, ask: Ask
) -> None:
    for case in cases:
        joint, search = case.answer.get("joint_relaxation"), case.search
        if joint is not None:
            assert not search.fitting
            check_admits(case, plain, ask, joint["budget"], joint["admits"])
            shrunk = widened(search.budget, joint["factor"] * (1 - 1e-6))
            assert not plain.search(again(case.body, shrunk)).fitting, case.body
        elif search.budget and not search.fitting:
            # Nothing that is known in full, or nothing that a share of a limit of zero could reach.
            assert not plain.search(again(case.body, widened(search.budget, 1e8))).fitting, case.body


def test_the_fewest_bounds_that_give_way_admit_what_is_named_and_are_the_fewest(
    cases: list[Case], plain: PlainRanker, ask: Ask
) -> None:
    for case in cases:
        one, search = case.answer.get("fewest_relaxation"), case.search
        if search.fitting:
            assert one is None, case.body
            continue
        assert (one is None) is (fewest_bounds(search) is None), case.body
        if one is None:
            continue
        assert len(one["metrics"]) == fewest_bounds(search), case.body
        changed = {metric for metric, bound in one["budget"].items() if bound != search.budget[metric]}
        assert changed == set(one["metrics"]), case.body
        for metric, bound in one["budget"].items():
            asked = search.budget[metric]
            assert bound.get("min", 0) <= asked.get("min", 0), case.body
            assert bound.get("max", inf) >= asked.get("max", inf), case.body
        check_admits(case, plain, ask, one["budget"], one["admits"])


# Confidences near 0 and 1


def test_a_confidence_however_small_lets_no_exact_number_break_its_bound(ask: Ask) -> None:
    body = {"target": "i9-10940x", "budget": {"gmacs": {"max": 1e-3}}, "confidence": 1e-17}
    assert ask(body)["fitting"] == 0


@pytest.mark.parametrize("doubt", [1e-3, 1e-6, 1e-9, 1e-12, 2**-53])
def test_what_is_to_be_relaxed_is_enough_or_left_out_for_a_confidence_near_1(
    plain: PlainRanker, ask: Ask, doubt: float
) -> None:
    body = {
        "target": "local",
        "budget": {"latency_ms": {"max": 1.0}, "throughput_ips": {"min": 1e4}},
        "confidence": 1 - doubt,
        "objective": "top1",
        "collapse": "architecture",
    }
    case = Case(body, ask(body), plain.search(body))
    for name in ("joint_relaxation", "fewest_relaxation"):
        one = case.answer.get(name)
        assert one is not None or doubt < 1e-6
        if one is not None:
            check_admits(case, plain, ask, one["budget"], one["admits"])
