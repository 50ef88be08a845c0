from dataclasses import replace
from math import inf

import pytest

from profiler.campaign.duration import expected_s
from profiler.protocol.plan import SamplingPlan

PLAN = SamplingPlan(processes=2, max_processes=4, blocks_each=3, max_blocks=10, gap_s=2.0)


def test_one_case_takes_its_gaps() -> None:
    opening_s = 2 * 2.0
    assert expected_s(1, PLAN, inf) == pytest.approx(opening_s + 10 * 2.0)


def test_many_cases_fill_the_gaps_of_one_another() -> None:
    opening_s, visits_s = 100 * 2 * 2.0, 100 * 10 * 0.2
    assert expected_s(100, PLAN, inf) == pytest.approx(opening_s + visits_s)


@pytest.mark.parametrize(("budget_s", "seconds"), [(20.0, 20.0), (1000.0, 24.0), (0.0, 16.0)])
def test_a_budget_ends_cases_earlier_but_not_before_their_least_blocks(
    budget_s: float, seconds: float
) -> None:
    assert expected_s(1, PLAN, budget_s) == pytest.approx(seconds)


def test_no_cases_take_no_time() -> None:
    assert expected_s(0, PLAN, inf) == 0.0


def test_more_blocks_take_longer() -> None:
    assert expected_s(3, replace(PLAN, max_blocks=20), inf) > expected_s(3, PLAN, inf)
