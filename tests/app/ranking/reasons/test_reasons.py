"""The sentences that say why a candidate has its place."""

import pytest

from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import Scheme
from catalog.words.doubts import Doubt
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Provenance
from tests.app.ranking.candidates import Candidate, Interval, Number
from tests.app.ranking.reasons.saying import LATENCY, MEMORY, TOP1, said

NINE = [Candidate(f"net{place}", {TOP1: 90 - place, LATENCY: 10 - place}) for place in range(9)]


def test_the_winner_is_told_against_how_many_it_won() -> None:
    assert said(*NINE)[0] == "Most accurate of 9 architectures within the budget."


def test_the_others_are_told_their_place() -> None:
    assert said(*NINE, position=1)[0] == "2nd most accurate of 9 architectures within the budget."
    assert said(*NINE, position=2)[0] == "3rd most accurate of 9 architectures within the budget."
    assert said(*NINE, position=8)[0] == "9th most accurate of 9 architectures within the budget."


@pytest.mark.parametrize(
    ("place", "ordinal"),
    [
        (4, "4th"), (10, "10th"), (11, "11th"), (12, "12th"), (13, "13th"), (20, "20th"), (21, "21st"),
        (22, "22nd"), (23, "23rd"), (24, "24th"), (100, "100th"), (101, "101st"), (111, "111th"),
        (112, "112th"), (121, "121st"),
    ],
)  # fmt: skip
def test_ordinals_are_those_of_english(place: int, ordinal: str) -> None:
    crowd = [Candidate(f"net{one}", {LATENCY: one}) for one in range(1, 122)]
    assert said(*crowd, position=place - 1, objective=LATENCY)[0] == (
        f"{ordinal} fastest of 121 architectures within the budget."
    )


@pytest.mark.parametrize(
    ("objective", "superlative"),
    [
        (LATENCY, "Fastest"),
        (Metric.THROUGHPUT_IPS, "Highest throughput"),
        (MEMORY, "Least memory"),
        (Metric.SIZE_MB, "Smallest on disk"),
        (Metric.PARAMS_M, "Fewest parameters"),
        (Metric.GMACS, "Fewest MACs"),
        (Metric.LATENCY_P99_MS, "Lowest latency_p99_ms"),
        (Metric.TOP1_PER_GMAC, "Highest top1_per_gmac"),
    ],
)
def test_the_superlative_is_the_objectives(objective: Metric, superlative: str) -> None:
    best, next_ = (1, 2) if objective.direction is Direction.LOWER else (2, 1)
    two = [
        Candidate(name, {Metric.GMACS: 9, objective: one}) for name, one in (("anet", best), ("bnet", next_))
    ]
    assert said(*two, objective=objective) == [f"{superlative} of 2 architectures within the budget."]


@pytest.mark.parametrize(
    ("by", "plural"),
    [
        (Collapse.ARCHITECTURE, "architectures"),
        (Collapse.CHECKPOINT, "checkpoints"),
        (Collapse.CONFIGURATION, "configurations"),
    ],
)
def test_what_was_collapsed_is_named(by: Collapse, plural: str) -> None:
    two = [Candidate("anet", {TOP1: 80}), Candidate("bnet", {TOP1: 70})]
    assert said(*two, by=by) == [f"Most accurate of 2 {plural} within the budget."]


def test_the_only_one_is_called_that() -> None:
    assert said(Candidate("anet", {TOP1: 80, LATENCY: 10})) == ["The only architecture within the budget."]


def test_a_candidate_that_lacks_the_objective_says_why_it_ranks_last() -> None:
    words = said(Candidate("anet", {TOP1: 80}), Candidate("bnet"), position=1)
    assert words == ["Its top1 is unknown, so it ranks behind architectures whose top1 is known."]


def test_the_winner_is_not_ranked_behind_others_for_want_of_the_objective() -> None:
    two = (Candidate("anet", {LATENCY: 10}), Candidate("bnet", {LATENCY: 20}))
    assert not any("behind" in words for words in said(*two))


def test_the_only_one_is_not_ranked_behind_others_for_want_of_the_objective() -> None:
    assert not any("behind" in words for words in said(Candidate("anet", {LATENCY: 10})))


