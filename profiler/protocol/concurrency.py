"""Sampling several clients at once. Each calls again as soon as it was answered (a closed loop).

A client's loop is an iterator. It yields after each call, before it looks at the others, so that a test can
run clients in the order of their clocks. `in_threads` runs them as Python threads. They compute side by side,
because the runtimes release Python's lock.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Barrier, Event

from profiler.protocol.plan import SamplingPlan, agree
from profiler.protocol.sampling import Call, Clock, Timings, WarmUp, least_calls

Together = Callable[[Sequence[Iterator[None]]], None]


def in_threads(loops: Sequence[Iterator[None]]) -> None:
    """Run every loop to its end in a thread of its own. They begin when all threads have started.

    Raises:
        Exception: a loop raised it. The others stop after their call.
    """
    barrier, failed = Barrier(len(loops)), Event()

    def run(loop: Iterator[None]) -> None:
        barrier.wait()
        try:
            for _ in loop:
                if failed.is_set():
                    return
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(len(loops)) as pool:
        for ended in [pool.submit(run, loop) for loop in loops]:
            ended.result()


def warm_up_concurrently(
    calls: Sequence[Call], plan: SamplingPlan, clock: Clock, together: Together = in_threads
) -> WarmUp:
    """Warm up all clients at once, until the last two windows of each agree or its time is over. `calls` has
    a client's call each."""
    warm_up = _WarmUp(len(calls))
    together([warm_up.loop(client, call, plan, clock) for client, call in enumerate(calls)])
    return WarmUp(sum(warm_up.calls), all(warm_up.settled))


def block_concurrently(
    calls: Sequence[Call], plan: SamplingPlan, clock: Clock, together: Together = in_threads
) -> Timings:
    """Time one block of all clients' calls, while all clients call. `calls` has a client's call each.

    Each client's first call is not counted. All clients continue until the last has the calls of a block.
    `wall_ns` are the calls that had ended by then, one client's after another's, and `span_ns` is the time
    until then from the first begin. Calls that had not ended are not counted, so that throughput errs on the
    low side, by a part of one call for each client but the last. `cpu_ns` is empty, because the process has
    one CPU time for calls that overlap.
    """
    sampling = _Sampling(len(calls))
    together([sampling.loop(client, call, plan, clock) for client, call in enumerate(calls)])
    stop = max(sampling.satisfied)
    return Timings(
        wall_ns=tuple(
            max(1, end - begin) for client in sampling.calls for begin, end in client if end <= stop
        ),
        cpu_ns=(),
        span_ns=max(1, stop - min(client[0][0] for client in sampling.calls)),
    )


class _WarmUp:
    """Windows of calls, until every client's last two agree or its time is over. Each client writes to
    entries of its own, so threads need no lock."""

    def __init__(self, clients: int) -> None:
        self.calls = [0] * clients
        self.settled = [False] * clients
        self._waiting = set(range(clients))

    def loop(self, client: int, call: Call, plan: SamplingPlan, clock: Clock) -> Iterator[None]:
        begin = clock.wall_ns()
        previous: float | None = None
        while self._waiting:
            window: list[int] = []
            window_begin = clock.wall_ns()
            while (
                len(window) < plan.warm_up_window_calls
                or clock.wall_ns() - window_begin < plan.warm_up_window_s * 1e9
            ):
                start = clock.wall_ns()
                call()
                window.append(max(1, clock.wall_ns() - start))
                self.calls[client] += 1
                yield
                if not self._waiting:
                    return
            current = median(window)
            if previous is not None:
                self.settled[client] = agree(previous, current, plan)
                if self.settled[client] or clock.wall_ns() - begin >= plan.warm_up_max_s * 1e9:
                    self._waiting.discard(client)
            previous = current


class _Sampling:
    """Begin and end (ns) of every client's calls, until the last client has enough of them. `satisfied` is
    when each client had enough (ns)."""

    def __init__(self, clients: int) -> None:
        self.calls: list[list[tuple[int, int]]] = [[] for _ in range(clients)]
        self.satisfied = [0] * clients
        self._waiting = set(range(clients))

    def loop(self, client: int, call: Call, plan: SamplingPlan, clock: Clock) -> Iterator[None]:
        own = self.calls[client]
        begin = clock.wall_ns()
        call()
        yield
        least = least_calls((clock.wall_ns() - begin) / 1e9, plan)
        while self._waiting:
            begin = clock.wall_ns()
            call()
            end = clock.wall_ns()
            yield
            own.append((begin, end))
            if client in self._waiting and len(own) >= least and end - own[0][0] >= plan.block_s * 1e9:
                self.satisfied[client] = end
                self._waiting.discard(client)
