"""The sentences that say why a candidate has its place."""

from dataclasses import replace

import numpy as np
import pytest

from app.ranking.collapsing import Collapse
from app.ranking.images import fit_images
from app.ranking.objective import Asked, Scheme, objective_of, score
from app.ranking.order import Ranking, places, ranking_of
from app.ranking.pareto import dominators
from app.ranking.reasons import reasons_of
from catalog.candidates import MeasurementFacts
from catalog.entities.configurations import Configuration
from catalog.words.doubts import Doubt
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Provenance, RuntimeName, Scenario
from tests.app.ranking.candidates import Candidate, Interval, Number, columns, interval
from tests.builders import NOON

LATENCY, TOP1, MEMORY = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB


def said(
    *candidates: Candidate,
    position: int = 0,
    objective: Asked = TOP1,
    by: Collapse = Collapse.ARCHITECTURE,
    image: int | None = None,
    metrics: tuple[Metric, ...] = (),
) -> list[str]:
    """The reasons of one of the candidates, given in their ranked order, where `metrics` decided (by default
    the objective and a bounded latency) and images are `image` pixels wide and high."""
    them, rows = columns(*candidates), np.arange(len(candidates))
    asked = objective_of(objective, (), them)
    metrics = metrics or tuple(dict.fromkeys([*asked.metrics, LATENCY]))
    images = fit_images(them, (image, image) if image else None)
    scores = score(them, rows, asked)
    ranking = Ranking(
        rows, places(rows, scores, len(rows)), dominators(them, rows, rows, metrics), scores.has_knee
    )
    return reasons_of(them, ranking, metrics, asked, images, by)[position]


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


def test_speed_is_told_against_the_winner() -> None:
    winner, slower = Candidate("anet", {TOP1: 80, LATENCY: 20}), Candidate("bnet", {TOP1: 75, LATENCY: 25})
    faster, same = Candidate("cnet", {TOP1: 74, LATENCY: 10}), Candidate("dnet", {TOP1: 73, LATENCY: 20.05})
    four = (winner, slower, faster, same)
    assert said(*four, position=1)[1] == "25% slower than the winner, anet."
    assert said(*four, position=2)[1] == "2.0 times as fast as the winner, anet."
    assert not any("winner" in words for place in (0, 3) for words in said(*four, position=place))


def test_accuracy_is_told_against_the_fastest() -> None:
    three = (
        Candidate("anet", {TOP1: 80, LATENCY: 20}),
        Candidate("bnet", {TOP1: 75.5, LATENCY: 10}),
        Candidate("cnet", {TOP1: 74, LATENCY: 30}),
    )
    assert said(*three)[1:] == ["4.5 points more accurate than the fastest, bnet."]
    assert said(*three, position=1)[1:] == ["2.0 times as fast as the winner, anet."]
    assert said(*three, position=2)[1:3] == [
        "50% slower than the winner, anet.",
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
    assert not any(one.endswith("than the winner, anet.") for one in words)


def test_unknown_numbers_are_not_compared() -> None:
    three = (Candidate("anet", {TOP1: 80}), Candidate("bnet", {LATENCY: 10}), Candidate("cnet", {TOP1: 70}))
    assert said(*three) == ["Most accurate of 3 architectures within the budget."]
    assert said(*three, position=2) == ["3rd most accurate of 3 architectures within the budget."]


def test_a_doubtful_measurement_is_called_so() -> None:
    doubtful = Candidate("anet", {TOP1: 80, LATENCY: 10}, doubts=(Doubt.CONTENDED, Doubt.FEW_CALLS))
    assert said(doubtful)[1:] == [
        "Doubtful measurement: Other processes used the processor during the samples.",
        "Doubtful measurement: The network is slow: fewer than 6 calls were made.",
    ]


def test_a_wide_interval_is_given_in_numbers() -> None:
    wide = Candidate("anet", {TOP1: 80, LATENCY: Interval(55, 50, 62)}, doubts=(Doubt.IMPRECISE,))
    assert said(wide)[1:] == ["Measured quickly: the true latency_ms lies between 50.00 and 62.00 ms."]
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
    assert said(*tied, position=2)[1] == "It is the lightest and the best known of the 3 tied."
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


def test_nothing_is_compared_with_a_winner_where_nothing_has_the_objective() -> None:
    two = Candidate("anet", {LATENCY: 10}), Candidate("bnet", {LATENCY: 20})
    for position in range(2):
        assert said(*two, position=position) == [
            "The top1 of every architecture within the budget is unknown."
        ]


def test_what_was_measured_in_training_is_not_compared_with_inference() -> None:
    speed = Metric.TRAIN_THROUGHPUT_IPS
    two = Candidate("anet", {TOP1: 80, speed: 100}), Candidate("bnet", {TOP1: 70, speed: 200})
    assert said(*two, position=1)[1] == "2.0 times as fast as the winner, anet."


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
        "Measured quickly: the true train_throughput_ips lies between 80.0 and 125.0 images/s.",
    ]
    assert not any("rain" in sentence for sentence in said(TRAINED, other))


