"""Where the knee lies on the frontiers of the published targets."""

import pytest

from tests.app.shipped.cases import Ask


@pytest.mark.parametrize("target", ["i9-10940x", "rtx-3090", "rtx-4090", "rtx-pro-6000-max-q"])
def test_the_knee_of_a_published_target_is_neither_its_fastest_nor_its_most_accurate(
    ask: Ask, target: str
) -> None:
    body = {"target": target, "objective": "knee", "limit": 5}
    answer = ask(body)
    assert answer["outcome"] == "fits"
    for one in answer["recommendations"]:
        assert not one["architecture"].startswith("test_")
        assert 79 < one["metrics"]["top1"]["value"] < 86
        assert all(0.4 < utility < 0.95 for utility in one["utilities"].values()), one


def test_balance_ties_no_networks_that_differ_in_speed(ask: Ask) -> None:
    answer = ask({"target": "rtx-3090", "objective": "balanced", "limit": 50})
    speeds: dict[int, list[float]] = {}
    for one in answer["recommendations"]:
        speeds.setdefault(one["rank"], []).append(one["metrics"]["throughput_ips"]["value"])
        assert one["shares_rank_with"] < 10
    # Another run of the machine may reverse networks that differ by less.
    assert all(max(tied) / min(tied) < 1.25 for tied in speeds.values())
