"""The processes of a campaign: those that measure cases, and those of the canary."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from functools import cache
from typing import Protocol

from catalog.entities.documents import from_document
from catalog.entities.samples import Beat, ProcessSample
from catalog.machine.topology import chosen_cpus
from catalog.words.vocabulary import Device, RuntimeName, Scenario
from profiler.artefacts.cache import CachedArtefact
from profiler.cases import Case
from profiler.errors import CanaryFailed
from profiler.failures import CaseFailed
from profiler.faults import HostFault
from profiler.processes import bytecode
from profiler.processes.child import Child
from profiler.processes.compilation import worker_environment
from profiler.processes.isolation import isolated
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.visits import Visit
from profiler.sensors import environment
from profiler.sensors.system import this_system

_CANARY_TIMEOUT_S = 60.0
# Compiling torch and timm took 25 s on a busy machine.
_IMPORT_TIMEOUT_S = 300.0
# A runtime has taken what it takes after the second call.
_FEW_CALLS = SamplingPlan(block_s=0.0, warm_up_window_calls=1, warm_up_window_s=0.0, warm_up_max_s=0.0)


class OpenProcess(Protocol):
    """A process that loads a case, and then waits to be visited."""

    def loaded(self) -> ProcessSample:
        """Wait until the case is loaded and warm. Returns a sample without calls.

        Raises:
            CaseFailed: the process reported a failure, died or timed out.
            HostFault: the host keeps it from measuring.
        """

    def visit(self) -> Visit:
        """Make a block of calls, once the case is loaded.

        Raises:
            CaseFailed: the process reported a failure, died or timed out.
            HostFault: the host keeps it from measuring.
        """

    def close(self) -> None:
        """End the process."""


class Canary(Protocol):
    """A canary on some CPUs."""

    def beat(self) -> Beat:
        """Run its work now.

        Raises:
            CanaryFailed: its process died or did not answer.
        """

    def close(self) -> None: ...


# Starts a process for a case with its artefact and plan. An answer may take so many seconds.
Open = Callable[[Case, CachedArtefact, SamplingPlan, float], OpenProcess]
# Opens a canary on the CPUs of a case.
OpenCanary = Callable[[Case], Canary]


def cpus_of(case: Case) -> list[int]:
    """The CPUs that a case is measured on: as many as it has threads, times its clients, of one kind of core
    (`catalog.machine.topology`)."""
    return chosen_cpus(this_system().cpus(), case.configuration.cpus)


def open_process(
    case: Case,
    artefact: CachedArtefact,
    plan: SamplingPlan,
    timeout_s: float,
    module: str = "profiler.worker",
    variables: Mapping[str, str] | None = None,
) -> "WorkerProcess":
    """A fresh process of `module` that loads the case, with `variables` in its environment.

    Raises:
        HostFault: the host lets no such process start.
    """
    request = {
        "ask": "open",
        **described(case, artefact),
        "plan": asdict(plan),
    }
    configuration = case.configuration
    _let_compile(configuration.runtime, configuration.scenario, configuration.device)
    child = Child(module, worker_variables(case, variables))
    try:
        child.send(request)
    except BaseException:
        child.close()
        raise
    return WorkerProcess(child, timeout_s)


def peak_bytes(case: Case, artefact: CachedArtefact, timeout_s: float) -> int | None:
    """The peak memory of a fresh process that loads the case and makes a few calls. None where the system
    does not say.

    Raises:
        CaseFailed: the process reported a failure, died or timed out.
        HostFault: the host lets no such process start or measure.
    """
    with closing(open_process(case, artefact, _FEW_CALLS, timeout_s)) as process:
        return process.visit().peak_bytes


@cache
def _let_compile(runtime: RuntimeName, scenario: Scenario, device: Device) -> None:
    """Let a process that measures nothing import the runtime, where Python has not compiled it yet. That
    takes time and memory that are not a network's. What fails here fails the case too, which tells it."""
    modules = [package.module for package in environment.packages(runtime)]
    if bytecode.are_compiled(["numpy", *modules], isolated()):
        return
    request = {"ask": "import", "runtime": runtime, "scenario": scenario, "device": device}
    with suppress(CaseFailed, HostFault), Child("profiler.worker", {}) as child:
        child.ask(request, _IMPORT_TIMEOUT_S)


def described(case: Case, artefact: CachedArtefact) -> dict[str, object]:
    """What a worker must know of a case."""
    return {
        "artefact": str(artefact.path.absolute()),
        "workload": asdict(case.workload),
        "configuration": asdict(case.configuration),
        "affinity": cpus_of(case),
        "packages": [asdict(one) for one in environment.packages(case.configuration.runtime)],
    }


def worker_variables(case: Case, variables: Mapping[str, str] | None) -> dict[str, str]:
    """What the environment of a worker has, with `variables` of the campaign's own."""
    threads = {"OMP_NUM_THREADS": str(case.configuration.stated_threads)}
    return {**threads, **worker_environment(case.configuration), **(variables or {})}


class WorkerProcess:
    """A process of `profiler.worker` that was asked to open a case."""

    def __init__(self, child: Child, timeout_s: float) -> None:
        self._child = child
        self._timeout_s = timeout_s
        self._sample: ProcessSample | None = None

    def loaded(self) -> ProcessSample:
        if self._sample is None:
            self._sample = from_document(ProcessSample, self._child.answer(self._timeout_s))
        return self._sample

    def visit(self) -> Visit:
        self.loaded()
        return from_document(Visit, self._child.ask({"ask": "visit"}, self._timeout_s))

    def close(self) -> None:
        self._child.close()


def open_canary(case: Case, variables: Mapping[str, str] | None = None) -> "CanaryProcess":
    """A canary on the CPUs of the case, and on its GPU if it has one.

    Raises:
        CanaryFailed: it cannot run.
    """
    return CanaryProcess(cpus_of(case), case.configuration.device is not Device.CPU, variables or {})


class CanaryProcess:
    """A process of `profiler.canary`."""

    def __init__(self, cpus: Sequence[int], on_gpu: bool, variables: Mapping[str, str]) -> None:
        # numpy's library would compute each product with threads of its own.
        self._child = Child("profiler.canary", {**variables, "OPENBLAS_NUM_THREADS": "1"})
        try:
            self._ask({"ask": "open", "affinity": list(cpus), "on_gpu": on_gpu})
        except BaseException:
            self._child.close()
            raise

    def beat(self) -> Beat:
        return self._ask({"ask": "beat"})

    def close(self) -> None:
        self._child.close()

    def _ask(self, request: dict[str, object]) -> Beat:
        try:
            return from_document(Beat, self._child.ask(request, _CANARY_TIMEOUT_S))
        except CaseFailed as failure:  # of the canary, and not of the case that it beats beside
            raise CanaryFailed(failure.detail) from failure
        except HostFault as fault:
            raise CanaryFailed(fault.message, fault.remedy) from fault
