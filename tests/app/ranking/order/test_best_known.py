"""Of configurations that cannot be told apart, the best known represents its architecture."""

from dataclasses import replace

import numpy as np
import pytest

from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import objective_of
from app.ranking.order.order import first_of, ranking_of
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, Provenance
from tests.app.ranking.candidates import Candidate, columns, interval

LATENCY, TOP1 = Metric.LATENCY_MS, Metric.TOP1

LUCKY = Candidate("anet", {TOP1: 80.0, LATENCY: interval(10.0, 1.1)}, "anet.x", threads=1)
KNOWN = Candidate("anet", {TOP1: 80.0, LATENCY: interval(10.4, 1.02)}, "anet.x", threads=2)


def shown(
    *candidates: Candidate, objective: Metric = TOP1, by: Collapse = Collapse.ARCHITECTURE
) -> list[int]:
    """The rows of the ranking, which `first_of` agrees with."""
    them, rows = columns(*candidates), np.arange(len(candidates))
    asked, octaves = objective_of(objective, (), them), np.zeros(len(candidates))
    found, _ = ranking_of(them, rows, asked, [objective], octaves, by, 10)
    assert first_of(them, rows, asked, octaves, by) == found.rows[0]
    return [int(row) for row in found.rows]


@pytest.mark.parametrize("objective", [TOP1, LATENCY])
@pytest.mark.parametrize("by", [Collapse.ARCHITECTURE, Collapse.CHECKPOINT])
def test_the_narrower_of_two_intervals_is_shown(objective: Metric, by: Collapse) -> None:
    assert shown(LUCKY, KNOWN, objective=objective, by=by) == [1]
    assert shown(KNOWN, LUCKY, objective=objective, by=by) == [0]


def test_without_collapse_every_configuration_is_shown() -> None:
    assert shown(LUCKY, KNOWN, by=Collapse.CONFIGURATION) == [0, 1]


@pytest.mark.parametrize(
    "doubtful",
    [
        replace(LUCKY, numbers={TOP1: 80.0, LATENCY: interval(10.0, 1.05)}, doubts=(Doubt.CONTENDED,)),
        replace(LUCKY, numbers={TOP1: 80.0, LATENCY: interval(10.0, 1.05)}, precision=Precision.BF16),
    ],
    ids=["a doubt", "the accuracy of another precision"],
)
def test_of_intervals_that_are_about_as_wide_the_one_with_fewer_doubts_is_shown(doubtful: Candidate) -> None:
    assert shown(doubtful, replace(KNOWN, numbers={TOP1: 80.0, LATENCY: interval(10.1, 1.06)})) == [1]


def test_a_doubtful_measurement_of_three_percent_is_surer_than_an_estimate_of_twenty() -> None:
    doubts = (Doubt.IMPRECISE, Doubt.FEW_QUIET_MOMENTS)
    measured = replace(LUCKY, numbers={TOP1: 80.0, LATENCY: interval(10.1, 1.03)}, doubts=doubts)
    estimated = replace(
        LUCKY, provenance=Provenance.ESTIMATED, numbers={TOP1: 80.0, LATENCY: interval(10.0, 1.2)}
    )
    assert shown(estimated, measured) == [1]
    disturbed = replace(measured, numbers={TOP1: 80.0, LATENCY: interval(10.1, 2.1)})
    assert shown(disturbed, estimated) == [1]


def test_what_was_measured_is_better_known_than_what_was_published() -> None:
    published = replace(
        LUCKY, provenance=Provenance.PUBLISHED, numbers={TOP1: 80.0, LATENCY: interval(10, 1.3)}
    )
    assert shown(published, KNOWN) == [1]


@pytest.mark.parametrize(
    "other",
    [
        replace(KNOWN, numbers={TOP1: 80.0, LATENCY: interval(14.0, 1.02)}),
        replace(KNOWN, checkpoint="anet.y"),
        replace(KNOWN, input_size=288),
        replace(KNOWN, numbers={TOP1: 80.0}),
    ],
    ids=["slower", "another checkpoint", "another size", "of unknown speed"],
)
def test_only_a_configuration_that_cannot_be_told_apart_takes_the_place(other: Candidate) -> None:
    assert shown(LUCKY, other) == [0]


def test_equally_well_known_configurations_are_shown_by_their_order() -> None:
    equal = replace(LUCKY, numbers={TOP1: 80.0, LATENCY: interval(10.5, 1.102)}, threads=2)
    assert shown(LUCKY, equal) == [0]
    assert shown(equal, LUCKY) == [1]


def test_the_row_that_is_shown_has_the_place_of_its_own_number() -> None:
    """The luckier number was first. The better-known number is behind another architecture."""
    between = Candidate("bnet", {TOP1: 75.0, LATENCY: interval(10.2, 1.02)}, "bnet.x")
    assert shown(LUCKY, KNOWN, between, objective=LATENCY) == [2, 1]
