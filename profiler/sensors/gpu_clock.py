"""Whether a GPU's clock held still, from what was read of it. Pure."""

from collections.abc import Sequence

from catalog.entities.samples import DeviceReading

# A step of the clock is 15 MHz, below one percent of what GPUs run at under load.
FLAT = 0.01
_DRIFTED = 0.03
_SLOWED = frozenset(
    {
        "sw_power_cap",
        "hw_slowdown",
        "sw_thermal_slowdown",
        "hw_thermal_slowdown",
        "hw_power_brake_slowdown",
    }
)


def is_flat(clocks_mhz: Sequence[int]) -> bool:
    """Whether the last two of the clocks read agree; two are needed to tell."""
    return len(clocks_mhz) > 1 and _spread(clocks_mhz[-2:]) <= FLAT


def moved(reading: DeviceReading) -> bool:
    """Whether the clock moved by more than 3 % between the first sample of a process and the last, or heat
    or a power limit held it down."""
    clocks = reading.sm_clocks_mhz
    return (len(clocks) > 1 and _spread(clocks) > _DRIFTED) or not _SLOWED.isdisjoint(reading.slowdowns)


def _spread(clocks_mhz: Sequence[int]) -> float:
    return max(clocks_mhz) / max(1, min(clocks_mhz)) - 1
