"""Several clients at once: each calls again as soon as it was answered (a closed loop).

A client's loop is an iterator that yields after each call and before it looks at what the others did, so
that a test can run clients in the order of their clocks; `in_threads` runs them as Python threads, which the
runtimes let run side by side.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Barrier, Event

from profiler.protocol.plan import SamplingPlan, agree, enough
from profiler.protocol.sampling import Clock, Timings

Call = Callable[[], object]
Together = Callable[[Sequence[Iterator[None]]], None]


def in_threads(loops: Sequence[Iterator[None]]) -> None:
    """Run every loop to its end in a thread of its own; none begins before all are there.

    Raises:
        Exception: what a loop raised; the others stop after their call.
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


def sample_concurrently(
    calls: Sequence[Call],
    plan: SamplingPlan,
    clock: Clock,
    together: Together = in_threads,
    beat: Callable[[], None] = lambda: None,
) -> Timings:
    """Time the `calls`, one a client, while all of them are being made; the canary beats before and after.

    Each client warms up, and then samples, until it has what `plan` asks of a process; the load stays on
    until the last of them has. `wall_ns` are the calls that all clients had finished by then, one client's
    after another's, and `span_ns` is the time until then from the first begin. What the clients were in the
    middle of is not counted, so throughput errs on the low side, by a part of one call of each client but
    the last. `cpu_ns` is empty: the process has one CPU time, and which of the calls that overlap used it
    cannot be told.
    """
    beat()
    begin = clock.wall_ns()
    warm_up = _WarmUp(len(calls))
    together([warm_up.loop(client, call, plan, clock) for client, call in enumerate(calls)])
    warm_up_ns = clock.wall_ns() - begin
    sampling = _Sampling(len(calls))
    together([sampling.loop(client, call, plan, clock) for client, call in enumerate(calls)])
    beat()
    stop = max(sampling.satisfied)
    return Timings(
        wall_ns=tuple(end - begin for client in sampling.calls for begin, end in client if end <= stop),
        cpu_ns=(),
        warm_up_calls=sum(warm_up.calls),
        warm_up_settled=all(warm_up.settled),
        warm_up_ns=warm_up_ns,
        span_ns=stop - min(client[0][0] for client in sampling.calls),
    )


class _WarmUp:
    """Windows of calls until every client's last two agree or its time is over. A client writes only what is
    its own, so threads need no lock."""

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
    """Begin and end (ns) of every client's calls, until the last client has enough of them; `satisfied` is
    when each had (ns)."""

    def __init__(self, clients: int) -> None:
        self.calls: list[list[tuple[int, int]]] = [[] for _ in range(clients)]
        self.satisfied = [0] * clients
        self._waiting = set(range(clients))

    def loop(self, client: int, call: Call, plan: SamplingPlan, clock: Clock) -> Iterator[None]:
        own = self.calls[client]
        while self._waiting:
            begin = clock.wall_ns()
            call()
            end = clock.wall_ns()
            yield
            own.append((begin, end))
            if client in self._waiting and enough(len(own), (end - own[0][0]) / 1e9, plan):
                self.satisfied[client] = end
                self._waiting.discard(client)
