"""What is said of candidates that share a rank, and which is recommended."""

import pytest

from catalog.words.metrics import Metric
from tests.app.ranking.candidates import Candidate, Number, interval
from tests.app.ranking.reasons.saying import LATENCY, MEMORY, TOP1, said


def test_those_of_a_shared_rank_say_with_whom_they_share_it() -> None:
    three = [Candidate(f"net{top1}", {TOP1: top1}) for top1 in (90, 80, 79.9)]
    assert said(*three) == ["Most accurate of 3 architectures within the budget."]
    assert said(*three, position=1) == [
        "2nd most accurate of 3 architectures within the budget, tied with 1 other: "
        "the difference is within the error.",
        "Recommended of the 2 tied, because it is first by its value, and nothing else sets them apart.",
    ]
    assert said(*three, position=2) == [
        "Tied with net80, the 2nd most accurate of 3 architectures within the budget: "
        "the difference is within the error."
    ]


def test_inside_a_tie_the_fastest_the_lightest_and_the_best_known_are_named_and_one_is_recommended() -> None:
    params = Metric.PARAMS_M
    tied = [
        Candidate("anet", {TOP1: 80.2, LATENCY: interval(14, 1.2), params: 20}),
        Candidate("bnet", {TOP1: 80.1, LATENCY: interval(1, 1.2), params: 30}),
        Candidate("cnet", {TOP1: 80.0, LATENCY: interval(12, 1.1), params: 5}),
    ]
    assert said(*tied)[1:2] != ["Dominated by bnet."]
    assert said(*tied, position=1)[1] == "Recommended of the 3 tied, because it is the fastest."
    assert said(*tied, position=2)[1] == "It is the lightest and the surest in speed of the 3 tied."
    by_speed = [
        Candidate("anet", {LATENCY: interval(10, 1.2), TOP1: 75}),
        Candidate("bnet", {LATENCY: interval(11, 1.2), TOP1: 80}),
    ]
    assert said(*by_speed, position=1, objective=LATENCY)[1] == (
        "Recommended of the 2 tied, because it is the most accurate."
    )


def test_too_close_to_tell_and_dominated_are_not_both_said_of_one_row() -> None:
    two = Candidate("anet", {TOP1: 80.1, LATENCY: 10}), Candidate("bnet", {TOP1: 80.0, LATENCY: 12})
    assert not any("Dominated" in one for one in said(*two, position=1))


def test_of_the_tied_one_whose_input_is_nearest_to_the_images_is_recommended() -> None:
    large, small, slow = (
        Candidate(name, {TOP1: top1, LATENCY: latency}, input_size=size)
        for name, top1, latency, size in (
            ("anet", 80.2, 10, 384),
            ("bnet", 80.1, 20, 224),
            ("cnet", 80.0, 30, 224),
        )
    )
    assert said(large, small, image=224, position=1)[1] == (
        "Recommended of the 2 tied, because its input is the nearest to your images."
    )
    assert said(large, small, image=224)[1] == (
        "It is the fastest of the 2 tied. Of the 2 tied, bnet is recommended."
    )
    assert said(large, small, slow, image=224, position=1)[1] == (
        "Recommended of the 3 tied, because it is the fastest of the 2 whose inputs are the nearest to your "
        "images."
    )
    assert said(large, small)[1] == "Recommended of the 2 tied, because it is the fastest."


def test_of_the_tied_one_that_surely_keeps_the_budget_is_recommended() -> None:
    params = Metric.PARAMS_M
    light, sure, heavy = (
        Candidate(name, {TOP1: top1, LATENCY: interval(10, 1.2), params: size})
        for name, top1, size in (("anet", 80.2, 5), ("bnet", 80.1, 20), ("cnet", 80.0, 30))
    )
    assert said(light, sure, probability=[0.53, 0.99], position=1)[1] == (
        "Recommended of the 2 tied, because it keeps the budget with a probability of at least 90 %, alone "
        "of them."
    )
    assert said(light, sure, heavy, probability=[0.53, 0.99, 0.9], position=1)[1] == (
        "Recommended of the 3 tied, because it is the lightest of the 2 that keep the budget with a "
        "probability of at least 90 %."
    )
    assert said(light, sure, probability=[0.53, 0.54])[1].startswith(
        "Recommended of the 2 tied, because it is the lightest."
    )


