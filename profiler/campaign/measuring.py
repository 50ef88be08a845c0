"""One sample of a case from a fresh worker process."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from catalog.entities.documents import from_document
from catalog.entities.samples import ProcessSample
from profiler.artefacts.cache import CachedArtefact
from profiler.cases import Case
from profiler.processes.child import Child
from profiler.processes.compilation import worker_environment
from profiler.protocol.plan import SamplingPlan
from profiler.sensors.system import this_system

# Takes one sample of a case by its artefact, its plan, and the seconds that the process may take.
Measure = Callable[[Case, CachedArtefact, SamplingPlan, float], ProcessSample]


def measure_in_process(
    case: Case,
    artefact: CachedArtefact,
    plan: SamplingPlan,
    timeout_s: float,
    module: str = "profiler.worker",
    variables: Mapping[str, str] | None = None,
) -> ProcessSample:
    """One sample from a fresh process of `module`, with `variables` in its environment. The process is pinned
    to as many CPUs as the case has threads, times its clients.

    Raises:
        CaseFailed: the process reported a failure, died or timed out.
    """
    # The first CPU serves most interrupts, so the last ones are taken.
    affinity = this_system().cpus()[-case.configuration.stated_threads * case.configuration.clients :]
    request = {
        "artefact": str(artefact.path.absolute()),
        "workload": asdict(case.workload),
        "configuration": asdict(case.configuration),
        "affinity": affinity,
        "plan": asdict(plan),
    }
    threads = {"OMP_NUM_THREADS": str(case.configuration.stated_threads)}
    own = {**threads, **worker_environment(case.configuration), **(variables or {})}
    with Child(module, own) as worker:
        return from_document(ProcessSample, worker.ask(request, timeout_s))
