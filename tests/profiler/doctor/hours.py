"""What is heard of a machine at scripted hours."""

from collections.abc import Callable

from profiler.doctor.listening import Heard, listen
from tests.fakes.listening import FakeSeconds, ScriptedCanary, quiet


def heard_of(
    hour: Callable[[float], float] = quiet, *, at_once: float = 1.0, alone: int = 2, takes_s: float = 0.01
) -> Heard:
    """What is heard at an `hour`, of CPUs that slow each other by `at_once`."""
    seconds = FakeSeconds()
    singles = [ScriptedCanary(seconds, 1, hour, takes_s) for _ in range(alone)]
    together = ScriptedCanary(seconds, 2, lambda now_s: hour(now_s) * at_once, takes_s)
    return listen(singles, together, seconds.clock, seconds.sleep)
