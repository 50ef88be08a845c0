"""Whether this system has what measuring reads."""

import os
from pathlib import Path

from profiler.errors import ProfilerError

_PROC = Path("/proc/self/status")


class NotLinux(ProfilerError):
    """This system lacks what measuring reads."""


def require_linux() -> None:
    """Refuse to measure where processes cannot be pinned to CPUs, or where /proc is missing.

    Raises:
        NotLinux: the system has no affinity of processes or no /proc, as macOS and Windows.
    """
    missing = [] if hasattr(os, "sched_getaffinity") else ["the affinity of processes"]
    missing += [] if _PROC.exists() else ["/proc"]
    if missing:
        raise NotLinux(
            f"Measuring works on Linux only. This system lacks {' and '.join(missing)}.",
            "Measure on a Linux host. Asking works here, as with `archrank recommend --target rtx-4090`.",
        )
