"""The clock of the processor, from /sys. Most virtual machines have none there."""

from collections.abc import Iterable
from pathlib import Path

from catalog.entities.samples import CpuClock
from catalog.machine.files import number_in

_CPUS = Path("/sys/devices/system/cpu")


def read(cpus: Iterable[int], root: Path = _CPUS) -> tuple[CpuClock, ...]:
    """The mean clock of `cpus` now, and how often heat or power has throttled them since boot, as a tuple of
    one reading. Empty where the kernel has neither."""
    folders = [root / f"cpu{cpu}" for cpu in cpus]
    khz = [number_in(folder / "cpufreq/scaling_cur_freq") for folder in folders]
    throttled = [number_in(folder / "thermal_throttle/core_throttle_count") for folder in folders]
    mhz = None if not khz or None in khz else sum(filter(None, khz)) / len(khz) / 1000
    throttles = None if not throttled or None in throttled else sum(filter(None, throttled))
    return () if mhz is None and throttles is None else (CpuClock(mhz, throttles),)