def test_what_is_within_the_error_is_no_title_in_a_tie() -> None:
    params = Metric.PARAMS_M
    tied = [
        Candidate("anet", {TOP1: 80.2, LATENCY: interval(10, 1.2), params: 20}),
        Candidate("bnet", {TOP1: 80.1, LATENCY: interval(9.5, 1.2), params: 19}),
    ]
    assert said(*tied, position=1)[1] == "Recommended of the 2 tied, because it is the lightest."


def test_of_the_tied_one_is_recommended_whose_licence_allows_commercial_use() -> None:
    def tied(name: str, ms: float, *, free: bool | None, size: int = 224) -> Candidate:
        numbers: dict[Metric, Number] = {TOP1: 80, LATENCY: ms}
        return Candidate(name, numbers, input_size=size, commercial_use=free)

    two = tied("anet", 5, free=False), tied("bnet", 10, free=True)
    assert said(*two)[1] == "It is the fastest of the 2 tied. Of the 2 tied, bnet is recommended."
    assert said(*two, position=1)[1] == (
        "Recommended of the 2 tied, because its licence allows commercial use, alone of them."
    )
    three = (*two, tied("cnet", 20, free=True))
    assert said(*three, position=1)[1] == (
        "Recommended of the 3 tied, because it is the fastest of the 2 whose licences allow commercial use."
    )
    far = (*three, tied("dnet", 2, free=True, size=896))
    assert said(*far, position=1, image=224)[1] == (
        "Recommended of the 4 tied, because it is the fastest of the 2 whose inputs are the nearest to your "
        "images and whose licences allow commercial use."
    )
    alone = (*two, tied("dnet", 2, free=True, size=896))
    assert said(*alone, position=1, image=224)[1] == (
        "Recommended of the 3 tied, because its licence allows commercial use, alone of the 2 whose inputs "
        "are the nearest to your images."
    )
    nobody = tied("anet", 5, free=None), tied("bnet", 10, free=False)
    assert said(*nobody)[1] == "Recommended of the 2 tied, because it is the fastest."


@pytest.mark.parametrize(
    ("objective", "which"),
    [
        (LATENCY, "the fastest"),
        (MEMORY, "which has the least memory"),
        (Metric.THROUGHPUT_IPS, "which has the highest throughput"),
        (Metric.LATENCY_P99_MS, "which has the lowest latency_p99_ms"),
    ],
)
def test_the_leader_of_a_tie_is_called_by_what_it_is_or_has(objective: Metric, which: str) -> None:
    two = [Candidate(name, {objective: interval(10, 1.5)}) for name in ("anet", "bnet")]
    assert said(*two, position=1, objective=objective)[0] == (
        f"Tied with anet, {which} of 2 architectures within the budget: the difference is within the error."
    )


def test_the_lightest_is_not_recommended_before_what_is_clearly_faster() -> None:
    params = Metric.PARAMS_M
    tied = [
        Candidate("anet", {TOP1: 80.2, LATENCY: interval(5.0, 1.1), params: 20}),
        Candidate("bnet", {TOP1: 80.1, LATENCY: interval(5.1, 1.1), params: 19}),
        Candidate("cnet", {TOP1: 80.0, LATENCY: interval(12, 1.1), params: 18}),
    ]
    assert said(*tied, position=1)[1] == (
        "Recommended of the 3 tied, because it is the lightest of the 2 that are the fastest."
    )
    assert said(*tied, position=2)[1] == "It is the lightest of the 3 tied."
