"""What the errors leave of an order."""

import numpy as np

from app.ranking.order.leading import leading, within_error_of_previous
from app.ranking.order.margins import apart_by
from catalog.words.metrics import Metric
from tests.app.ranking.candidates import Candidate, columns, interval

LATENCY, TOP1, SIZE = Metric.LATENCY_MS, Metric.TOP1, Metric.SIZE_MB
THEM = columns(
    Candidate("anet", {LATENCY: interval(10.0, 1.1), TOP1: 80.0, SIZE: 102.53}),
    Candidate("bnet", {LATENCY: interval(11.0, 1.1), TOP1: 80.1, SIZE: 102.54}),
    Candidate("cnet", {LATENCY: interval(20.0, 1.1), TOP1: 84.0, SIZE: 46.8}),
    Candidate("dnet", {TOP1: 84.1, Metric.TOP1_PER_GMAC: 20.0, Metric.GMACS: 4.2}),
    Candidate("enet", {TOP1: 84.2, Metric.TOP1_PER_GMAC: 20.05, Metric.GMACS: 4.2}),
)
ALL = np.arange(len(THEM))


def test_the_best_number_and_what_is_within_its_error_lead() -> None:
    assert leading(THEM, LATENCY, ALL) == {0, 1}
    assert leading(THEM, TOP1, ALL) == {2, 3, 4}


def test_nothing_leads_where_all_numbers_are_within_the_error() -> None:
    assert leading(THEM, LATENCY, np.array([0, 1])) == frozenset()
    assert leading(THEM, Metric.TOP1_PER_GMAC, ALL) == frozenset()


def test_nothing_leads_where_nothing_is_compared() -> None:
    assert leading(THEM, LATENCY, np.array([0, 3])) == frozenset()
    assert leading(THEM, Metric.GFLOPS, ALL) == frozenset()


def test_numbers_that_look_the_same_are_as_good() -> None:
    assert leading(THEM, SIZE, np.array([0, 1])) == frozenset()
    assert leading(THEM, SIZE, np.array([0, 1, 2])) == {2}


def test_a_neighbour_is_within_the_error_in_some_metrics() -> None:
    assert within_error_of_previous(THEM, (LATENCY, TOP1), np.array([0, 1, 2])) == [(), (LATENCY, TOP1), ()]
    assert within_error_of_previous(THEM, (LATENCY, TOP1), np.array([1])) == [()]
    assert within_error_of_previous(THEM, (LATENCY, TOP1), np.array([], dtype=np.int64)) == []


def test_an_unknown_number_tells_nobody_apart() -> None:
    assert not apart_by(THEM, LATENCY, np.array([0]), np.array([3])).any()
