"""How often a runtime is asked for the times of its nodes, and what is made of the answers."""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from catalog.candidates.category import Floats
from profiler.processes.priority import real_time_priority

# The first calls reserve memory and fill caches, and are not counted.
FIRST_CALLS = 2
# Enough for a low quantile of a node's times. A large network is called less often, because its nodes take so
# long that a disturbance is a small part of them.
_CALLS, _LEAST_CALLS, _ENOUGH_S = 8, 3, 1.0
# A node is disturbed in some calls and never hurried, so its own time is below the median.
_QUANTILE = 0.3


def repeat(call: Callable[[], None], clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Make the first calls, and then those that count, before other processes where the system allows it.
    Returns how long these took (microseconds)."""
    times: list[float] = []
    with real_time_priority():
        for _ in range(FIRST_CALLS):
            call()
        begin_s = clock()
        while len(times) < _LEAST_CALLS or (len(times) < _CALLS and clock() - begin_s < _ENOUGH_S):
            before_s = clock()
            call()
            times.append((clock() - before_s) * 1e6)
    return times


def undisturbed(times: Sequence[float] | Floats) -> float:
    """The time that belongs to what was called, of the times that its calls took."""
    return float(np.quantile(times, _QUANTILE))


def from_running_means(means: Sequence[float]) -> list[float]:
    """What each call took, from the mean of all calls after each of them."""
    totals = [0.0, *(count * mean for count, mean in enumerate(means, start=1))]
    return [after - before for before, after in pairwise(totals)]
