"""The process that measures one case: it loads one artefact in one runtime, samples it, and answers.

A campaign starts `python -m profiler.worker` for each sample. What this process imports is part of the memory
and the time that it measures, so the runtime and numpy are imported when the request names them.
"""

import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from pathlib import Path

from catalog.entities.configurations import Configuration
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.entities.samples import CpuClock, ProcessSample
from catalog.words.vocabulary import Device
from profiler.processes.serving import Json, serve
from profiler.protocol import canary, scenarios
from profiler.protocol.plan import SamplingPlan
from profiler.sensors import contention, frequency, gpu_watch, memory
from profiler.sensors.system import this_system


class SystemClock:
    """perf_counter and the process's CPU time."""

    def wall_ns(self) -> int:
        return time.perf_counter_ns()

    def cpu_ns(self) -> int:
        return time.process_time_ns()


def run(request: Json) -> Json:
    """Measure one case in this process. The answer holds the fields of a `ProcessSample`.

    Raises:
        CaseFailed: the runtime cannot run the case, or its output is wrong.
    """
    marks = [time.perf_counter()]
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    system = this_system()
    affinity = system.pin(request["affinity"])  # before the runtime starts its threads
    workload = from_document(Workload, request["workload"])
    configuration = from_document(Configuration, request["configuration"])
    from profiler.artefacts import verification  # noqa: PLC0415 - numpy counts as an import
    from profiler.runtimes.base import LoadRequest, import_runtime  # noqa: PLC0415 - and so does the runtime

    runtime = import_runtime(configuration.runtime, configuration.scenario, configuration.device)
    device_watch = gpu_watch.watch(configuration.device)
    imported_bytes = system.peak_bytes()
    marks.append(time.perf_counter())

    artefact = Path(request["artefact"])
    network = runtime.load(LoadRequest(artefact, workload, configuration))
    loaded_bytes = system.peak_bytes()
    expectation = verification.load(artefact.parent)
    started = scenarios.start(
        network,
        configuration,
        expectation.image,
        lambda output: verification.check(output, expectation.output, configuration.precision),
    )
    marks.append(time.perf_counter())

    clock = SystemClock()
    with memory.PeakWithout() as peak:
        kernels = canary.Kernels(clock.wall_ns)
    before = contention.current_use()
    plan = from_document(SamplingPlan, request["plan"])
    if configuration.device is not Device.CPU:
        # The canary empties the processor's caches. A GPU has its own, so no call needs to be left out.
        plan = replace(plan, beat_s=inf)
    clocks: list[CpuClock] = []

    def beat() -> None:
        kernels.beat()
        clocks.extend(frequency.read(affinity))

    timings = started.sample(plan, clock, beat, device_watch.is_steady)
    device = device_watch.reading(network, len(timings.wall_ns))
    foreign = contention.foreign_cpus(before, contention.current_use())
    peak_bytes = peak.bytes()
    marks.append(time.perf_counter())

    import_s, load_s, sample_s = (later - earlier for earlier, later in pairwise(marks))
    warm_up_s = timings.warm_up_ns / 1e9
    return asdict(
        ProcessSample(
            wall_ns=timings.wall_ns,
            cpu_ns=timings.cpu_ns,
            warm_up_calls=timings.warm_up_calls,
            warm_up_settled=timings.warm_up_settled,
            imported_bytes=imported_bytes,
            loaded_bytes=loaded_bytes,
            peak_bytes=peak_bytes,
            foreign_cpus=foreign,
            deviation=started.deviation,
            affinity=affinity,
            started_at=started_at,
            seconds={
                "import": import_s,
                "load": load_s,
                "warm_up": warm_up_s,
                "sample": sample_s - warm_up_s,
            },
            span_ns=timings.span_ns,
            canary=kernels.close(),
            clocks=tuple(clocks),
            device=device,
        )
    )


if __name__ == "__main__":
    serve(run)
