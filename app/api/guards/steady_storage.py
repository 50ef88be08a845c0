"""Counters of the library limits in this process, which expire by a clock that nobody sets.

The library's own expire by the time of day. Set back by an hour, it lets a client wait an hour longer.
"""

import time
from threading import Lock

from limits.storage import Storage

# Counters that expired are dropped when there are twice as many as after the last time, and at least these.
_FEWEST = 1000


class SteadyStorage(Storage):
    """Counts in memory, for windows that begin with their first request. Safe between threads."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        # A count, and when it expires on the monotonic clock.
        self._counts: dict[str, tuple[int, float]] = {}
        self._most = _FEWEST

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.monotonic()
        with self._lock:
            count, until = self._counts.get(key, (0, now))
            if until <= now:
                count, until = 0, now + expiry
            self._counts[key] = count + amount, until
            if len(self._counts) > self._most:
                self._drop_expired(now)
        return count + amount

    def get(self, key: str) -> int:
        count, until = self._counts.get(key, (0, 0.0))
        return count if until > time.monotonic() else 0

    def get_expiry(self, key: str) -> float:
        """When the counter expires, by the time of day as it is now."""
        _, until = self._counts.get(key, (0, 0.0))
        return time.time() + max(0.0, until - time.monotonic())

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._lock:
            count = len(self._counts)
            self._counts.clear()
        return count

    def clear(self, key: str) -> None:
        with self._lock:
            self._counts.pop(key, None)

    def _drop_expired(self, now: float) -> None:
        self._counts = {key: value for key, value in self._counts.items() if value[1] > now}
        self._most = max(_FEWEST, 2 * len(self._counts))
