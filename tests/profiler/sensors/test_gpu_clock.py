from collections.abc import Sequence
from dataclasses import replace

import pytest

from catalog.entities.samples import DeviceReading, ProcessSample
from catalog.words.doubts import Doubt
from profiler.protocol.doubts import doubts
from profiler.sensors.gpu_clock import is_flat, moved
from tests.builders import make_sample

STEADY = DeviceReading(sm_clocks_mhz=(1980, 1965))
MOVED = DeviceReading(sm_clocks_mhz=(1980, 1755))
HOT = DeviceReading(sm_clocks_mhz=(1980, 1980), slowdowns=("hw_thermal_slowdown",))
FIXED = DeviceReading(sm_clocks_mhz=(1980, 1980), slowdowns=("applications_clocks_setting",))


def samples(readings: Sequence[DeviceReading | None]) -> list[ProcessSample]:
    return [replace(make_sample(), device=reading) for reading in readings]


@pytest.mark.parametrize(
    ("clocks", "flat"),
    [
        ([], False),
        ([1980], False),
        ([345, 1980], False),
        ([345, 1980, 1965], True),
        ([1980, 1965, 1900], False),
        ([0, 0], True),
    ],
)
def test_a_clock_is_flat_once_it_was_read_twice_alike(clocks: list[int], flat: bool) -> None:
    assert is_flat(clocks) is flat


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (STEADY, False),
        (MOVED, True),
        (HOT, True),
        (FIXED, False),  # a clock that somebody fixed is lower, and holds
        (DeviceReading(), False),
    ],
)
def test_a_clock_moved_or_was_held_down(reading: DeviceReading, expected: bool) -> None:
    assert moved(reading) is expected


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([MOVED, HOT, STEADY], True),
        ([MOVED, STEADY, STEADY], False),
        ([None] * 3, False),
        ([MOVED, None, None], False),
    ],
)
def test_most_processes_must_have_seen_the_clock_drift(
    readings: list[DeviceReading | None], expected: bool
) -> None:
    assert doubts(samples(readings), 0.02) == ((Doubt.CLOCK_DRIFT,) if expected else ())
