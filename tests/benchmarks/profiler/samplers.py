"""Other ways to make the calls of a block, in place of profiler.protocol.sampling.block: two referees, timm's
protocol, and the profiler's own of protocol 2.

They read no CPU time, so `cpu_ns` repeats `wall_ns`.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from profiler.protocol.plan import SamplingPlan
from profiler.protocol.sampling import Call, Clock, Timings, WarmUp

Sampler = Callable[[Call, SamplingPlan, Clock], Timings]

# timm's benchmark.py: InferenceBenchmarkRunner's defaults.
TIMM_WARM_UPS, TIMM_CALLS = 10, 40
# Protocol 2: so many calls and seconds at least, but no longer than the most once there are a few.
_ONCE_CALLS, _ONCE_S, _ONCE_FEW, _ONCE_MOST_S = 30, 0.5, 5, 0.75
_MEDIAN = "50.00 percentile latency (ns)"


def loadgen(call: Call, plan: SamplingPlan, clock: Clock) -> Timings:
    """MLPerf's load generator, SingleStream, after the call that finds its caches used by others. `wall_ns`
    holds one number: the median in the load generator's own log.

    Raises:
        ValueError: the log has no median.
    """
    import mlperf_loadgen  # of the extra dev

    def issue(queries: list[Any]) -> None:
        for query in queries:
            call()
            mlperf_loadgen.QuerySamplesComplete([mlperf_loadgen.QuerySampleResponse(query.id, 0, 0)])

    call()
    settings = mlperf_loadgen.TestSettings()
    settings.scenario = mlperf_loadgen.TestScenario.SingleStream
    settings.mode = mlperf_loadgen.TestMode.PerformanceOnly
    settings.min_duration_ms = round(plan.block_s * 1000)
    settings.min_query_count = plan.block_calls
    with tempfile.TemporaryDirectory() as folder:
        log = mlperf_loadgen.LogSettings()
        log.log_output.outdir = folder
        log.log_output.copy_summary_to_stdout = False
        log.enable_trace = False
        system = mlperf_loadgen.ConstructSUT(issue, lambda: None)
        queries = mlperf_loadgen.ConstructQSL(1, 1, lambda _: None, lambda _: None)
        mlperf_loadgen.StartTestWithLogSettings(system, queries, settings, log)
        mlperf_loadgen.DestroyQSL(queries)
        mlperf_loadgen.DestroySUT(system)
        median_ns = median_of_log((Path(folder) / "mlperf_log_summary.txt").read_text())
    return Timings((median_ns,), (median_ns,))


def median_of_log(summary: str) -> int:
    """The median latency, ns, in the text of mlperf_log_summary.txt.

    Raises:
        ValueError: there is none.
    """
    for line in summary.splitlines():
        if line.startswith(_MEDIAN):
            return int(line.partition(":")[2])
    raise ValueError(f"the load generator's log has no {_MEDIAN!r}")


def loop(call: Call, plan: SamplingPlan, clock: Clock) -> Timings:
    """What one would write in a minute: a call to warm the caches, then a list of durations."""
    call()
    durations: list[int] = []
    end = time.perf_counter() + plan.block_s
    while len(durations) < plan.block_calls or time.perf_counter() < end:
        begin = time.perf_counter_ns()
        call()
        durations.append(time.perf_counter_ns() - begin)
    return Timings(tuple(durations), tuple(durations))


def once(call: Call, plan: SamplingPlan, clock: Clock) -> Timings:
    """Protocol 2: all calls of a process in one go."""
    begin = clock.wall_ns()
    durations: list[int] = []
    while True:
        spent_s = (clock.wall_ns() - begin) / 1e9
        if len(durations) >= _ONCE_CALLS and spent_s >= _ONCE_S:
            break
        if len(durations) >= _ONCE_FEW and spent_s >= _ONCE_MOST_S:
            break
        durations.append(_timed(call, clock))
    return Timings(tuple(durations), tuple(durations))


def timm(call: Call, plan: SamplingPlan, clock: Clock) -> Timings:
    """timm's benchmark.py: 40 calls after its warm-up. Its number is their mean."""
    durations = tuple(_timed(call, clock) for _ in range(TIMM_CALLS))
    return Timings(durations, durations)


def timm_warm_up(call: Call, plan: SamplingPlan, clock: Clock, steady: object = None) -> WarmUp:
    """timm's benchmark.py: 10 calls."""
    for _ in range(TIMM_WARM_UPS):
        call()
    return WarmUp(TIMM_WARM_UPS, settled=True)


def _timed(call: Call, clock: Clock) -> int:
    begin = clock.wall_ns()
    call()
    return clock.wall_ns() - begin
