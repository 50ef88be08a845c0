"""Whether a GPU's clock held still, judged by what was read of it."""

from collections.abc import Sequence

from catalog.entities.samples import DeviceReading

# NVIDIA's clocks move in steps of 15 MHz. That is 1 % of 1.5 GHz, which GPUs exceed under load.
_FLAT_SHARE = 0.01
# Two steps at 1 GHz. A clock that moves further moves the latency beyond its interval target of 2 %.
_DRIFT_SHARE = 0.03
# NVML's reasons for a lower clock that lie in the load itself. A clock that somebody fixed is no such reason.
_HELD_DOWN = frozenset(
    {
        "sw_power_cap",
        "hw_slowdown",
        "sw_thermal_slowdown",
        "hw_thermal_slowdown",
        "hw_power_brake_slowdown",
    }
)


def is_flat(clocks_mhz: Sequence[int]) -> bool:
    """Whether the last two clocks agree. A single clock is not flat."""
    return len(clocks_mhz) > 1 and _spread(clocks_mhz[-2:]) <= _FLAT_SHARE


def moved(reading: DeviceReading) -> bool:
    """Whether the clock moved by more than 3 % between the first call of a process and the last, or heat or a
    power limit held it down."""
    clocks = reading.sm_clocks_mhz
    drifted = len(clocks) > 1 and _spread(clocks) > _DRIFT_SHARE
    return drifted or not _HELD_DOWN.isdisjoint(reading.slowdowns)


def _spread(clocks_mhz: Sequence[int]) -> float:
    return max(clocks_mhz) / max(1, min(clocks_mhz)) - 1
