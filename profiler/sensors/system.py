"""The system under the processes that are measured: one interface, whatever the system."""

from collections.abc import Sequence
from functools import cache
from typing import Protocol

from profiler.sensors import linux
from profiler.sensors.linux import Linux
from profiler.sensors.portable import Portable


class System(Protocol):
    """What measuring asks of the system. Sizes are in bytes, and None is unknown."""

    def cpus(self) -> list[int]:
        """The numbers of the CPUs that this process may use, in their order."""

    def pin(self, cpus: Sequence[int]) -> tuple[int, ...]:
        """Pin the thread that calls, and those that it starts from now on, to these CPUs. Returns those that
        it is pinned to: none where the system cannot pin."""

    def peak_bytes(self) -> int | None:
        """The largest resident set of this process so far."""

    def busy_s(self) -> float | None:
        """Processor seconds used by all processes since boot."""

    def available_bytes(self) -> int | None:
        """Memory that new processes can take without swapping, within the limit of this control group."""


@cache
def this_system() -> System:
    """The system that this process runs on."""
    return Linux() if linux.is_here() else Portable()
