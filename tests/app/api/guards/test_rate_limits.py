"""How requests are counted, whatever happens to the time of day."""

import pytest

from app.api.guards import rate_limits, steady_storage
from app.api.guards.rate_limits import RateLimits
from app.api.guards.steady_storage import SteadyStorage
from app.settings import ServerSettings


class Clocks:
    """In the place of the module `time`: a steady clock, and a time of day that somebody sets."""

    def __init__(self) -> None:
        self.steady_s, self.set_by_s = 1000.0, 0.0

    def monotonic(self) -> float:
        return self.steady_s

    def time(self) -> float:
        return 1.8e9 + self.steady_s + self.set_by_s


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    # Not in `time` itself: the server of the browser's tests runs in a thread, and would sleep for hours.
    clocks = Clocks()
    monkeypatch.setattr(rate_limits, "time", clocks)
    monkeypatch.setattr(steady_storage, "time", clocks)
    return clocks


@pytest.mark.parametrize("set_by_s", [0.0, -86_400.0, 86_400.0])
def test_a_clock_that_is_set_neither_lengthens_nor_shortens_a_wait(clocks: Clocks, set_by_s: float) -> None:
    limits = RateLimits(ServerSettings(rate_limit="2/minute"))
    assert [limits.wait_of_address("a") for _ in range(3)] == [None, None, 60]
    clocks.set_by_s = set_by_s
    clocks.steady_s += 30
    assert limits.wait_of_address("a") == 30
    assert limits.wait_of_address("b") is None
    clocks.steady_s += 31
    assert limits.wait_of_address("a") is None


def test_counters_that_expired_take_no_room(clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady_storage, "_FEWEST", 10)
    storage = SteadyStorage()
    for number in range(3000):
        clocks.steady_s += 1
        assert storage.incr(f"address {number}", expiry=5) == 1
    assert storage.reset() <= 1001
