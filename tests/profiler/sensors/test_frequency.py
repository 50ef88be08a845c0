from pathlib import Path

from catalog.entities.samples import CpuClock
from profiler.sensors.frequency import read


def tell(root: Path, cpu: int, khz: str | None, throttles: str | None) -> None:
    for name, text in (
        ("cpufreq/scaling_cur_freq", khz),
        ("thermal_throttle/core_throttle_count", throttles),
    ):
        if text is not None:
            file = root / f"cpu{cpu}" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


def test_the_clocks_of_the_cpus_are_averaged_and_their_throttles_added(tmp_path: Path) -> None:
    tell(tmp_path, 0, "9000000\n", "50\n")
    tell(tmp_path, 1, "3000000\n", "2\n")
    tell(tmp_path, 2, "3200000\n", "1\n")
    assert read([1, 2], tmp_path) == (CpuClock(3100.0, 3),)


def test_a_kernel_that_tells_nothing_gives_no_reading(tmp_path: Path) -> None:
    assert read([0, 1], tmp_path) == ()


def test_what_only_some_cpus_tell_is_unknown(tmp_path: Path) -> None:
    tell(tmp_path, 0, "3000000", "4")
    tell(tmp_path, 1, None, "1")
    tell(tmp_path, 2, "garbage", "1")
    assert read([0, 1], tmp_path) == (CpuClock(None, 5),)
    assert read([2], tmp_path) == (CpuClock(None, 1),)
