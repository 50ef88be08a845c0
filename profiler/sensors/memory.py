"""Memory of this process without what measuring itself holds."""

from profiler.sensors.system import this_system


class PeakWithout:
    """The peak of this process without what one thing holds, made by entering the context:

    with PeakWithout() as peak:
        thing = ...          # and nothing else
    peak.bytes()             # later, while the thing is still held
    """

    def __init__(self) -> None:
        self._before = this_system().peak_bytes()
        self._resident = this_system().resident_bytes()
        self._held = 0

    def __enter__(self) -> "PeakWithout":
        return self

    def __exit__(self, *_: object) -> None:
        after = this_system().resident_bytes()
        if after is not None and self._resident is not None:
            self._held = max(0, after - self._resident)

    def bytes(self) -> int | None:
        """The peak so far. None where the system has none."""
        peak = this_system().peak_bytes()
        if peak is None or self._before is None:
            return None
        # The process was largest before it had the thing, or it is largest with the thing.
        return max(self._before, peak - self._held)
