"""Fixed kernels timed beside the samples: they slow down when something disturbs the machine.

The CPU time of a process does not tell of a neighbour that streams memory through a shared cache, nor of a
processor that runs hot: the network under test slows down, and looks slow. What a fixed amount of work
takes, told apart into computing and memory, does.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable
from statistics import median

from catalog.entities.samples import Canary, ProcessSample
from profiler.sensors.contention import CONTENDED_CPUS

# About 1.4 and 4 ms on a server processor: long against the clock's resolution, short against the samples.
_HASHED_BYTES, _HASHES = 64 << 10, 32
# Twice the last-level cache of most processors that a virtual machine sees, so that memory answers.
_COPIED_BYTES = 32 << 20
# The machine is as quiet as in the quietest tenth of the processes that were seen last.
_QUIET_SHARE = 0.1
_REMEMBERED = 100


class Kernels:
    """The kernels of one process, with the times (ns) of every `beat`. They hold 64 MiB until `close`."""

    def __init__(self, wall_ns: Callable[[], int]) -> None:
        self._wall_ns = wall_ns
        self._block = os.urandom(_HASHED_BYTES)
        # Written, not only reserved: a page that was never written is not in memory.
        self._buffer = memoryview(bytearray(os.urandom(1)) * (2 * _COPIED_BYTES))
        self._compute_ns: list[int] = []
        self._memory_ns: list[int] = []

    def beat(self) -> None:
        """Run each kernel once. It leaves nothing of the network in the caches: call that once after it."""
        begin = self._wall_ns()
        digest = hashlib.sha256()
        for _ in range(_HASHES):
            digest.update(self._block)
        middle = self._wall_ns()
        self._buffer[:_COPIED_BYTES] = self._buffer[_COPIED_BYTES:]
        end = self._wall_ns()
        self._compute_ns.append(middle - begin)
        self._memory_ns.append(end - middle)

    def close(self) -> Canary:
        """Free the memory; what was timed."""
        self._buffer.release()
        return Canary(tuple(self._compute_ns), tuple(self._memory_ns))


class QuietLevel:
    """What the kernels take on this machine when nothing disturbs it, as far as it was seen.

    It follows the processes seen last, so that a machine that moved to another host is not in doubt for ever.
    """

    def __init__(self, seen: Iterable[ProcessSample] = ()) -> None:
        self._compute: deque[float] = deque(maxlen=_REMEMBERED)
        self._memory: deque[float] = deque(maxlen=_REMEMBERED)
        for sample in seen:
            self.learn(sample)

    def learn(self, sample: ProcessSample) -> None:
        """Take a process into account, unless it had a neighbour."""
        quiet = sample.foreign_cpus <= CONTENDED_CPUS
        if quiet and sample.canary is not None and sample.canary.compute_ns:
            # A burst within one beat is no level.
            self._compute.append(median(sample.canary.compute_ns))
            self._memory.append(median(sample.canary.memory_ns))

    def beside(self, canary: Canary) -> Canary:
        """The canary with the level as it is known now."""
        return Canary(canary.compute_ns, canary.memory_ns, _quietest(self._compute), _quietest(self._memory))


def _quietest(times: deque[float]) -> float | None:
    """The quantile at the quiet share: the least of up to ten, the second of twenty, and so on."""
    if not times:
        return None
    return sorted(times)[max(0, round(len(times) * _QUIET_SHARE) - 1)]
