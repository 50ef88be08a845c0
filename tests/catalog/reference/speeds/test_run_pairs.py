"""What published runs differ by is learnt from the shipped pairs, and holds on pairs that were left out."""

from math import log, sqrt

import numpy as np
import pytest
from scipy.stats import t

from catalog.reference.speeds.published import describe
from catalog.reference.speeds.run_differences import RunClass, RunDifference
from catalog.reference.speeds.run_pairs import RunPair, learn, run_pairs
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Device
from tests.reference_tables import WHOLE

CPU = RunClass(Device.CPU, BatchPolicy.FIXED, major_release_apart=False)
GPU = RunClass(Device.CUDA, BatchPolicy.LARGEST_FITTING, major_release_apart=False)
GPU_APART = RunClass(Device.CUDA, BatchPolicy.LARGEST_FITTING, major_release_apart=True)


@pytest.fixture(scope="module")
def pairs() -> list[RunPair]:
    return run_pairs(WHOLE.speeds())


def names(pair: RunPair) -> tuple[str, str, str, str]:
    older, newer = pair.tables
    layout = f"{older.layout}{', compiled' if older.compiled else ''}"
    return older.target.id, layout, older.environment.runtime_version, newer.environment.runtime_version


def test_the_shipped_tables_hold_nine_pairs_of_runs(pairs: list[RunPair]) -> None:
    assert {names(pair): pair.run_class for pair in pairs} == {
        ("i9-10940x", "nchw, compiled", "torch 2.2.1", "torch 2.4.0"): CPU,
        ("rtx-3090", "nchw", "torch 2.1.0", "torch 2.4.0"): GPU,
        ("rtx-3090", "nhwc", "torch 2.1.0", "torch 2.4.0"): GPU,
        ("rtx-4090", "nchw", "torch 2.4.0", "torch 2.9.1"): GPU,
        ("rtx-4090", "nchw, compiled", "torch 2.4.0", "torch 2.9.1"): GPU,
        ("rtx-3090", "nchw", "torch 1.13", "torch 2.1.0"): GPU_APART,
        ("rtx-3090", "nchw", "torch 1.13", "torch 2.4.0"): GPU_APART,
        ("rtx-3090", "nhwc", "torch 1.13", "torch 2.1.0"): GPU_APART,
        ("rtx-3090", "nhwc", "torch 1.13", "torch 2.4.0"): GPU_APART,
    }
    assert all(len(pair.older) > 700 for pair in pairs)


def test_what_ships_is_what_is_learnt_from_the_shipped_tables(pairs: list[RunPair]) -> None:
    assert WHOLE.run_differences() == learn(pairs)


def test_every_shipped_table_has_a_class_of_which_a_pair_is_known() -> None:
    learnt = WHOLE.run_differences()
    for source in WHOLE.speeds():
        assert describe(source.name).run_class in learnt, source.name


def test_a_table_of_an_older_major_release_is_far_from_todays_software() -> None:
    assert describe("benchmark-infer-amp-nchw-pt113-cu117-rtx3090.csv").run_class == GPU_APART
    assert describe("benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv").run_class == GPU


# Coverage


def coverage(difference: RunDifference, sizes: np.ndarray, level: float) -> float:
    return float((sizes <= difference.half_width(level)).mean())


def halves(pair: RunPair) -> list[RunPair]:
    """The pair, with every second network of each."""
    return [RunPair(pair.tables, pair.older[half::2], pair.newer[half::2]) for half in (0, 1)]


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.98])
def test_the_intervals_hold_on_networks_that_they_were_not_learnt_from(
    pairs: list[RunPair], level: float
) -> None:
    """Of the CPU there is one pair alone, so its networks are halved. The tail is what budgets need."""
    (cpu,) = [pair for pair in pairs if pair.run_class == CPU]
    one, other = halves(cpu)
    for learnt_from, held_out in ((one, other), (other, one)):
        found = coverage(learn([learnt_from])[CPU], np.abs(held_out.differences), level)
        assert level - 0.03 < found < level + 0.13


@pytest.mark.parametrize(
    ("level", "mean", "least"),
    [(0.8, 0.78, 0.6), (0.9, 0.88, 0.77), (0.95, 0.935, 0.88), (0.98, 0.97, 0.96)],
)
@pytest.mark.parametrize("run_class", [GPU, GPU_APART])
def test_the_intervals_hold_on_pairs_that_they_were_not_learnt_from(
    pairs: list[RunPair], run_class: RunClass, level: float, mean: float, least: float
) -> None:
    of_class = [pair for pair in pairs if pair.run_class == run_class]
    found = [
        coverage(learn([other for other in of_class if other is not pair])[run_class],
                 np.abs(pair.differences), level)
        for pair in of_class
    ]  # fmt: skip
    assert np.mean(found) >= mean
    assert min(found) >= least


# What is learnt


@pytest.mark.parametrize("freedom", [2.0, 5.0, 30.0])
def test_a_planted_difference_is_found(freedom: float) -> None:
    drawn = 0.05 * t.rvs(freedom, size=20_000, random_state=1)
    tables = tuple(
        describe(f"benchmark-infer-fp32-nchw-{version}-cpu-i9_10940x-dynamo.csv")
        for version in ("pt221", "pt240")
    )
    older = np.full(len(drawn), 100.0)
    found = learn([RunPair((tables[0], tables[1]), older, older * np.exp(drawn))])[CPU]
    for level in (0.9, 0.95, 0.99):
        expected = 0.05 * float(t.ppf((1 + level) / 2, freedom))
        assert found.half_width(level) == pytest.approx(expected, rel=0.08)
    assert (found.pairs, found.networks) == (1, 20_000)


def test_a_published_speed_has_the_interval_of_a_t_distribution_around_it() -> None:
    value = RunDifference(0.05, 4.0, 1, 1000).value(Metric.LATENCY_MS, 20.0)
    half = 0.05 * float(t.ppf(0.975, 4))
    assert (value.value, value.level, value.degrees_of_freedom, value.processes) == (20.0, 0.95, 4.0, None)
    assert value.low is not None
    assert value.high is not None
    assert [log(20 / value.low), log(value.high / 20)] == pytest.approx([half, half])


# Order


def changed_places(pair: RunPair, part: float, difference: RunDifference) -> tuple[float, int]:
    """Of two networks that differ by little more than the parts of their intervals, the share that changes
    places in the other run, and how many there are."""
    older, newer = np.log(pair.older), np.log(pair.newer)
    apart = sqrt(2) * part * difference.half_width()
    gaps = older[:, np.newaxis] - older[np.newaxis, :]
    told = (gaps > apart) & (gaps < 1.25 * apart)
    swapped = (newer[:, np.newaxis] - newer[np.newaxis, :] < 0) & told
    return float(swapped.sum() / told.sum()), int(told.sum())


def test_networks_that_are_told_apart_keep_their_order_in_the_other_run(pairs: list[RunPair]) -> None:
    learnt = WHOLE.run_differences()
    found = [changed_places(pair, 0.6, learnt[pair.run_class]) for pair in pairs]
    assert all(count > 1000 for _, count in found)
    assert np.mean([share for share, _ in found]) < 0.05
