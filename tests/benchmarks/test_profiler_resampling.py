"""The statistics of the proof, on samples whose truth is known."""

from collections.abc import Sequence
from statistics import fmean, median

import numpy as np
import pytest

from catalog.entities.samples import ProcessSample
from tests.benchmarks.profiler import resampling
from tests.benchmarks.profiler.resampling import Share
from tests.builders import make_sample


def noisy(count: int, spread: float, centre_ms: float = 10.0, seed: int = 0) -> list[ProcessSample]:
    """Processes whose medians are log-normal about `centre_ms`."""
    logs = np.random.default_rng(seed).normal(0, spread, count)
    return [make_sample(float(centre_ms * np.exp(log)), calls=1) for log in logs]


def test_a_share_has_clopper_and_pearsons_interval() -> None:
    low, high = Share(0, 20).interval
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert Share(0, 0).interval == (0, 1)
    assert Share(1, 4) + Share(2, 4) == resampling.total([Share(1, 4), Share(2, 4)]) == Share(3, 8)


def test_condensing_keeps_the_median_of_each_process() -> None:
    sample = make_sample(12.0, calls=7)
    assert resampling.condensed([sample])[0].wall_ns == (12_000_000,)


def test_runs_apart_differ_and_equal_ones_do_not() -> None:
    assert resampling.differ(noisy(5, 0.01), noisy(5, 0.01, centre_ms=12.0, seed=1))
    assert not resampling.differ(noisy(5, 0.1), noisy(5, 0.1, centre_ms=10.1, seed=1))
    assert not resampling.differ([make_sample(10.0)] * 5, [make_sample(10.0)] * 5)
    assert resampling.differ([make_sample(10.0)] * 5, [make_sample(10.1)] * 5)


def test_the_stop_rule_takes_seven_of_steady_processes_and_fifteen_of_wild_ones() -> None:
    assert len(resampling.stopped(noisy(40, 0.001))) == 7
    assert len(resampling.stopped(noisy(40, 0.3))) == 15
    assert len(resampling.stopped(noisy(8, 0.3))) == 8
    assert resampling.mean_taken(noisy(40, 0.3), 10) == 15


def test_the_two_runs_of_a_pair_share_no_process() -> None:
    samples = [make_sample(10.0 + number, calls=1) for number in range(40)]
    for first, second in resampling.pairs_of_one(samples, 20, resampling.stopped):
        assert not {one.wall_ns for one in first} & {one.wall_ns for one in second}


def test_false_alarms_are_near_five_percent_where_processes_are_exchangeable() -> None:
    shares = [
        resampling.false_alarms(noisy(40, 0.01, seed=seed), 200, resampling.first_five) for seed in range(10)
    ]
    assert 0.03 < resampling.total(shares).value < 0.07


def test_a_drift_is_seen_in_time_and_hidden_by_drawing() -> None:
    drifting = [make_sample(10.0 * 1.02**number, calls=1) for number in range(40)]
    assert resampling.false_alarms_in_time(drifting) == Share(4, 4)
    assert resampling.false_alarms(drifting, 200, resampling.first_five).value < 0.1


def test_coverage_corrected_for_the_reference_is_what_the_interval_promises() -> None:
    found = [resampling.coverage(noisy(40, 0.005, seed=seed), 200) for seed in range(10)]
    plain = resampling.total([one.plain for one in found])
    corrected = resampling.total([one.corrected for one in found])
    assert plain.value < corrected.value
    assert 0.92 < corrected.value < 0.98


def test_the_larger_the_slow_down_the_more_often_it_is_caught() -> None:
    usual = noisy(40, 0.02)
    small = resampling.caught(noisy(20, 0.02, centre_ms=10.2, seed=1), usual, 100)
    large = resampling.caught(noisy(20, 0.02, centre_ms=11.0, seed=1), usual, 100)
    assert small.value < large.value
    assert large.value > 0.95


def test_a_speed_up_is_not_a_slow_down_that_was_caught() -> None:
    assert resampling.caught(noisy(20, 0.01, centre_ms=8.0, seed=1), noisy(40, 0.01), 50).hits == 0


def mean_of(numbers: Sequence[float]) -> float:
    return fmean(numbers)


def test_steady_numbers_repeat_with_one_process_and_wild_ones_with_more() -> None:
    steady, wild = [10.0, 10.01, 10.02], [8.0, 9.0, 10.0, 11.0, 12.0]
    assert resampling.processes_to_repeat(steady, median, 0.02, 5) == 1
    assert resampling.processes_to_repeat(wild, mean_of, 0.02, 5) is None
    assert (resampling.processes_to_repeat(wild, mean_of, 0.2, 40) or 0) > 1


def test_a_fitted_line_is_the_planted_one() -> None:
    known = [0.1, 1.0, 10.0, 100.0]
    line = resampling.fitted(known, [1.01 * one + 0.002 for one in known])
    assert line.slope == pytest.approx(1.01)
    assert line.offset == pytest.approx(0.002)
    assert line.error == pytest.approx(0, abs=1e-9)