def test_a_published_training_run_is_called_so() -> None:
    run = MeasurementFacts("run", Provenance.PUBLISHED, NOON, None, (Doubt.NO_INTERVAL,))
    sentences = said(replace(TRAINED, trained=run), metrics=(TOP1, Metric.TRAIN_MEMORY_MB))
    assert sentences[-1] == "Its training speed was published, not measured here."


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


@pytest.mark.parametrize(
    ("latency", "words"),
    [
        (10.0, None),
        (10.04, None),
        (10.1, "1% slower than the winner, anet."),
        (15.0, "50% slower than the winner, anet."),
        (20.0, "100% slower than the winner, anet."),
        (20.5, "2.0 times as slow as the winner, anet."),
        (45.0, "4.5 times as slow as the winner, anet."),
        (9.96, None),
        (8.0, "25% faster than the winner, anet."),
        (5.1, "96% faster than the winner, anet."),
        (5.0, "2.0 times as fast as the winner, anet."),
        (2.0, "5.0 times as fast as the winner, anet."),
    ],
)
def test_up_to_twice_the_speed_is_told_in_percent_and_more_in_times(
    latency: float, words: str | None
) -> None:
    winner, other = (
        Candidate("anet", {TOP1: 90, LATENCY: 10}),
        Candidate("bnet", {TOP1: 80, LATENCY: latency}),
    )
    told = [one for one in said(winner, other, position=1) if "winner" in one]
    assert told == ([] if words is None else [words])


def test_speeds_are_compared_by_image_whether_latency_or_throughput_is_known() -> None:
    """A batch of 8 in 80 ms, and 50 images in a second."""
    winner = Candidate("anet", {TOP1: 90, LATENCY: 80}, batch_size=8)
    other = Candidate("bnet", {TOP1: 80, Metric.THROUGHPUT_IPS: 50}, batch_size=64)
    assert "100% slower than the winner, anet." in said(winner, other, position=1)


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
    (sentences,) = reasons_of(them, ranking, metrics, asked, fit_images(them, None), Collapse.ARCHITECTURE)
    assert any("Dominated by" in sentence for sentence in sentences) is dominated


def test_an_input_that_enlarges_the_images_notably_says_how_much() -> None:
    two = (
        Candidate("anet", {TOP1: 70, LATENCY: 10}, input_size=160),
        Candidate("bnet", {TOP1: 80, LATENCY: 20}, input_size=320),
    )
    enlarged = (
        "Its input of 320 px enlarges your images 2.0 times, which costs time and rarely gains accuracy."
    )
    assert enlarged in said(*two, position=1, image=160)
    for position, image in ((0, 160), (0, None), (1, None), (1, 320), (1, 300)):
        assert not any("enlarges" in words for words in said(*two, position=position, image=image))


def test_an_input_that_shrinks_the_images_notably_says_how_much() -> None:
    one = Candidate("anet", {TOP1: 70, LATENCY: 10}, input_size=224)
    shrunk = "Its input of 224 px shrinks your images 4.6 times, which loses detail."
    assert shrunk in said(one, image=1024)
    assert not any("shrinks" in words for words in said(one, image=440))


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
    assert said(large, small, image=224)[1] == "It is the fastest of the 2 tied."
    assert said(large, small, slow, image=224, position=1)[1] == (
        "Recommended of the 3 tied, because it is the fastest of the 2 whose inputs are the nearest to your "
        "images."
    )
    assert said(large, small)[1] == "Recommended of the 2 tied, because it is the fastest."


def test_an_unknown_objective_that_suits_the_images_is_not_said_to_be_everybodys() -> None:
    lacking = Candidate("anet", {LATENCY: 10}, input_size=160)
    known = Candidate("bnet", {TOP1: 80, LATENCY: 20}, input_size=320)
    (standing, *_) = said(lacking, known, image=160)
    assert "every architecture" not in standing
