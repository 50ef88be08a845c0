"""Memory of this process, from /proc. The peak is VmHWM, because ru_maxrss inherits the parent's peak."""

from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_bytes(status: str | None = None) -> int | None:
    """The largest resident set of this process so far, from the text of /proc/self/status."""
    return _field("VmHWM:", status)


def resident_bytes(status: str | None = None) -> int | None:
    """The resident set of this process now, from the text of /proc/self/status."""
    return _field("VmRSS:", status)


class PeakWithout:
    """The peak of this process without what one thing holds, made by entering the context:

    with PeakWithout() as peak:
        thing = ...          # and nothing else
    peak.bytes()             # later, while the thing is still held
    """

    def __init__(self) -> None:
        self._before = peak_bytes()
        self._resident = resident_bytes()
        self._held = 0

    def __enter__(self) -> "PeakWithout":
        return self

    def __exit__(self, *_: object) -> None:
        after = resident_bytes()
        if after is not None and self._resident is not None:
            self._held = max(0, after - self._resident)

    def bytes(self) -> int | None:
        """The peak so far. None where /proc has none."""
        peak = peak_bytes()
        if peak is None or self._before is None:
            return None
        # The process was largest before it had the thing, or it is largest with the thing.
        return max(self._before, peak - self._held)


def _field(name: str, status: str | None) -> int | None:
    try:
        text = _STATUS.read_text() if status is None else status
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return None
