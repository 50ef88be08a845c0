"""Other ways to sample a call, in place of profiler.timing.sample: two referees, and timm's protocol.

They take no CPU time, so `cpu_ns` repeats `wall_ns`.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from profiler.protocol.plan import SamplingPlan
from profiler.protocol.sampling import Clock, Timings
from profiler.protocol.sampling import sample as profilers_own

Sampler = Callable[..., Timings]

# timm's benchmark.py: InferenceBenchmarkRunner's defaults.
TIMM_WARM_UPS = 10
TIMM_CALLS = 40

_MEDIAN = "50.00 percentile latency (ns)"


def loadgen(call: Callable[[], object], plan: SamplingPlan, clock: Clock, **options: Any) -> Timings:
    """MLPerf's load generator, SingleStream, after the profiler's own warm-up. `wall_ns` and `cpu_ns` hold
    one number: the median in the load generator's own log.

    Raises:
        ValueError: the log has no median.
    """
    import mlperf_loadgen  # of the extra dev

    warm = profilers_own(call, replace(plan, min_calls=0, min_s=0.0), clock, **options)

    def issue(queries: list[Any]) -> None:
        for query in queries:
            call()
            mlperf_loadgen.QuerySamplesComplete([mlperf_loadgen.QuerySampleResponse(query.id, 0, 0)])

    settings = mlperf_loadgen.TestSettings()
    settings.scenario = mlperf_loadgen.TestScenario.SingleStream
    settings.mode = mlperf_loadgen.TestMode.PerformanceOnly
    settings.min_duration_ms = round(plan.min_s * 1000)
    settings.min_query_count = plan.min_calls
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
    return replace(warm, wall_ns=(median_ns,), cpu_ns=(median_ns,))


def median_of_log(summary: str) -> int:
    """The median latency, ns, in the text of mlperf_log_summary.txt.

    Raises:
        ValueError: there is none.
    """
    for line in summary.splitlines():
        if line.startswith(_MEDIAN):
            return int(line.partition(":")[2])
    raise ValueError(f"the load generator's log has no {_MEDIAN!r}")


def loop(call: Callable[[], object], plan: SamplingPlan, clock: Clock, **_: Any) -> Timings:
    """What one would write in a minute: ten calls to warm up, then a list of durations."""
    begun = clock.wall_ns()
    for _warm_up in range(10):
        call()
    warm_up_ns = clock.wall_ns() - begun
    durations: list[int] = []
    end = time.perf_counter() + plan.min_s
    while len(durations) < plan.min_calls or time.perf_counter() < end:
        begin = time.perf_counter_ns()
        call()
        durations.append(time.perf_counter_ns() - begin)
    return Timings(tuple(durations), tuple(durations), 10, True, warm_up_ns)


def timm(call: Callable[[], object], plan: SamplingPlan, clock: Clock, **_: Any) -> Timings:
    """timm's benchmark.py: 10 calls to warm up, then 40; its number is their mean."""
    begin = clock.wall_ns()
    for _warm_up in range(TIMM_WARM_UPS):
        call()
    warm_up_ns = clock.wall_ns() - begin
    durations: list[int] = []
    for _call in range(TIMM_CALLS):
        start = clock.wall_ns()
        call()
        durations.append(clock.wall_ns() - start)
    return Timings(tuple(durations), tuple(durations), TIMM_WARM_UPS, True, warm_up_ns)
