"""What campaigns differ by, and how well that is known."""

from math import inf, sqrt

import numpy as np
import pytest

from catalog.statistics import degrees_of_freedom
from catalog.statistics.between_campaigns import Spread, learnt_spread

PRIOR = Spread(0.005, 8)


def pairs_of(spread: float, error: float, count: int, seed: int = 8) -> list[tuple[float, float]]:
    """Pairs of campaigns that differ by `spread`, whose numbers have this error."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(0, spread, (count, 2)) + generator.normal(0, error, (count, 2))
    return [(float(difference), 2 * error**2) for difference in np.diff(numbers).ravel()]


def test_without_a_pair_it_is_what_is_known_before() -> None:
    assert learnt_spread([], PRIOR) == PRIOR


def test_differences_within_their_errors_lower_the_spread_and_larger_ones_raise_it() -> None:
    within = learnt_spread([(0.01, 0.02**2)] * 8, PRIOR)
    beyond = learnt_spread([(0.1, 0.02**2), (-0.1, 0.02**2)] * 4, PRIOR)
    assert within.sd == pytest.approx(PRIOR.sd / sqrt(2))
    # Each campaign has half of the variance of a difference.
    assert beyond.sd == pytest.approx(sqrt((PRIOR.sd**2 + (0.1**2 - 0.02**2) / 2) / 2))
    assert within.freedom == beyond.freedom == 16


def test_the_spread_of_campaigns_is_found_again() -> None:
    assert learnt_spread(pairs_of(0.05, 0.01, 1000), PRIOR).sd == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("error", [0.01, 0.02])
def test_campaigns_that_do_not_differ_teach_no_spread_however_wide_their_intervals_are(error: float) -> None:
    """Cutting each pair at zero would learn half of the error from the luckless half of the pairs."""
    assert learnt_spread(pairs_of(0.0, error, 10_000), PRIOR).sd < 0.1 * error


def test_the_error_of_a_sum_is_known_as_well_as_that_of_its_largest_part() -> None:
    assert degrees_of_freedom.of_sum([(4.0, 5.0)]) == pytest.approx(5)
    assert degrees_of_freedom.of_sum([(1.0, 10.0)] * 3) == pytest.approx(30)
    assert degrees_of_freedom.of_sum([(1.0, 5.0), (1e-6, 1.0)]) == pytest.approx(5, rel=1e-3)
    assert degrees_of_freedom.of_sum([(1.0, 5.0), (3.0, inf)]) == pytest.approx(80)


@pytest.mark.parametrize("parts", [[], [(0.0, 5.0)], [(2.0, inf)]])
def test_an_error_without_uncertain_parts_is_known_for_sure(parts: list[tuple[float, float]]) -> None:
    assert degrees_of_freedom.of_sum(parts) == inf
