"""What psutil tells of a process and of the machine, on any system. No process is pinned."""

import sys
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from catalog import host


class Portable:
    """The peak of memory is what the system itself keeps: `peak_wset` on Windows, `ru_maxrss` elsewhere."""

    def cpus(self) -> list[int]:
        return list(range(host.allowed_cpus()))

    def pin(self, cpus: Sequence[int]) -> tuple[int, ...]:
        return ()

    def peak_bytes(self) -> int | None:
        if sys.platform == "win32":
            return int(self._process.memory_info().peak_wset)
        import resource  # noqa: PLC0415 - Windows has none

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024

    def available_bytes(self) -> int | None:
        return int(self._psutil.virtual_memory().available)

    def busy_s(self) -> float | None:
        times = self._psutil.cpu_times()
        return float(times.user + times.system + getattr(times, "nice", 0.0))

    @cached_property
    def _process(self) -> Any:
        return self._psutil.Process()

    @cached_property
    def _psutil(self) -> Any:
        import psutil  # noqa: PLC0415 - Linux needs none

        return psutil
