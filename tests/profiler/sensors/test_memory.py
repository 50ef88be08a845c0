import subprocess
import sys

import pytest

from profiler.sensors.linux import status_bytes

PLANTED = """
from profiler.sensors.system import this_system
peak_bytes = this_system().peak_bytes
before = peak_bytes()
block = bytearray(256_000_000)
block[::4096] = b"x" * len(block[::4096])
del block
print(peak_bytes() - before)
"""


def test_the_peak_is_read_in_kibibytes() -> None:
    status = "Name: python\nVmPeak: 9 kB\nVmHWM:\t    2048 kB\nVmRSS: 1 kB\n"
    assert status_bytes("VmHWM:", status) == 2048 * 1024


def test_a_missing_peak_is_unknown_not_zero() -> None:
    assert status_bytes("VmHWM:", "Name: python\n") is None


WITHOUT = """
from profiler.sensors.memory import PeakWithout
from profiler.sensors.system import this_system
peak_bytes = this_system().peak_bytes
before = peak_bytes()
with PeakWithout() as peak:
    thing = bytearray(b"x") * 64_000_000
assert peak_bytes() - before > 60_000_000
aside = peak.bytes() - before
block = bytearray(b"x") * 256_000_000
del block
print(aside, peak.bytes() - before)
"""


def test_the_peak_without_a_thing_holds_everything_else() -> None:
    output = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    aside, planted = map(int, output.stdout.split())
    assert abs(aside) < 1_000_000
    assert planted == pytest.approx(256_000_000, rel=0.02)


def test_a_buffer_that_is_gone_still_shows_in_the_peak_within_two_percent() -> None:
    output = subprocess.run([sys.executable, "-c", PLANTED], capture_output=True, text=True, check=True)
    assert int(output.stdout) == pytest.approx(256_000_000, rel=0.02)
