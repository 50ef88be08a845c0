"""A fresh process: one case in, one sample out. Imports only the runtime under test.

python -m profiler.worker        started by profiler.campaign, answers one request
"""

import os
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

from catalog.entities.configurations import Configuration
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.entities.samples import CpuClock, ProcessSample
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Precision
from profiler.failures import CaseFailed
from profiler.processes.serving import Json, serve
from profiler.protocol import canary, scenarios
from profiler.protocol.plan import SamplingPlan
from profiler.sensors import contention, frequency, gpu_watch, memory

# The largest error against torch's output, relative to its largest value, that is still the same network.
# fp16 rounds 8 times as finely as bf16. int8 has no bound: how far it parts is stored, not judged.
_TOLERANCE = {
    Precision.FP32: 5e-3,
    Precision.BF16: 0.2,
    Precision.AMP_BF16: 0.2,
    Precision.FP16: 0.025,
    Precision.AMP_FP16: 0.025,
    Precision.INT8: inf,
}


class SystemClock:
    """perf_counter and the process's CPU time."""

    def wall_ns(self) -> int:
        return time.perf_counter_ns()

    def cpu_ns(self) -> int:
        return time.process_time_ns()


def run(request: Json) -> Json:
    """Measure one case in this process; the answer holds the fields of a `ProcessSample`."""
    marks = [time.perf_counter()]
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    os.sched_setaffinity(0, request["affinity"])  # before the runtime starts its threads
    workload = from_document(Workload, request["workload"])
    configuration = from_document(Configuration, request["configuration"])
    from profiler.runtimes.base import LoadRequest, import_runtime  # noqa: PLC0415 - numpy and the runtime count as imports

    runtime = import_runtime(configuration.runtime, configuration.scenario, configuration.device)
    device_watch = gpu_watch.watch(configuration.device)
    imported_bytes = memory.peak_bytes()
    marks.append(time.perf_counter())

    artefact = Path(request["artefact"])
    network = runtime.load(LoadRequest(artefact, workload, configuration))
    loaded_bytes = memory.peak_bytes()
    image, reference_output = _reference(artefact.parent)
    started = scenarios.start(
        network, configuration, image, lambda output: _deviation(output, reference_output, configuration)
    )
    marks.append(time.perf_counter())

    clock = SystemClock()
    with memory.PeakWithout() as peak:
        kernels = canary.Kernels(clock.wall_ns)
    before = contention.current_use()
    plan = from_document(SamplingPlan, request["plan"])
    if configuration.device is not Device.CPU:
        # The caches that the canary empties are not the device's: no call needs to be left out.
        plan = replace(plan, beat_s=inf)
    clocks: list[CpuClock] = []

    def beat() -> None:
        kernels.beat()
        clocks.extend(frequency.read(request["affinity"]))

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
            affinity=tuple(request["affinity"]),
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


def _reference(folder: Path) -> tuple[Any, Any]:
    """The seeded image, shape (1, 3, height, width), and torch's output for it."""
    import numpy as np  # noqa: PLC0415 - the runtimes import it anyway; not before the affinity is set

    with np.load(folder / "reference.npz") as reference:
        return reference["image"], reference["output"]


def _deviation(output: Any, reference: Any, configuration: Configuration) -> float:
    """The largest error relative to the reference's largest value.

    Raises:
        CaseFailed: the output is not finite, or is another network's.
    """
    import numpy as np  # noqa: PLC0415

    if not np.isfinite(output).all():
        raise CaseFailed(
            FailureReason.NON_FINITE_OUTPUT, f"The output is not finite in {configuration.precision}."
        )
    deviation = float(np.abs(output - reference).max() / np.abs(reference).max())
    if deviation > _TOLERANCE[configuration.precision]:
        raise CaseFailed(
            FailureReason.WRONG_OUTPUT, f"The output differs from torch's by {deviation:.2g} of its range."
        )
    return deviation


if __name__ == "__main__":
    serve(run)
