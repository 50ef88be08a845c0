"""How far numbers must lie apart to be told apart."""

from math import log, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from app.ranking.order.margins import margin, speed_margin
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance
from tests.app.ranking.candidates import Candidate, columns, interval

LATENCY, THROUGHPUT, TOP1 = Metric.LATENCY_MS, Metric.THROUGHPUT_IPS, Metric.TOP1


def test_a_measured_number_has_its_interval_and_a_published_speed_a_part_of_it() -> None:
    them = columns(
        Candidate("anet", {LATENCY: interval(10.0, 1.2)}),
        Candidate("bnet", {LATENCY: interval(10.0, 1.2)}, provenance=Provenance.PUBLISHED),
        Candidate("cnet", {LATENCY: 10.0}),
    )
    assert margin(them, LATENCY, np.arange(3)).tolist() == pytest.approx([log(1.2), 0.6 * log(1.2), 0.0])


def test_an_interval_of_another_level_is_brought_to_95_per_cent() -> None:
    them = columns(Candidate("anet", {LATENCY: interval(10.0, 1.2, level=0.8)}))
    expected = log(1.2) * norm.ppf(0.975) / norm.ppf(0.9)
    assert margin(them, LATENCY, np.array([0])).tolist() == pytest.approx([expected])


def test_an_accuracy_has_the_interval_of_a_share_of_its_images() -> None:
    them = columns(Candidate("anet", {TOP1: 80.0}, provenance=Provenance.PUBLISHED))
    expected = norm.ppf(0.975) * 100 * sqrt(0.8 * 0.2 / 50_000)
    assert margin(them, TOP1, np.array([0])).tolist() == pytest.approx([expected])


def test_the_speed_of_a_row_is_the_first_that_it_has() -> None:
    them = columns(
        Candidate("anet", {LATENCY: interval(10.0, 1.1), THROUGHPUT: interval(100.0, 1.5)}),
        Candidate("bnet", {THROUGHPUT: interval(100.0, 1.5)}),
        Candidate("cnet", {TOP1: 80.0}),
    )
    assert speed_margin(them, np.array([2, 1, 0])).tolist() == pytest.approx([0.0, log(1.5), log(1.1)])
