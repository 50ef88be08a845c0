"""How many requests an address or a key may make in a time, as the library limits counts them."""

import math
import time
from functools import cached_property
from typing import TYPE_CHECKING

from app.settings import IN_THIS_PROCESS, ServerSettings

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import RateLimiter

_OFF = "off"
# Nobody guesses 256 random bits. This keeps somebody from trying at the database's cost.
_REFUSED_KEYS = "30/minute"


class RateLimits:
    """Counts requests. The library is loaded when the first is counted."""

    def __init__(self, settings: ServerSettings) -> None:
        self._requests = settings.rate_limit
        self._ingests = settings.ingest_rate_limit
        self._storage = settings.rate_storage

    @property
    def counts_requests(self) -> bool:
        """Whether requests of an address are limited."""
        return self._requests != _OFF

    def wait_of_address(self, address: str) -> int | None:
        """Count a request of the address. Returns the seconds to wait where it is one too many."""
        return self._wait(self._requests, "request", address)

    def wait_of_key(self, key: str) -> int | None:
        """Count a request with the key of this id, as `wait_of_address`."""
        return self._wait(self._requests, "key", key)

    def wait_of_ingest(self, key: str) -> int | None:
        """Count an upload with the key of this id, as `wait_of_address`."""
        return self._wait(self._ingests, "ingest", key)

    def wait_of_refused_key(self, address: str) -> int | None:
        """Count a key of the address that was refused, as `wait_of_address`."""
        return self._wait(_REFUSED_KEYS, "refused", address)

    def _wait(self, rate: str, *who: str) -> int | None:
        if rate == _OFF:
            return None
        item = self._items(rate)
        return None if self._limiter.hit(item, *who) else self._seconds_left(item, *who)

    def _seconds_left(self, item: "RateLimitItem", *who: str) -> int:
        reset_at, _ = self._limiter.get_window_stats(item, *who)
        return max(1, math.ceil(reset_at - time.time()))

    @cached_property
    def _limiter(self) -> "RateLimiter":
        from limits.storage import storage_from_string  # noqa: PLC0415 - 0.1 s that few requests need
        from limits.strategies import FixedWindowRateLimiter  # noqa: PLC0415

        from app.api.guards.steady_storage import SteadyStorage  # noqa: PLC0415

        is_own = self._storage == IN_THIS_PROCESS
        return FixedWindowRateLimiter(SteadyStorage() if is_own else storage_from_string(self._storage))

    def _items(self, rate: str) -> "RateLimitItem":
        from limits import parse  # noqa: PLC0415

        return parse(rate)
