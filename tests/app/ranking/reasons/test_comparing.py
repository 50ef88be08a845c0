"""How a candidate is compared with the first, the fastest and those that dominate it."""

from dataclasses import replace

import numpy as np
import pytest

from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import objective_of
from app.ranking.order.order import ranking_of
from app.ranking.reasons.images import fit_images
from app.ranking.reasons.reasons import reasons_of
from catalog.candidates.columns import MeasurementFacts
from catalog.entities.configurations import Configuration
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance, RuntimeName, Scenario
from tests.app.ranking.candidates import Candidate, Interval, columns, interval
from tests.app.ranking.reasons.saying import LATENCY, MEMORY, TOP1, said
from tests.builders import NOON


def test_speed_is_told_against_the_winner() -> None:
    winner, slower = Candidate("anet", {TOP1: 80, LATENCY: 20}), Candidate("bnet", {TOP1: 75, LATENCY: 25})
    faster, same = Candidate("cnet", {TOP1: 74, LATENCY: 10}), Candidate("dnet", {TOP1: 73, LATENCY: 20.05})
    four = (winner, slower, faster, same)
    assert said(*four, position=1)[1] == "25% slower than the first, anet."
    assert said(*four, position=2)[1] == "2.0 times as fast as the first, anet."
    assert not any("the first, " in words for place in (0, 3) for words in said(*four, position=place))


def test_accuracy_is_told_against_the_fastest() -> None:
    three = (
        Candidate("anet", {TOP1: 80, LATENCY: 20}),
        Candidate("bnet", {TOP1: 75.5, LATENCY: 10}),
        Candidate("cnet", {TOP1: 74, LATENCY: 30}),
    )
    assert said(*three)[1:] == ["4.5 points more accurate than the fastest, bnet."]
    assert said(*three, position=1)[1:] == ["2.0 times as fast as the first, anet."]
    assert said(*three, position=2)[1:3] == [
        "50% slower than the first, anet.",
        "1.5 points less accurate than the fastest, bnet.",
    ]


def test_no_difference_is_not_called_one() -> None:
    two = (Candidate("anet", {MEMORY: 1, TOP1: 80, LATENCY: 20}), Candidate("bnet", {TOP1: 80, LATENCY: 10}))
    assert not any("0.0 points" in words for words in said(*two, objective=MEMORY))


def test_a_candidate_is_not_compared_with_itself_in_another_configuration_by_the_same_name() -> None:
    two = (
        Candidate("anet", {TOP1: 80, LATENCY: 20}, "anet.v1", threads=2),
        Candidate("anet", {TOP1: 80, LATENCY: 25}, "anet.v1", threads=1),
    )
    words = said(*two, position=1, by=Collapse.CONFIGURATION)
    assert not any(one.endswith("than the first, anet.") for one in words)


def test_unknown_numbers_are_not_compared() -> None:
    three = (Candidate("anet", {TOP1: 80}), Candidate("bnet", {LATENCY: 10}), Candidate("cnet", {TOP1: 70}))
    known = "of the 2 architectures within the budget whose top1 is known."
    assert said(*three) == [f"Most accurate {known}"]
    assert said(*three, position=2) == [f"3rd most accurate {known}"]


def test_nothing_is_compared_with_a_winner_where_nothing_has_the_objective() -> None:
    two = Candidate("anet", {LATENCY: 10}), Candidate("bnet", {LATENCY: 20})
    for position in range(2):
        assert said(*two, position=position) == [
            "The top1 of every architecture within the budget is unknown."
        ]


def test_what_was_measured_in_training_is_not_compared_with_inference() -> None:
    speed = Metric.TRAIN_THROUGHPUT_IPS
    two = Candidate("anet", {TOP1: 80, speed: 100}), Candidate("bnet", {TOP1: 70, speed: 200})
    assert said(*two, position=1)[1] == "2.0 times as fast as the first, anet."


TRAINED = Candidate(
    "anet",
    {TOP1: 80, LATENCY: 10, Metric.TRAIN_THROUGHPUT_IPS: Interval(100, 80, 125)},
    trained=MeasurementFacts("run", Provenance.MEASURED, NOON, None, (Doubt.IMPRECISE,)),
    training_configuration=Configuration(
        RuntimeName.PYTORCH, batch_size=16, threads=2, scenario=Scenario.TRAINING
    ),
)


def test_how_a_network_trained_is_said_where_training_was_asked_for() -> None:
    other = Candidate("bnet", {TOP1: 70, LATENCY: 5, Metric.TRAIN_THROUGHPUT_IPS: 50})
    assert said(TRAINED, other, metrics=(TOP1, Metric.TRAIN_THROUGHPUT_IPS))[2:] == [
        "Trained at 100.0 images/s by pytorch fp32, batch 16, 2 threads.",
        "Measured quickly: its train_throughput_ips lies between 80.0 and 125.0 images/s (95 % interval).",
    ]
    assert not any("rain" in sentence for sentence in said(TRAINED, other))


def test_a_published_training_run_is_called_so() -> None:
    run = MeasurementFacts("run", Provenance.PUBLISHED, NOON, None, (Doubt.NO_INTERVAL,))
    sentences = said(replace(TRAINED, trained=run), metrics=(TOP1, Metric.TRAIN_MEMORY_MB))
    assert sentences[-1] == "Its training speed was published, not measured here."


