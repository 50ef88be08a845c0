"""The latency against independent formulas. test_latency_coverage.py simulates what its interval claims."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp, inf, log, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from catalog.statistics.between_campaigns import Spread
from catalog.statistics.quietness import QUIET
from catalog.words.metrics import Metric
from profiler.protocol.latency import (
    ALONE,
    CAMPAIGNS,
    PROCESSES,
    QUANTILE,
    Latency,
    Moment,
    effective_number,
    latency_of,
    weighted_quantile,
)

MOMENT = st.builds(Moment, st.integers(0, 3), st.floats(-3, 3), st.floats(-0.1, 0.5))
MOMENTS = st.lists(MOMENT, min_size=1, max_size=30)
# Times without ties, also after a shift.
DISTINCT = st.lists(
    st.builds(
        Moment, st.integers(0, 3), st.integers(-300, 300).map(lambda time: time / 100), st.floats(0, 0.5)
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one.log_time,
)
SHARE = st.floats(0, 1)


def moments_at(log_times: Sequence[float], above: float = 0.0, processes: int = 1) -> list[Moment]:
    """Moments of processes that take turns."""
    return [Moment(index % processes, time, above) for index, time in enumerate(log_times)]


def noisy(count: int, *, seed: int = 1, sd: float = 0.01, processes: int = 3) -> list[Moment]:
    noise = np.random.default_rng(seed).normal(0, sd, count)
    return moments_at(noise.tolist(), processes=processes)


# The weights


def test_a_moment_at_the_quiet_level_or_below_counts_fully() -> None:
    assert Moment(0, 1.0).weight == Moment(0, 1.0, -0.2).weight == 1.0


def test_a_moment_counts_the_less_the_further_the_canary_was_above_its_quiet_level() -> None:
    weights = [Moment(0, 1.0, above).weight for above in (0.0, 0.02, 0.05, 0.2, 1.0)]
    assert weights == sorted(set(weights), reverse=True)
    # Equal distances divide by equal factors, so an error in the quiet level changes no share.
    assert weights[1] / weights[0] == pytest.approx(Moment(0, 1.0, 0.22).weight / Moment(0, 1.0, 0.2).weight)
    assert Moment(0, 1.0, 0.12).weight == pytest.approx(exp(-1))
    assert weights[-1] < 1e-3


def test_a_moment_counts_the_less_the_longer_its_threads_waited() -> None:
    weights = [Moment(0, 1.0, waited=waited).weight for waited in (0.0, 0.01, 0.2, 1.0)]
    assert weights == sorted(set(weights), reverse=True)
    assert weights[2] == pytest.approx(exp(-1))
    assert Moment(0, 1.0, 0.12, 0.2).weight == pytest.approx(exp(-2))


def test_where_every_moment_was_disturbed_they_count_alike() -> None:
    worst = [Moment(0, float(time), 5.0, 300.0) for time in range(3)]
    assert latency_of(worst, quantile=0.5).value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("above", "waited", "is_quiet"),
    [(0.0, 0.0, True), (QUIET, QUIET, True), (QUIET + 0.01, 0.0, False), (0.0, QUIET + 0.01, False)],
)
def test_a_moment_is_quiet_that_nothing_disturbed(above: float, waited: float, is_quiet: bool) -> None:
    assert Moment(0, 1.0, above, waited).is_quiet is is_quiet


@given(MOMENTS, st.floats(-3, 3))
def test_how_much_a_moment_counts_does_not_depend_on_its_time(moments: list[Moment], time: float) -> None:
    assert [replace(one, log_time=time).weight for one in moments] == [one.weight for one in moments]
    assert effective_number([replace(one, log_time=time) for one in moments]) == effective_number(moments)


def test_a_slow_moment_beside_a_quiet_canary_is_kept() -> None:
    quiet = [0.0, 0.01, 0.02, 0.03]
    slow = latency_of(moments_at([*quiet, 2.0])), latency_of(moments_at([*quiet, 4.0]))
    assert slow[0].value == slow[1].value == np.quantile([*quiet, 2.0], QUANTILE, method="hazen")
    assert slow[1].up > slow[0].up  # it was met, so the interval must hold it


@pytest.mark.parametrize("count", [1, 2, 7, 30])
def test_equal_moments_are_worth_their_number(count: int) -> None:
    assert effective_number(moments_at([0.0] * count, above=0.3)) == pytest.approx(count)


@given(MOMENTS)
def test_moments_are_worth_one_at_least_and_their_number_at_most(moments: list[Moment]) -> None:
    assert 1 - 1e-9 <= effective_number(moments) <= len(moments) * (1 + 1e-9)


def test_the_worth_of_moments_is_kishs() -> None:
    moments = [Moment(0, 0.0, above) for above in (0.0, 0.03, 0.1)]
    weights = np.array([one.weight for one in moments])
    assert effective_number(moments) == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


# The weighted quantile


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=30), SHARE)
def test_of_equal_weights_it_is_hazens_quantile(log_times: list[float], share: float) -> None:
    found = weighted_quantile(moments_at(log_times, above=0.1), share)
    assert found == pytest.approx(np.quantile(log_times, share, method="hazen"), abs=1e-9)


@given(MOMENTS, SHARE, SHARE)
def test_it_rises_with_the_share_and_stays_within_the_times(
    moments: list[Moment], one: float, other: float
) -> None:
    times = [moment.log_time for moment in moments]
    low, high = (weighted_quantile(moments, share) for share in sorted((one, other)))
    assert min(times) <= low <= high + 1e-9 <= max(times) + 2e-9


@given(DISTINCT, SHARE, st.randoms(use_true_random=False))
def test_it_does_not_depend_on_the_order(moments: list[Moment], share: float, random: Random) -> None:
    shuffled = list(moments)
    random.shuffle(shuffled)
    assert weighted_quantile(shuffled, share) == weighted_quantile(moments, share)


@given(DISTINCT, st.floats(-3, 3), st.floats(0, 0.3))
def test_a_slower_machine_and_a_slower_canary_shift_the_times_and_nothing_else(
    moments: list[Moment], slower: float, above: float
) -> None:
    shifted = [Moment(one.process, one.log_time + slower, one.above + above) for one in moments]
    found, again = latency_of(moments), latency_of(shifted)
    assert again.value == pytest.approx(found.value + slower, abs=1e-6)
    assert (again.down, again.up) == pytest.approx((found.down, found.up), abs=1e-6)


def test_outside_of_the_outermost_middles_it_is_the_outermost_time() -> None:
    moments = moments_at([1.0, 2.0])
    assert weighted_quantile(moments, -0.5) == weighted_quantile(moments, 0.25) == 1.0
    assert weighted_quantile(moments, 1.5) == weighted_quantile(moments, 0.75) == 2.0


# The latency


def expected(moments: Sequence[Moment], campaigns: Spread) -> dict[str, float]:
    """Value, interval and degrees of freedom, from numpy's and scipy's functions."""

    def quantile(chosen: Sequence[Moment], share: float) -> float:
        ordered = sorted(chosen, key=lambda one: one.log_time)
        weights: NDArray[np.float64] = np.array([one.weight for one in ordered])
        middles = (np.cumsum(weights) - weights / 2) / weights.sum()
        return float(np.interp(share, middles, [one.log_time for one in ordered]))

    weights = np.array([one.weight for one in moments])
    worth = weights.sum() ** 2 / (weights**2).sum()
    t_moments = stats.t.ppf(0.975, worth - 1)
    reach = t_moments * sqrt(0.3 * 0.7 / worth)
    value = quantile(moments, 0.3)
    down, up = value - quantile(moments, 0.3 - reach), quantile(moments, 0.3 + reach) - value
    moment_error = (down + up) / 2 / t_moments
    # Between processes: the method of moments for shares of unequal samples (DerSimonian and Laird 1986).
    of_process = [
        [one for one in moments if one.process == label] for label in {one.process for one in moments}
    ]
    weights_of = [np.array([one.weight for one in own]) for own in of_process]
    sizes = np.array([own.sum() ** 2 / (own**2).sum() for own in weights_of])
    parts_of = np.array([own.sum() for own in weights_of])
    is_below = [np.array([one.log_time <= value for one in own]) for own in of_process]
    shares = [np.average(below, weights=own) for below, own in zip(is_below, weights_of, strict=True)]
    others = len(sizes) - 1
    heterogeneity = (sizes * (shares - np.average(shares, weights=sizes)) ** 2).sum() / (0.3 * 0.7)
    between = max(0.0, heterogeneity - others) * 0.3 * 0.7 / (sizes.sum() - (sizes**2).sum() / sizes.sum())
    of_times = between * (moment_error / sqrt(0.3 * 0.7 / worth)) ** 2
    freedom = PROCESSES.freedom + others
    moderated = (PROCESSES.freedom * PROCESSES.sd**2 + others * of_times) / freedom
    process_error = sqrt(moderated * ((parts_of / parts_of.sum()) ** 2).sum())
    more = (stats.t.ppf(0.975, freedom) * process_error) ** 2
    more += (stats.t.ppf(0.975, campaigns.freedom) * campaigns.sd) ** 2 if campaigns.sd else 0.0
    parts = [(moment_error, worth - 1), (process_error, freedom), (campaigns.sd, campaigns.freedom)]
    total = sum(sd**2 for sd, _ in parts) ** 2 / sum(sd**4 / dof for sd, dof in parts)
    return {"value": value, "down": sqrt(down**2 + more), "up": sqrt(up**2 + more), "freedom": total}


@pytest.mark.parametrize("campaigns", [CAMPAIGNS, ALONE, Spread(0.03, 20)])
@pytest.mark.parametrize("apart", [0.0, 0.08])
def test_the_latency_is_what_numpy_and_scipy_compute(campaigns: Spread, apart: float) -> None:
    generator = np.random.default_rng(3)
    moments = [
        Moment(process, 2 + apart * process + generator.normal(0, 0.02), max(0.0, generator.normal(0, 0.05)))
        for process in (0, 1, 2, 3)
        for _ in range(9)
    ]
    found, by_numpy = latency_of(moments, campaigns=campaigns), expected(moments, campaigns)
    assert {name: getattr(found, name) for name in by_numpy} == pytest.approx(by_numpy)


def test_processes_that_differ_widen_the_interval_more_than_moments_that_do() -> None:
    times = [0.0, 0.001, 0.002, 0.003] * 3
    alike = moments_at(times)
    apart = [Moment(index // 4, time + 0.2 * (index // 4)) for index, time in enumerate(times)]
    together = [replace(one, process=index % 3) for index, one in enumerate(apart)]
    assert latency_of(apart).processes > latency_of(alike).processes
    # The same times, but each process has met every moment.
    assert latency_of(together).value == latency_of(apart).value
    assert latency_of(together).processes <= latency_of(apart).processes


def test_few_processes_that_happen_to_agree_are_not_trusted() -> None:
    """Two equal processes: the prior of eight degrees of freedom holds eight ninths of the variance."""
    same = moments_at([0.0] * 20, processes=2)
    sd = PROCESSES.sd * sqrt(8 / 9) / sqrt(2)
    assert latency_of(same, campaigns=ALONE).up == pytest.approx(stats.t.ppf(0.975, 9) * sd)


def test_more_processes_and_more_moments_narrow_the_interval() -> None:
    widths = [
        latency_of(noisy(count, processes=processes)).half_width
        for count, processes in ((12, 3), (48, 3), (48, 12))
    ]
    assert widths == sorted(widths, reverse=True)


def test_what_campaigns_part_by_widens_the_interval() -> None:
    moments = noisy(24)
    alone, wide = latency_of(moments, campaigns=ALONE), latency_of(moments, campaigns=Spread(0.1, 30))
    assert wide.up**2 - alone.up**2 == pytest.approx((stats.t.ppf(0.975, 30) * 0.1) ** 2)
    assert wide.value == alone.value


def test_the_interval_reaches_further_to_the_side_where_the_times_are_sparse() -> None:
    found = latency_of(moments_at([0.0] * 10 + [log(3.0)] * 10))
    assert found.up > 10 * found.down


# What disturbs


def test_a_disturbed_block_changes_little_when_the_canary_saw_it() -> None:
    quiet = noisy(40)
    slowed = [Moment(one.process, one.log_time + log(1.5)) for one in noisy(44, seed=2)]
    noticed = [replace(one, above=log(1.5)) for one in slowed]
    before, seen, unseen = latency_of(quiet), latency_of([*quiet, *noticed]), latency_of([*quiet, *slowed])
    assert abs(seen.value - before.value) < 0.001
    assert abs(unseen.value - before.value) > 0.005
    assert seen.half_width < 1.05 * before.half_width


def test_processes_that_were_disturbed_all_the_time_narrow_the_interval_little() -> None:
    first, second, third = (
        [Moment(process, one.log_time) for one in noisy(12, seed=process)] for process in range(3)
    )
    slowed = [Moment(one.process, one.log_time + 0.6, above=0.6) for one in (*second, *third)]
    alone, beside_slowed, all_quiet = map(latency_of, (first, [*first, *slowed], [*first, *second, *third]))
    assert beside_slowed.processes == pytest.approx(alone.processes, rel=0.2)
    assert beside_slowed.half_width == pytest.approx(alone.half_width, rel=0.2)
    assert all_quiet.processes < 0.7 * beside_slowed.processes
    assert all_quiet.half_width < 0.75 * beside_slowed.half_width


def test_what_the_canary_missed_moves_the_latency_less_than_it_would_move_the_median() -> None:
    quiet = noisy(40, sd=0.005)
    missed = [Moment(one.process, one.log_time + 0.1) for one in noisy(44, seed=2, sd=0.005)]
    shifts = [
        latency_of([*quiet, *missed], quantile=share).value - latency_of(quiet, quantile=share).value
        for share in (QUANTILE, 0.5)
    ]
    assert shifts[0] < 0.01
    assert shifts[1] > 0.05


# Numbers


@pytest.mark.parametrize("metric", [Metric.LATENCY_MS, Metric.LATENCY_MET_MS])
def test_a_number_is_the_time_in_its_unit(metric: Metric) -> None:
    found = Latency(log(2e7), down=log(2), up=log(4), freedom=9.5)
    number = found.metric_value(metric, 3, 1e-6)
    assert (number.value, number.low, number.high) == pytest.approx((20.0, 10.0, 80.0))
    assert (number.metric, number.level, number.processes) == (metric, 0.95, 3)
    assert number.degrees_of_freedom == 9.5


@given(st.floats(-5, 20), st.floats(0, 3), st.floats(0, 3))
def test_a_rate_is_the_inverse_of_the_time_and_its_interval_is_turned_around(
    value: float, down: float, up: float
) -> None:
    found = Latency(value, down, up, 5.0)
    time, rate = found.metric_value(Metric.LATENCY_MS, 3, 1.0), found.rate(Metric.THROUGHPUT_IPS, 3, 7.0)
    assert time.low is not None
    assert time.high is not None
    assert time.value is not None
    inverse = (7.0 / time.value, 7.0 / time.high, 7.0 / time.low)
    assert (rate.value, rate.low, rate.high) == pytest.approx(inverse)
    assert (rate.level, rate.processes, rate.degrees_of_freedom) == (0.95, 3, 5.0)


def test_half_of_the_width_is_a_share_of_the_number() -> None:
    number = Latency(log(50.0), log(1.25), log(1.5), 9.0)
    low, high = 50 / 1.25, 50 * 1.5
    assert number.half_width == pytest.approx((high - low) / 2 / 50)


def test_the_standard_error_is_that_of_a_t_interval() -> None:
    assert Latency(0.0, 0.2, 0.4, 6.5).error == pytest.approx(0.3 / stats.t.ppf(0.975, 6.5))


@pytest.mark.parametrize(
    "moments",
    [
        [Moment(0, log(10.0))],
        [Moment(0, log(10.0)), Moment(1, log(13.0), above=1.0), Moment(2, log(14.0), above=1.0)],
    ],
)
def test_a_single_quiet_moment_gives_a_number_without_an_interval(moments: list[Moment]) -> None:
    found = latency_of(moments)
    assert found.half_width == found.error == inf
    time, rate = found.metric_value(Metric.LATENCY_MS, 1, 1.0), found.rate(Metric.THROUGHPUT_IPS, 1, 30.0)
    assert time.value == pytest.approx(10.0)
    assert rate.value == pytest.approx(3.0)
    for number in (time, rate):
        assert (number.low, number.high, number.level, number.degrees_of_freedom) == (None,) * 4
        assert number.processes == 1
