"""How often a candidate that was picked by its numbers breaks its budget.

Simulated: candidates whose true latency is known are measured with noise, in many runs, with and without
the correction of `required_probabilities`.

This prints the rates of violation:

    python -c "from tests.app.ranking.budget.test_selection import table; print(table())"
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp, log
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri, stdtrit
from scipy.stats import binom, sem, t

from app.ranking.budget.budget import Bound, Budget, fit_budget, required_probabilities
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.candidates.metric_columns import MetricColumn
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance
from tests.app.ranking.candidates import columns_of, exact

LATENCY, MEMORY, TOP1 = Metric.LATENCY_MS, Metric.PEAK_MEMORY_MB, Metric.TOP1
LIMIT, LEVEL = 100.0, 0.95
NOISES, COUNTS, CONFIDENCES = (0.01, 0.03, 0.1, 0.3), (10, 100, 500), (0.5, 0.9, 0.99)
# Of how many processes an interval is estimated; None: the noise is known.
PROCESSES = (None, 3, 5, 10)
RUNS = 1000
NAN = float("nan")


class Shape(StrEnum):
    """How accuracy and true latency lie to one another, and the latency to its limit."""

    RISING = "accuracy rises with latency"
    INDEPENDENT = "accuracy is independent"
    CROWDED = "all just outside"


@dataclass(frozen=True)
class World:
    """`runs` x `count` candidates as columns, run after run, and what is true of them.

    A measurement of one run has the same place in `measurement` as its like in the others: the correction
    counts them as those of one run, so that one call answers all runs.
    """

    truth: Floats
    top1: Floats
    columns: CandidateColumns

    def fits(self, budget: Budget) -> Bools:
        """Which candidates fit, as runs x candidates."""
        found: Bools = fit_budget(budget, self.columns).fits.reshape(self.truth.shape)
        return found


@dataclass(frozen=True)
class Rates:
    """Shares of runs in which a candidate that fits truly breaks the budget: any of them, and the winner; and
    the share of what truly keeps the budget that fits. That is None where nothing keeps the budget."""

    any: float
    winner: float
    admitted: float | None


def make_columns(numbers: dict[Metric, MetricColumn], measurement: Ints) -> CandidateColumns:
    """Candidates with these numbers, and nothing else to tell them apart."""
    return columns_of(numbers, architecture=np.zeros_like(measurement), measurement=measurement)


def measured(
    rng: np.random.Generator, truth: Floats, noise: float, processes: int | None = None, drift: float = 0.0
) -> MetricColumn:
    """Numbers with their 95 % intervals, one for each of `truth` (runs x candidates).

    The noise is that of a number, whose interval is then exact; or with `processes` that of each of them, the
    number is their median and the interval computed as profiler/protocol/intervals.py does. `drift` is the
    share of the noise's variance that the candidates of a run have in common.
    """
    logs = np.log(truth)
    if processes is None:
        own = rng.standard_normal(truth.shape)
        common = rng.standard_normal((len(truth), 1))
        centre = logs + noise * (np.sqrt(1 - drift) * own + np.sqrt(drift) * common)
        half = np.full(truth.shape, noise * ndtri((1 + LEVEL) / 2))
    else:
        samples = logs[..., np.newaxis] + noise * rng.standard_normal((*truth.shape, processes))
        quantile = stdtrit(processes - 1, (1 + LEVEL) / 2)
        half = quantile * samples.std(axis=-1, ddof=1) / np.sqrt(processes)
        median, mean = np.median(samples, axis=-1), samples.mean(axis=-1)
        low, high = np.minimum(median, mean - half), np.maximum(median, mean + half)
        value, low, high = (np.exp(one).ravel() for one in (median, low, high))
        degrees_of_freedom = np.full(truth.size, processes - 1.0)
        return MetricColumn.of(value, low, high, np.full(truth.size, LEVEL), degrees_of_freedom)
    value, low, high = (np.exp(one).ravel() for one in (centre, centre - half, centre + half))
    return MetricColumn.of(value, low, high, np.full(truth.size, LEVEL))


def make_world(
    shape: Shape, noise: float, count: int, *, processes: int | None = None, runs: int = RUNS
) -> World:
    """True latencies within a factor of two of the limit, or all of them a thousandth beyond it."""
    rng = np.random.default_rng(crc32(f"{shape} {noise} {count} {processes}".encode()))
    spread = (0.0, 0.001) if shape is Shape.CROWDED else (-log(2), log(2))
    truth = LIMIT * np.exp(rng.uniform(*spread, (runs, count)))
    top1 = rng.uniform(size=truth.shape) if shape is Shape.INDEPENDENT else truth
    places = np.tile(np.arange(count), runs)
    return World(truth, top1, make_columns({LATENCY: measured(rng, truth, noise, processes)}, places))


def budget_of(confidence: float | None) -> Budget:
    return Budget((Bound(LATENCY, maximum=LIMIT),), confidence)


def rates(world: World, budget: Budget) -> Rates:
    fits, outside = world.fits(budget), world.truth > LIMIT
    winner = np.argmax(np.where(fits, world.top1, -1.0), axis=1)[:, np.newaxis]
    lucky = fits & outside
    inside = np.count_nonzero(~outside)
    return Rates(
        any=float(lucky.any(axis=1).mean()),
        winner=float(np.take_along_axis(lucky, winner, axis=1).mean()),
        admitted=float(np.count_nonzero(fits & ~outside) / inside) if inside else None,
    )


def allowed(confidence: float, runs: int = RUNS) -> float:
    """The share of violations that chance exceeds once in a thousand, where 1 - confidence is true."""
    return float(binom.ppf(0.999, runs, 1 - confidence) / runs)


def table(confidence: float = 0.9, *, winner: bool = False) -> str:
    """Violations per hundred runs, by value / with the confidence as it is / corrected, as Markdown; of any
    candidate that fits, or of the winner."""
    lines = [
        f"| % of runs, confidence {confidence} | noise |" + "".join(f" m = {count} |" for count in COUNTS),
        "|---|---:|" + "---:|" * len(COUNTS),
    ]
    for shape in Shape:
        for processes in PROCESSES:
            known = "noise known" if processes is None else f"{processes} processes"
            for noise in NOISES:
                cells = []
                for count in COUNTS:
                    world = make_world(shape, noise, count, processes=processes)
                    found = [
                        rates(world, budget_of(None)),
                        rates(uncorrected(world), budget_of(confidence)),
                        rates(world, budget_of(confidence)),
                    ]
                    shares = [100 * (one.winner if winner else one.any) for one in found]
                    cells.append(" / ".join(f"{share:.1f}" for share in shares))
                lines.append(f"| {shape}, {known} | {noise:.0%} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def required(world: World, confidence: float) -> Floats:
    """What each candidate needs."""
    found = required_probabilities(budget_of(confidence), world.columns)
    assert found is not None
    return found


def uncorrected(world: World) -> World:
    """The same numbers as if they were published ones, which need no more than the confidence."""

    def published(facts: MeasurementFacts) -> MeasurementFacts:
        return facts._replace(provenance=Provenance.PUBLISHED)

    columns = world.columns
    measurement, training = columns.measurement.map(published), columns.training.map(published)
    return replace(world, columns=replace(columns, measurement=measurement, training=training))


# The promise


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("shape", Shape)
def test_no_candidate_that_fits_breaks_the_budget_with_the_confidence_asked_for(
    shape: Shape, noise: float, count: int
) -> None:
    world = make_world(shape, noise, count)
    for confidence in CONFIDENCES:
        found = rates(world, budget_of(confidence))
        assert found.winner <= found.any <= allowed(confidence)


@pytest.mark.parametrize("noise", NOISES)
def test_without_the_correction_one_of_many_breaks_it(noise: float) -> None:
    """The simulation can fail: these are runs of the test above. How often depends on how many candidates lie
    within the noise of the limit; at 1 % few do, unless they are crowded there."""
    crowded, rising = make_world(Shape.CROWDED, noise, 500), make_world(Shape.RISING, noise, 500)
    for confidence in CONFIDENCES:
        assert rates(uncorrected(crowded), budget_of(confidence)).any > 0.95
        if noise > 0.01:
            margin = 1.0 if noise < 0.1 else 1.5
            assert rates(uncorrected(rising), budget_of(confidence)).any > margin * allowed(confidence)


@pytest.mark.parametrize("noise", [0.1, 0.3])
def test_without_the_correction_the_winner_itself_breaks_it(noise: float) -> None:
    world = make_world(Shape.RISING, noise, 500)
    assert rates(uncorrected(world), budget_of(0.9)).winner > 0.5
    assert rates(world, budget_of(None)).winner > 0.9


@pytest.mark.parametrize("drift", [0.5, 1.0])
def test_the_promise_holds_where_all_numbers_err_together(drift: float) -> None:
    rng = np.random.default_rng(1)
    truth = np.full((RUNS, 100), LIMIT * 1.0001)
    columns = make_columns({LATENCY: measured(rng, truth, 0.1, drift=drift)}, np.tile(np.arange(100), RUNS))
    world = World(truth, truth, columns)
    for confidence in CONFIDENCES:
        assert rates(world, budget_of(confidence)).any <= allowed(confidence)


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_the_promise_holds_for_two_bounds_at_once(confidence: float) -> None:
    """Half of the candidates are just outside the one bound, half just outside the other."""
    rng = np.random.default_rng(2)
    inside = np.tile([True, False], (RUNS, 50))
    time, space = (LIMIT * np.where(one, 0.5, 1.0001) for one in (inside, ~inside))
    numbers = {LATENCY: measured(rng, time, 0.1), MEMORY: measured(rng, space, 0.03)}
    columns = make_columns(numbers, np.tile(np.arange(100), RUNS))
    budget = Budget((Bound(LATENCY, maximum=LIMIT), Bound(MEMORY, 1.0, LIMIT)), confidence)
    fits = fit_budget(budget, columns).fits.reshape(inside.shape)
    assert float(fits.any(axis=1).mean()) <= allowed(confidence)


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_checkpoints_of_one_measurement_share_its_luck_and_count_once(confidence: float) -> None:
    world = make_world(Shape.CROWDED, 0.1, 10)
    thrice = world.columns.take(np.repeat(np.arange(world.truth.size), 3))
    shared = World(np.repeat(world.truth, 3, axis=1), np.repeat(world.top1, 3, axis=1), thrice)
    assert required(shared, confidence).tolist() == np.repeat(required(world, confidence), 3).tolist()
    assert rates(shared, budget_of(confidence)) == rates(world, budget_of(confidence))


# What it costs


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("noise", NOISES)
def test_what_lies_inside_by_the_needed_margin_is_admitted_and_nothing_else(noise: float, count: int) -> None:
    world = make_world(Shape.RISING, noise, count, runs=50)
    logs = np.log(world.columns.metrics[LATENCY].value).reshape(world.truth.shape)
    for confidence in CONFIDENCES:
        margin = noise * ndtri(1 - (1 - confidence) / count)
        room = log(LIMIT) - logs - margin
        fits = world.fits(budget_of(confidence))
        assert fits[room > 1e-9].all()
        assert not fits[room < -1e-9].any()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("noise", NOISES)
def test_the_correction_is_not_idle_talk(noise: float, count: int) -> None:
    """What is truly inside by the needed margin and three deviations more is missed once in 700 times; the
    margin grows with the logarithm of the count alone."""
    world = make_world(Shape.RISING, noise, count, runs=200)
    for confidence in CONFIDENCES:
        margin = noise * ndtri(1 - (1 - confidence) / count)
        surely = world.truth < LIMIT * exp(-margin - 3 * noise)
        if surely.any():  # with much noise, nothing is inside by so much
            assert world.fits(budget_of(confidence))[surely].mean() > 0.995
        assert margin <= noise * np.sqrt(2 * log(count / (1 - confidence)))


@pytest.mark.parametrize("confidence", [*CONFIDENCES, 1e-6, 1 - 1e-6])
def test_numbers_without_interval_are_untouched(confidence: float) -> None:
    world = make_world(Shape.RISING, 0.1, 100, runs=10)
    column = world.columns.metrics[LATENCY]
    without = make_columns({LATENCY: exact(column.value)}, world.columns.measurement.codes)
    assert (required(replace(world, columns=without), confidence) == confidence).all()
    by_value = fit_budget(budget_of(None), without).fits
    assert (fit_budget(budget_of(confidence), without).fits == by_value).all()
    assert (by_value == (column.value <= LIMIT)).all()


@given(
    confidence=st.floats(0.01, 0.999),
    count=st.integers(1, 50),
    exact=st.integers(0, 50),
)
def test_only_measurements_with_an_interval_in_a_bounded_metric_count(
    confidence: float, count: int, exact: int
) -> None:
    value = np.linspace(50.0, 150.0, count + exact)
    interval = np.where(np.arange(count + exact) < count, 1.1, NAN)
    level = np.where(np.isnan(interval), NAN, LEVEL)
    time = MetricColumn.of(value, value / interval, value * interval, level)
    space = MetricColumn.of(value, value / 1.1, value * 1.1, np.full(len(value), LEVEL))
    found = make_columns({LATENCY: time, MEMORY: space}, np.arange(count + exact))
    needed = required_probabilities(budget_of(confidence), found)
    assert needed is not None
    assert needed[:count] == pytest.approx(1 - (1 - confidence) / count, abs=1e-15)
    assert (needed[count:] == confidence).all()


def test_without_a_confidence_there_is_nothing_to_correct() -> None:
    world = make_world(Shape.RISING, 0.1, 10, runs=1)
    assert required_probabilities(budget_of(None), world.columns) is None


# What the simulation rests on


def test_all_runs_at_once_are_each_run_by_itself() -> None:
    world = make_world(Shape.RISING, 0.1, 100, runs=20)
    together = world.fits(budget_of(0.9))
    for run in range(20):
        alone = world.columns.take(np.arange(100 * run, 100 * (run + 1)))
        assert (fit_budget(budget_of(0.9), alone).fits == together[run]).all()


@pytest.mark.parametrize("processes", [3, 5, 10])
def test_intervals_are_t_intervals_around_the_mean_logarithm_with_the_median_as_value(processes: int) -> None:
    column = measured(np.random.default_rng(3), np.full((1, 1), 12.5), 0.1, processes)
    logs = log(12.5) + 0.1 * np.random.default_rng(3).standard_normal(processes)
    low, high = np.exp(t.interval(LEVEL, processes - 1, loc=logs.mean(), scale=sem(logs)))
    found = [float(one[0]) for one in (column.value, column.low, column.high, column.level)]
    assert found == pytest.approx([np.exp(np.median(logs)), low, high, LEVEL])
    assert column.degrees_of_freedom.tolist() == [processes - 1]


# Intervals of a few processes


@pytest.mark.parametrize("processes", [2, 3, 5, 10])
@pytest.mark.parametrize("shape", Shape)
def test_the_promise_holds_where_intervals_are_estimated_from_few_processes(
    shape: Shape, processes: int
) -> None:
    world = make_world(shape, 0.1, 100, processes=processes, runs=300)
    for confidence in CONFIDENCES:
        assert rates(world, budget_of(confidence)).any <= allowed(confidence, 300)


def test_read_as_that_of_a_normal_distribution_such_an_interval_would_not_keep_it() -> None:
    world = make_world(Shape.CROWDED, 0.1, 100, processes=3, runs=300)
    column = world.columns.metrics[LATENCY]
    normal = MetricColumn.of(column.value, column.low, column.high, column.level)
    misread = replace(world, columns=make_columns({LATENCY: normal}, world.columns.measurement.codes))
    assert rates(misread, budget_of(0.9)).any > 0.5
