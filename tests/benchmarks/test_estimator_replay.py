"""What the benchmark of the estimator counts."""

import numpy as np
import pytest

from tests.benchmarks.estimator.decisions import Replay, replay
from tests.benchmarks.estimator.draws import Score, mean_of, of_shown, splits

COUNT = 40
TRUTH = np.linspace(0.0, 2.0, COUNT)
TOP1 = np.linspace(60.0, 80.0, COUNT)
ALL = np.ones(COUNT, dtype=np.bool_)
SURE = np.full(COUNT, 1e-6)
NONE_SHOWN = np.array([0])


def test_estimates_that_are_the_truth_break_no_budget_and_lose_nothing() -> None:
    found = Replay.of(replay(TRUTH, TRUTH, SURE, TOP1, NONE_SHOWN, ALL))

    assert (found.over, found.violations) == (0.0, 0)
    assert found.regret == pytest.approx(0.0)


def test_estimates_that_are_too_low_break_budgets_until_they_are_verified() -> None:
    found = Replay.of(replay(TRUTH, TRUTH - 0.2, SURE, TOP1, NONE_SHOWN, ALL))

    assert found.over > 0.8
    assert found.violations == 0
    assert found.regret < 5.0


def test_unsure_estimates_pick_less_and_break_less() -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, COUNT)
    unsure = Replay.of(replay(TRUTH, TRUTH + noise, np.full(COUNT, 0.2), TOP1, NONE_SHOWN, ALL))
    sure = Replay.of(replay(TRUTH, TRUTH + noise, SURE, TOP1, NONE_SHOWN, ALL))

    assert unsure.over < sure.over


def test_networks_without_an_accuracy_are_never_picked() -> None:
    top1 = TOP1.copy()
    top1[-5:] = np.nan
    found = Replay.of(replay(TRUTH, TRUTH, SURE, top1, NONE_SHOWN, ALL))

    assert found.regret == pytest.approx(0.0)


def test_no_architecture_is_on_both_sides_and_no_family_in_the_second_run() -> None:
    architectures = [f"net{place // 2}" for place in range(COUNT)]
    families = [f"family{place // 8}" for place in range(COUNT)]
    first, second = splits(np.arange(COUNT), architectures, families, 3, seed=1)

    assert not {architectures[row] for row in first.shown} & {architectures[row] for row in first.kept}
    assert not {families[row] for row in second.shown} & {families[row] for row in second.kept}
    assert len(first.shown) == 3
    assert of_shown(first.shown, np.arange(COUNT), architectures, families)[0].kept.tolist() == list(
        first.kept
    )


def test_a_score_counts_what_lies_within_and_what_intervals_hold() -> None:
    truth = np.zeros(4)
    mean = np.log([1.05, 1.15, 1.0, 1.5])
    found = Score.of(truth, mean, np.full(4, 0.1), 1.0)

    assert (found.within_10, found.within_20, found.covered) == (0.5, 0.75, 0.5)
    assert found.median == pytest.approx(0.1)
    assert mean_of([found, found]) == found