@pytest.mark.parametrize(
    ("latency", "words"),
    [
        (10.0, None),
        (10.04, None),
        (10.1, "1% slower than the first, anet."),
        (15.0, "50% slower than the first, anet."),
        (20.0, "100% slower than the first, anet."),
        (20.5, "2.0 times as slow as the first, anet."),
        (45.0, "4.5 times as slow as the first, anet."),
        (9.96, None),
        (8.0, "25% faster than the first, anet."),
        (5.1, "96% faster than the first, anet."),
        (5.0, "2.0 times as fast as the first, anet."),
        (2.0, "5.0 times as fast as the first, anet."),
    ],
)
def test_up_to_twice_the_speed_is_told_in_percent_and_more_in_times(
    latency: float, words: str | None
) -> None:
    winner, other = (
        Candidate("anet", {TOP1: 90, LATENCY: 10}),
        Candidate("bnet", {TOP1: 80, LATENCY: latency}),
    )
    told = [one for one in said(winner, other, position=1) if "the first, " in one]
    assert told == ([] if words is None else [words])


def test_speeds_are_compared_by_image_whether_latency_or_throughput_is_known() -> None:
    """A batch of 8 in 80 ms, and 50 images in a second."""
    winner = Candidate("anet", {TOP1: 90, LATENCY: 80}, batch_size=8)
    other = Candidate("bnet", {TOP1: 80, Metric.THROUGHPUT_IPS: 50}, batch_size=64)
    assert "100% slower than the first, anet." in said(winner, other, position=1)


def test_whoever_is_dominated_is_told_by_whom_and_by_how_many_others() -> None:
    best = Candidate("anet", {TOP1: 80, LATENCY: 10})
    fast = Candidate("bnet", {TOP1: 75, LATENCY: 5})
    worse = Candidate("cnet", {TOP1: 70, LATENCY: 12})
    worst = Candidate("dnet", {TOP1: 60, LATENCY: 20})
    found = [
        [one for one in said(best, fast, worse, worst, position=position) if "Dominated" in one]
        for position in range(4)
    ]
    assert found == [[], [], ["Dominated by anet and 1 other."], ["Dominated by anet and 2 others."]]
    assert "Dominated by anet." in said(best, worse, position=1)


def test_what_its_own_architecture_dominates_is_told_by_what_else_differs() -> None:
    best = Candidate("anet", {TOP1: 80, LATENCY: 10}, "anet.v2")
    older = Candidate("anet", {TOP1: 78, LATENCY: 12}, "anet.v1")
    threads = Candidate("anet", {TOP1: 75, LATENCY: 15}, "anet.v2", threads=2)
    words = {
        one.checkpoint: said(best, one, position=1, by=Collapse.CONFIGURATION)[-1] for one in (older, threads)
    }
    assert words == {
        "anet.v1": "Dominated by anet.v2.",
        "anet.v2": "Dominated by anet at 224 px through onnxruntime fp32, 1 thread.",
    }


@pytest.mark.parametrize(("size", "dominated"), [(9, False), (5, True)])
def test_a_row_is_not_dominated_by_another_run_that_cannot_be_told_apart_from_it(
    size: float, *, dominated: bool
) -> None:
    """As convnext_tiny at 50.95 ms through ONNX Runtime, and at 49.01 ms through OpenVINO."""
    them = columns(
        Candidate("anet", {TOP1: 80, LATENCY: interval(50, 1.05), Metric.SIZE_MB: size}, threads=2),
        Candidate("anet", {TOP1: 80, LATENCY: interval(51, 1.02), Metric.SIZE_MB: 9}),
    )
    metrics, asked = (TOP1, LATENCY, Metric.SIZE_MB), objective_of(TOP1, (), them)
    ranking, _ = ranking_of(them, np.arange(2), asked, metrics, np.ones(2), Collapse.ARCHITECTURE, 10)
    assert ranking.rows.tolist() == [1]  # the best known of both
    (sentences,) = reasons_of(
        them, ranking, metrics, asked, fit_images(them, None), np.ones(len(them)), Collapse.ARCHITECTURE
    )
    assert any("Dominated by" in sentence for sentence in sentences) is dominated


def test_a_difference_within_the_error_is_not_called_one() -> None:
    """Published speeds: 5 % apart, and known to 14 %."""
    winner = Candidate("anet", {TOP1: 84, LATENCY: interval(10, 1.1)})
    alike = Candidate("bnet", {TOP1: 80, LATENCY: interval(10.5, 1.1)})
    slower = Candidate("cnet", {TOP1: 79, LATENCY: interval(15, 1.1)})
    fastest = Candidate("dnet", {TOP1: 78.9, LATENCY: interval(5, 1.1)})
    four = (winner, alike, slower, fastest)
    assert said(*four, position=1)[1:3] == [
        "As fast as the first, anet, within the error.",
        "1.1 points more accurate than the fastest, dnet.",
    ]
    assert said(*four, position=2)[2:4] == [
        "50% slower than the first, anet.",
        "As accurate as the fastest, dnet, within the error.",
    ]


def test_who_is_as_fast_as_the_fastest_is_not_compared_with_it() -> None:
    two = (
        Candidate("anet", {TOP1: 84, LATENCY: interval(10, 1.2)}),
        Candidate("bnet", {TOP1: 80, LATENCY: interval(9.5, 1.2)}),
    )
    assert said(*two) == ["Most accurate of 2 architectures within the budget."]


def test_speeds_of_training_are_compared_where_training_is_ranked_by() -> None:
    speed = Metric.TRAIN_THROUGHPUT_IPS
    two = (
        Candidate("anet", {TOP1: 80, LATENCY: 20, speed: 200}),
        Candidate("bnet", {TOP1: 85, LATENCY: 10, speed: 100}),
    )
    assert said(*two, position=1, objective=speed)[1:3] == [
        "100% slower to train than the first, anet.",
        "5.0 points more accurate than the fastest to train, anet.",
    ]
