import pytest

from catalog.entities.samples import DeviceReading
from catalog.words.vocabulary import Device
from profiler.sensors.gpu_watch import DeviceUse, GpuWatch, watch
from tests.fakes.gpu import FakeGpu

PID = 4711


class Telling:
    """A network whose runtime counts its own bytes."""

    def device_use(self) -> DeviceUse:
        return DeviceUse(100, 150, [9, 8, 7, 6])


def test_a_processor_needs_no_watch() -> None:
    unwatched = watch(Device.CPU)
    assert unwatched.is_steady()
    assert unwatched.reading(object(), 3) is None


def test_the_warm_up_is_over_when_the_clock_was_read_twice_alike() -> None:
    watched = GpuWatch(FakeGpu(clocks_mhz=[345, 1200, 1965, 1980]), PID)
    assert [watched.is_steady() for _ in range(4)] == [False, False, False, True]


def test_where_the_clock_is_not_told_nothing_waits_for_it() -> None:
    watched = GpuWatch(FakeGpu(clocks_mhz=[None]), PID)
    assert watched.is_steady()
    assert watched.reading(object(), 1).sm_clocks_mhz == ()


def test_a_reading_holds_three_numbers_of_bytes_the_clocks_and_the_device_s_own_times() -> None:
    gpu = FakeGpu(
        clocks_mhz=[345, 1980, 1980, 1965],
        reasons=[(), (), ("sw_power_cap",), ("sw_power_cap", "sync_boost")],
        processes=[{1: 5}, {1: 5, PID: 640}],
    )
    watched = GpuWatch(gpu, PID)
    for _ in range(3):
        watched.is_steady()
    assert watched.reading(Telling(), calls=2) == DeviceReading(
        allocated_bytes=100,
        reserved_bytes=150,
        used_bytes=640,
        sm_clocks_mhz=(1980, 1965),
        slowdowns=("sw_power_cap", "sync_boost"),
        event_ns=(7, 6),
    )


def test_a_reason_that_held_only_before_the_samples_is_kept() -> None:
    watched = GpuWatch(FakeGpu(reasons=[("hw_slowdown",), ()]), PID)
    watched.is_steady()
    assert watched.reading(object(), 1).slowdowns == ("hw_slowdown",)


def test_a_runtime_that_does_not_count_leaves_its_numbers_unknown() -> None:
    reading = GpuWatch(FakeGpu(processes=[{}, {PID: 640}]), PID).reading(object(), 2)
    assert (reading.allocated_bytes, reading.reserved_bytes, reading.event_ns) == (None, None, ())
    assert reading.used_bytes == 640


@pytest.mark.parametrize(
    "processes",
    [
        [{}, {}],  # the driver lists nobody
        [{}, {PID: None}],  # or does not tell
        [{}, {99: 640}],  # or names the host's ids
        [{PID: 3}, {PID: 3}],  # which may be this process's by chance
    ],
)
def test_where_the_process_is_not_told_its_memory_is_what_the_device_s_grew_by(
    processes: list[dict[int, int | None]],
) -> None:
    watched = GpuWatch(FakeGpu(used=[500, 1_200], processes=processes), PID)
    assert watched.reading(object(), 1).used_bytes == 700


def test_a_device_that_others_leave_meanwhile_does_not_count_below_nothing() -> None:
    assert GpuWatch(FakeGpu(used=[500, 300]), PID).reading(object(), 1).used_bytes == 0
