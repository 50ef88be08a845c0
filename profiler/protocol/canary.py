"""The canary: two fixed kernels, timed beside the samples. They slow down when something disturbs the
machine.

A neighbour that streams memory through a shared cache does not show in the CPU time of a process, nor does a
processor that runs hot. The network under test slows down, and looks slow. A fixed amount of work slows down
too, and the two kernels show whether computing or memory is slow.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable
from statistics import median

from catalog.entities.samples import Canary, ProcessSample
from profiler.sensors.contention import CONTENDED_CPUS

# Hashing takes about 1.4 ms on a server processor, and copying 4 ms: long against the clock's resolution,
# short against the samples.
_HASHED_BYTES, _HASHES = 64 << 10, 32
# Twice the last-level cache that most virtual machines have, so that the copy goes to memory.
_COPIED_BYTES = 32 << 20
# The machine is quiet in a tenth of its processes at least. A smaller share would rest on a lucky process.
_QUIET_SHARE = 0.1
# Processes of about one campaign: a machine that moved to another host has a new level soon.
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
        """Run each kernel once. It empties the caches, so the first call of the network after it is slow."""
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
        """Free the memory. Returns the times of all beats."""
        self._buffer.release()
        return Canary(tuple(self._compute_ns), tuple(self._memory_ns))


class QuietLevel:
    """What the kernels take on this machine when nothing disturbs it: the quietest tenth of its last
    processes.

    A machine that moved to another host has a new level once those of the old host are forgotten.
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
        """The canary with the level of the processes until now."""
        return Canary(canary.compute_ns, canary.memory_ns, _quietest(self._compute), _quietest(self._memory))


def _quietest(times: deque[float]) -> float | None:
    """The quantile at the quiet share: the smallest of up to ten, the second smallest of twenty, and so
    on."""
    if not times:
        return None
    return sorted(times)[max(0, round(len(times) * _QUIET_SHARE) - 1)]
