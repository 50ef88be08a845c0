import pytest

from profiler.sensors.contention import CpuUse, current_use, foreign_cpus, waited
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


def test_what_threads_waited_is_a_share_of_the_time() -> None:
    before = CpuUse(busy_s=0.0, own_s=0.0, wall_s=10.0, waited_s=1.0)
    after = CpuUse(busy_s=0.0, own_s=0.0, wall_s=12.0, waited_s=1.5)
    assert waited(before, after) == pytest.approx(0.25)
    assert waited(after, CpuUse(0.0, 0.0, 13.0, 1.0)) == 0.0  # a thread has ended
    assert waited(before, before) is None


@pytest.mark.parametrize(("one", "other"), [(None, 1.0), (1.0, None), (None, None)])
def test_where_the_kernel_does_not_say_what_threads_waited_it_is_unknown(
    one: float | None, other: float | None
) -> None:
    assert waited(CpuUse(0.0, 0.0, 1.0, one), CpuUse(0.0, 0.0, 2.0, other)) is None


def test_a_reading_holds_all_that_this_process_did_before() -> None:
    before, after = current_use(), current_use()
    assert before.own_s <= after.own_s
    assert before.wall_s < after.wall_s
    assert (before.waited_s or 0.0) <= (after.waited_s or 0.0)
