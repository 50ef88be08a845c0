"""What was not looked at is that of the plain ranker, and says so in every answer."""

from collections.abc import Callable
from functools import cache

import pytest

from catalog import host
from catalog.reference.speeds.published import RTX_3090, RTX_4090, RTX_PRO_6000
from catalog.words.metrics import Metric
from tests.app.shipped.cases import Ask, Case, PlainRanker, some
from tests.oracle.unmeasured import Bounded, bounded, promising
from tests.reference_tables import WHOLE

PUBLISHED = {"cpu": ("i9-10940x",), "cuda": (RTX_3090.id, RTX_4090.id, RTX_PRO_6000.id)}
# The rows that a target may have, by its id.
Possible = Callable[[str], list[Bounded]]
KNOWN = sum(1 for _ in WHOLE.architectures())


@pytest.fixture(scope="session")
def possible(plain: PlainRanker) -> Possible:
    @cache
    def of_target(target: str) -> list[Bounded]:
        kind = "cuda" if target in PUBLISHED["cuda"] else "cpu"
        others = [other for other in PUBLISHED[kind] if other != target]
        return list(bounded(plain.rows(target, ()), {other: plain.rows(other, ()) for other in others}))

    return of_target


def test_what_is_promising_is_that_of_the_plain_ranker(cases: list[Case], possible: Possible) -> None:
    compared = 0
    for case in some(cases, lambda case: case.one_metric)[::3]:
        winner = next(iter(case.search.collapsed), None)
        expected = promising(possible(case.body["target"]), case.body, case.search.rows, winner)
        rest = case.answer["not_considered"]
        assert rest["promising_count"] == len(expected), case.body
        best = list(expected.values())[:5]
        assert [one["architecture"] for one in rest["promising"]] == [each.row.architecture for each in best]
        for one, each in zip(rest["promising"], best, strict=True):
            compared += 1
            assert one["fit_probability"] == pytest.approx(each.keeps(case.search.budget)), case.body
            assert one.get("checkpoint") == each.row.checkpoint
            assert one["basis"]["target"] == each.fit.source
            assert {name: number["value"] for name, number in one["metrics"].items()} == pytest.approx(
                each.row.values
            )
    assert compared > 10


def test_architectures_are_counted_from_all_that_are_known_to_those_that_fit(
    cases: list[Case], plain: PlainRanker
) -> None:
    for case in cases:
        counts, search = case.answer["architectures"], case.search
        assert counts == {
            "known": KNOWN,
            "on_target": len({row.architecture for row in plain.rows(case.body["target"], ())}),
            "considered": len({row.architecture for row in search.rows}),
            "fitting": len({row.architecture for row in search.fitting}),
        }, case.body
        assert case.answer["not_considered"]["count"] == KNOWN - counts["considered"]


def test_the_commands_name_what_is_promising_and_last_some_minutes(cases: list[Case]) -> None:
    for case in cases:
        rest = case.answer["not_considered"]
        assert bool(rest["commands"]) is bool(rest["promising"]) is (rest.get("minutes") is not None)
        named = [word for command in rest["commands"] for word in command.split()]
        assert all(one["architecture"] in named for one in rest["promising"])


def test_bounds_are_estimates_and_have_no_date(ask: Ask) -> None:
    rest = ask({"target": host.LOCAL, "budget": {"latency_ms": {"max": 50.0}}})["not_considered"]
    assert rest["promising"]
    for one in rest["promising"]:
        number = one["metrics"]["latency_ms"]
        assert (number["provenance"], number["level"]) == ("estimated", 0.9)
        assert number["low"] < number["value"] < number["high"]
        assert "measured_at" not in number


def test_doubtful_eliminations_are_counted(cases: list[Case]) -> None:
    for case in cases:
        search = case.search
        expected = {
            metric: sum(
                metric in search.outside[number] and search.rows[number].is_doubtful(Metric(metric))
                for number in search.usable
            )
            for metric in search.budget
        }
        assert case.answer["eliminated_doubtful"] == {
            metric: count for metric, count in expected.items() if count
        }, case.body