def test_a_doubtful_measurement_is_called_so() -> None:
    doubtful = Candidate("anet", {TOP1: 80, LATENCY: 10}, doubts=(Doubt.CONTENDED, Doubt.FEW_CALLS))
    assert said(doubtful)[1:] == [
        "Doubtful measurement: Other processes used the processor during the samples.",
        "Doubtful measurement: The network is slow: fewer than 6 calls were made.",
    ]


def test_a_wide_interval_is_given_in_numbers() -> None:
    wide = Candidate("anet", {TOP1: 80, LATENCY: Interval(55, 50, 62)}, doubts=(Doubt.IMPRECISE,))
    assert said(wide)[1:] == [
        "Measured quickly: its latency_ms lies between 50.00 and 62.00 ms (95 % interval)."
    ]
    met: dict[Metric, Number] = {TOP1: 80, LATENCY: 55, Metric.LATENCY_MET_MS: Interval(57, 50, 62)}
    unknown = Candidate("anet", met, doubts=(Doubt.IMPRECISE,))
    assert said(unknown)[1:] == [f"Doubtful measurement: {Doubt.IMPRECISE.meaning}"]


def test_a_published_speed_is_called_one_rather_than_doubtful() -> None:
    published = Candidate(
        "anet", {TOP1: 80, LATENCY: 10}, provenance=Provenance.PUBLISHED, doubts=(Doubt.NO_INTERVAL,)
    )
    assert said(published)[1:] == ["Its speed was published, not measured here."]


def test_an_estimate_says_which_of_the_numbers_that_decided_it_stands_for() -> None:
    numbers = {TOP1: 80, LATENCY: 10, MEMORY: 100, Metric.GMACS: 4}
    estimated = Candidate("anet", numbers, provenance=Provenance.ESTIMATED)
    assert said(estimated)[1:] == ["Estimated, not measured: latency_ms."]
    assert said(estimated, objective={MEMORY: 1, TOP1: 1})[1:] == [
        "Estimated, not measured: peak_memory_mb, latency_ms."
    ]
    assert said(estimated, metrics=(TOP1, Metric.GMACS))[1:] == ["Estimated, not measured: latency_ms."]


def test_several_metrics_are_called_a_balance_and_the_knee_a_knee() -> None:
    two = [Candidate("anet", {TOP1: 80, LATENCY: 10}), Candidate("bnet", {TOP1: 70, LATENCY: 5})]
    assert said(*two, objective={TOP1: 3, LATENCY: 1})[0] == (
        "Best balance of top1 and latency_ms of 2 architectures within the budget."
    )
    bend = Candidate("cnet", {TOP1: 79, LATENCY: 5.5})
    assert said(bend, *two, objective=Scheme.KNEE)[0].startswith(
        "Nearest the knee of top1 and latency_ms of 3 "
    )
    assert said(*two, objective=Scheme.KNEE)[0] == (
        "Best balance of top1 and latency_ms of 2 architectures within the budget. There is no knee: nothing "
        "lies beyond the line between the ends of the frontier."
    )


def test_an_input_that_enlarges_the_images_notably_says_how_much() -> None:
    two = (
        Candidate("anet", {TOP1: 70, LATENCY: 10}, input_size=160),
        Candidate("bnet", {TOP1: 80, LATENCY: 20}, input_size=320),
    )
    enlarged = (
        "Its input of 320 px enlarges your images 2.0 times, which costs time and adds no detail. "
        "Its weights expect that size: compare it with smaller ones on your images."
    )
    assert enlarged in said(*two, position=1, image=160)
    for position, image in ((0, 160), (0, None), (1, None), (1, 320), (1, 300)):
        assert not any("enlarges" in words for words in said(*two, position=position, image=image))


def test_an_input_that_shrinks_the_images_notably_says_how_much() -> None:
    one = Candidate("anet", {TOP1: 70, LATENCY: 10}, input_size=224)
    shrunk = "Its input of 224 px shrinks your images 4.6 times, which loses detail."
    assert shrunk in said(one, image=1024)
    assert not any("shrinks" in words for words in said(one, image=440))


def test_an_unknown_objective_that_suits_the_images_is_not_said_to_be_everybodys() -> None:
    lacking = Candidate("anet", {LATENCY: 10}, input_size=160)
    known = Candidate("bnet", {TOP1: 80, LATENCY: 20}, input_size=320)
    (standing, *_) = said(lacking, known, image=160)
    assert "every architecture" not in standing
