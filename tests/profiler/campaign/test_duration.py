from dataclasses import replace
from math import inf

import pytest

from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import Device, RuntimeName
from profiler.campaign.duration import CampaignProgress, Progress, expected_s, opening_s
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


def test_pytorch_takes_longer_to_open_and_longer_yet_on_a_gpu() -> None:
    quick, slow = Configuration(RuntimeName.ONNXRUNTIME), Configuration(RuntimeName.PYTORCH)
    on_gpu = replace(slow, device=Device.CUDA)
    assert opening_s([quick]) < opening_s([quick, slow]) < opening_s([slow]) < opening_s([on_gpu])
    longer_s = expected_s(4, PLAN, inf, opening_s([on_gpu])) - expected_s(4, PLAN, inf)
    assert longer_s == pytest.approx(4 * PLAN.processes * (opening_s([on_gpu]) - opening_s([])))


def test_processes_of_several_cpus_open_side_by_side() -> None:
    one, two = (Configuration(RuntimeName.ONNXRUNTIME, threads=threads) for threads in (1, 2))
    assert opening_s([two]) < opening_s([one])


def test_no_cases_take_no_time() -> None:
    assert expected_s(0, PLAN, inf) == 0.0


def test_more_blocks_take_longer() -> None:
    assert expected_s(3, replace(PLAN, max_blocks=20), inf) > expected_s(3, PLAN, inf)


def test_a_campaign_counts_the_portions_before_and_after() -> None:
    campaign = CampaignProgress(5, PLAN, lambda: inf)
    campaign.begin(3)
    first = campaign.with_portion(Progress(12, 3 * PLAN.max_blocks, 2, 0.02, 30.0))
    assert (first.blocks, first.blocks_at_most) == (12, 5 * PLAN.max_blocks)
    assert first.left_s == pytest.approx(30.0 + expected_s(2, PLAN, inf))
    assert first.narrow == 2
    campaign.end(14)
    campaign.begin(2)
    second = campaign.with_portion(Progress(1, 2 * PLAN.max_blocks, 0, 0.02, 20.0))
    assert (second.blocks, second.blocks_at_most) == (15, 14 + 2 * PLAN.max_blocks)
    assert second.left_s == 20.0


def test_what_is_left_of_a_campaign_keeps_the_time_budget() -> None:
    left_s = 60.0 + expected_s(10, PLAN, 0.0) + 5.0
    campaign = CampaignProgress(20, PLAN, lambda: left_s)
    campaign.begin(10)
    told = campaign.with_portion(Progress(1, 100, 0, 0.02, 60.0))
    assert told.left_s == pytest.approx(left_s)


def test_without_a_visit_nothing_tells_what_is_left() -> None:
    campaign = CampaignProgress(20, PLAN, lambda: inf)
    campaign.begin(10)
    assert campaign.with_portion(Progress(0, 100, 0, 0.02, 0.0)).left_s == 0.0
