import pytest

from profiler.sensors.contention import CpuUse, foreign_cpus
from profiler.sensors.linux import busy_seconds

STAT = "cpu  1000 200 300 90000 500 10 20 4000 0 0\ncpu0 500 100 150 45000 250 5 10 2000 0 0\n"


def test_busy_time_leaves_out_idle_waiting_and_stolen_time() -> None:
    assert busy_seconds(STAT) == pytest.approx((1000 + 200 + 300 + 10 + 20) / 100)


def test_what_others_use_is_all_busy_time_but_our_own() -> None:
    before = CpuUse(busy_s=100.0, own_s=5.0, wall_s=1000.0)
    after = CpuUse(busy_s=103.0, own_s=7.0, wall_s=1002.0)
    assert foreign_cpus(before, after) == pytest.approx(0.5)


def test_the_resolution_of_the_tick_never_makes_it_negative() -> None:
    before = CpuUse(busy_s=100.0, own_s=5.0, wall_s=1000.0)
    after = CpuUse(busy_s=101.0, own_s=6.01, wall_s=1001.0)
    assert foreign_cpus(before, after) == 0.0
    assert foreign_cpus(before, before) == 0.0
