"""Neighbours: processes that compute, or stream memory, for a share of the time.

python -m tests.benchmarks.profiler.neighbours spinner 0.5 1       half of CPU 1
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

SPINNER, STREAMER = "spinner", "streamer"
KINDS = (SPINNER, STREAMER)
DUTIES = (0.25, 0.5, 1.0)

_PERIOD_S = 0.02
_JITTER = 0.25
_BUFFER_BYTES = 128 << 20  # far more than any last-level cache gives to one tenant
_PIECE_BYTES = 4 << 20


@contextmanager
def beside(kind: str, duty: float, cpus: Sequence[int]) -> Iterator[None]:
    """A neighbour on the last of `cpus`, where one thread is measured, if it spins; on the one before, if it
    streams memory.

    Raises:
        RuntimeError: it did not start, or there is no other CPU.
    """
    if kind == STREAMER and len(cpus) < 2:
        raise RuntimeError("a neighbour on another CPU needs a second one")
    cpu = cpus[-1] if kind == SPINNER else cpus[-2]
    command = [sys.executable, "-m", __name__, kind, str(duty), str(cpu)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    try:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError(f"the {kind} did not start")
        yield
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def _streaming() -> Callable[[float], None]:
    import numpy as np

    source = np.ones(_BUFFER_BYTES, dtype=np.uint8)
    destination = np.zeros_like(source)
    pieces = _BUFFER_BYTES // _PIECE_BYTES
    position = 0

    def stream(seconds: float) -> None:
        nonlocal position
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            piece = slice(position * _PIECE_BYTES, (position + 1) * _PIECE_BYTES)
            np.copyto(destination[piece], source[piece])
            position = (position + 1) % pieces

    return stream


def work(kind: str, duty: float, alive: Callable[[], bool]) -> None:
    """Be busy for the share `duty` of periods of about 20 ms while `alive`; says so when it begins."""
    busy = _spin if kind == SPINNER else _streaming()
    busy(_PERIOD_S)
    print("ready", flush=True)
    while alive():
        period = _PERIOD_S * random.uniform(1 - _JITTER, 1 + _JITTER)
        busy(period * duty)
        if duty < 1:
            time.sleep(period * (1 - duty))


def main(kind: str, duty: str, cpu: str) -> None:
    os.sched_setaffinity(0, [int(cpu)])
    parent = os.getppid()
    work(kind, float(duty), lambda: os.getppid() == parent)


if __name__ == "__main__":
    main(*sys.argv[1:])
