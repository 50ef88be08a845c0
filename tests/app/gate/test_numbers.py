import random
from math import exp, inf, log, sqrt

import pytest

from app.gate.numbers import (
    Change,
    Number,
    change,
    change_in_turns,
    combined,
    number_of,
    spread_in,
)
from catalog.entities.measurements import MetricValue
from catalog.statistics.between_campaigns import Spread
from catalog.words.metrics import Direction, Metric
from tests.app.gate.sides import FREEDOM, metric_value

NONE = Spread(0.0, 8)


def test_a_number_has_the_error_of_its_interval() -> None:
    number = number_of(metric_value(Metric.LATENCY_MS, 10.0, 0.013))
    assert number is not None
    assert number.log == pytest.approx(log(10.0))
    assert number.error == pytest.approx(0.013)
    assert number.freedom == FREEDOM


@pytest.mark.parametrize(
    "value",
    [
        MetricValue(Metric.LATENCY_MS, None, absent_reason="no"),
        MetricValue(Metric.LATENCY_MS, 10.0),
        MetricValue(Metric.LATENCY_MS, 10.0, 10.0, 10.0, 0.95, processes=3),
        MetricValue(Metric.LATENCY_MS, 10.0, 9.0, 11.0, 0.95, processes=1),
    ],
)
def test_what_has_no_error_is_no_number(value: MetricValue) -> None:
    assert number_of(value) is None


def test_until_protocol_2_the_freedom_is_one_less_than_the_processes() -> None:
    number = number_of(MetricValue(Metric.LATENCY_MS, 10.0, 9.0, 11.0, 0.95, processes=5))
    assert number is not None
    assert number.freedom == 4


def test_a_throughput_that_falls_is_worse() -> None:
    before, now = Number(log(100), 0.01, 20), Number(log(90), 0.01, 20)
    assert change(before, now, Direction.HIGHER).share == pytest.approx(100 / 90 - 1)
    assert change(before, now, Direction.LOWER).share == pytest.approx(-0.1)


def test_the_interval_of_a_change_is_what_its_chance_says() -> None:
    found = Change(log(1.05), 0.02, 20)
    low, high = found.interval
    assert low < 0.05 < high
    edge = Change(log(1.05), log(1.05) / 2.086, 20)  # the 0.975 quantile of t with 20 degrees of freedom
    assert edge.chance_if_no_worse == pytest.approx(0.025, abs=1e-4)
    assert edge.interval[0] == pytest.approx(0.0, abs=1e-4)
    assert edge.chance_if_no_worse + edge.chance_if_no_better == pytest.approx(1)


def test_numbers_of_several_campaigns_are_more_certain_than_each() -> None:
    numbers = [Number(log(10), 0.02, 20), Number(log(10.4), 0.02, 20), Number(log(10.2), 0.02, 20)]
    together = combined(numbers, NONE)
    assert exp(together.log) == pytest.approx(10.2, rel=1e-3)
    assert together.error == pytest.approx(0.02 / sqrt(3))
    assert together.freedom == pytest.approx(60)
    assert combined(numbers, Spread(0.03, 8)).error > together.error


def test_campaigns_that_differ_by_more_than_their_errors_teach_a_spread() -> None:
    draw = random.Random(3)
    prior = Spread(0.01, 8)

    def series(spread: float) -> list[list[Number]]:
        def campaign() -> Number:
            return Number(draw.gauss(0, spread) + draw.gauss(0, 0.01), 0.01, inf)

        return [[campaign() for _ in range(6)] for _ in range(100)]

    assert spread_in(series(0.04), prior).sd == pytest.approx(0.04, rel=0.15)
    assert spread_in(series(0.0), prior).sd < 0.004
    assert spread_in([[Number(0.0, 0.01, 20)]], prior) == prior


def test_in_turns_what_meets_both_has_no_part_in_the_error() -> None:
    steady = [Change(0.05 + tremble, 0.02, 20) for tremble in (0.001, -0.001, 0.001, -0.001)]
    restless = [Change(0.05 + tremble, 0.02, 20) for tremble in (0.1, -0.1, 0.1, -0.1)]
    assert change_in_turns(steady).log == pytest.approx(0.05)
    assert change_in_turns(steady).error < 0.02 / sqrt(4)
    assert change_in_turns(restless).error > change_in_turns(steady).error


def test_intervals_in_turns_hold_the_truth_as_often_as_they_say() -> None:
    draw = random.Random(5)
    held = 0
    for _ in range(400):
        rounds = [Change(draw.gauss(0.05, 0.02), 0.02, 20) for _ in range(4)]
        low, high = change_in_turns(rounds).interval
        held += low <= exp(0.05) - 1 <= high
    assert 0.92 <= held / 400 <= 0.98
