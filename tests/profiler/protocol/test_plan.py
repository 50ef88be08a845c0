from dataclasses import replace
from typing import Any

import pytest

from profiler.protocol.plan import PROTOCOL_VERSION, SamplingPlan, agree

PLAN = SamplingPlan()


@pytest.mark.parametrize(
    "change",
    [
        {"processes": 6},
        {"max_processes": 12},
        {"blocks_each": 7},
        {"max_blocks": 77},
        {"interval_target": 0.1},
        {"block_s": 1.0},
        {"block_calls": 9},
        {"gap_s": 5.0},
    ],
)
def test_the_protocol_names_what_must_agree_to_compare(change: dict[str, Any]) -> None:
    assert replace(PLAN, **change).protocol != PLAN.protocol
    assert replace(PLAN).protocol == PLAN.protocol


def test_the_protocol_begins_with_its_version() -> None:
    assert PLAN.protocol.startswith(f"{PROTOCOL_VERSION}: ")


def test_a_case_has_its_blocks_for_each_of_its_least_processes() -> None:
    assert SamplingPlan(processes=4, blocks_each=5).min_blocks == 20


def test_a_percentile_raises_the_most_blocks_to_twice_what_its_calls_need() -> None:
    plan = PLAN.with_percentile(99, 662)
    assert plan.max_blocks * plan.block_calls >= 2 * 662
    assert (plan.max_blocks - 1) * plan.block_calls < 2 * 662
    assert plan.calls_for_percentile == 662
    assert "p99" in plan.protocol


def test_a_percentile_never_lowers_the_most_blocks() -> None:
    assert PLAN.with_percentile(90, 64).max_blocks == PLAN.max_blocks


@pytest.mark.parametrize(
    ("current", "expected"), [(100.0, True), (104.9, True), (95.1, True), (105.2, False), (94.8, False)]
)
def test_windows_agree_within_the_tolerance_up_and_down(current: float, expected: bool) -> None:
    assert agree(100.0, current, replace(PLAN, warm_up_tolerance=0.05)) is expected
