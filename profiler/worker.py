"""The process that measures one case: it loads one artefact in one runtime, and makes blocks of calls.

A campaign starts `python -m profiler.worker`, asks it to open a case, and visits it from time to time. What
this process imports is part of the memory and the time that it measures, so the runtime and numpy are
imported when the request names them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from catalog.entities.configurations import Configuration
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import NodeProfile
from catalog.entities.samples import ProcessSample
from catalog.words.vocabulary import Device, RuntimeName, Scenario
from profiler.processes.priority import real_time_priority
from profiler.processes.serving import Json, serve
from profiler.protocol import scenarios
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.sampling import Clock
from profiler.protocol.scenarios import Started
from profiler.protocol.visits import Visit
from profiler.sensors import contention, frequency, gpu_watch, loaded, threads
from profiler.sensors.gpu_watch import Watch
from profiler.sensors.system import this_system

# Threads rest when they use less than this share of a CPU while one looks. Those of ONNX Runtime spin for
# 40 ms after a call (seen with 1.31), and would take the CPU from the canary and from the next process.
_LOOK_S, _RESTING_SHARE = 0.01, 0.1
# Longer calls do not go before other processes. The kernel takes 50 ms of each second from those that do, so
# that it would disturb most of them.
_MOST_REAL_TIME_NS = 0.3e9


class SystemClock:
    """perf_counter and the process's CPU time."""

    def wall_ns(self) -> int:
        return time.perf_counter_ns()

    def cpu_ns(self) -> int:
        return time.process_time_ns()


class Worker:
    """Opens one case, then makes a block of calls at each visit."""

    def __init__(self) -> None:
        self._opened: _Opened | None = None
        self._profile_nodes: Callable[[], NodeProfile] | None = None

    def answer(self, request: Json) -> Json:
        """Answer a request.

        `ask` is `open` with all that `_open` reads, and answered by a `ProcessSample` without calls. Then it
        is `visit`, and answered by a `Visit`. Or it is `load for nodes` with all that `_loaded_for_nodes`
        reads, and then `nodes`, which is answered by a `NodeProfile`. A process that profiles nodes measures
        nothing else. Nor does one that is asked to `import` a runtime, so that Python compiles it.

        Raises:
            CaseFailed: the runtime cannot run the case, or its output is wrong.
            HostFault: another runtime was loaded than is installed, or other CPUs are used than were chosen.
            ValueError: a visit before a case was opened, or a profile before it was loaded.
        """
        if request["ask"] == "open":
            self._opened = _open(request)
            return asdict(self._opened.sample)
        if request["ask"] == "load for nodes":
            self._profile_nodes = _loaded_for_nodes(request)
            return {}
        if request["ask"] == "nodes":
            if self._profile_nodes is None:
                raise ValueError("a profile before a case was loaded for it")
            return asdict(self._profile_nodes())
        if request["ask"] == "import":
            _import(request)
            return {}
        if self._opened is None:
            raise ValueError("a visit before a case was opened")
        return asdict(self._opened.visit())


@dataclass
class _Opened:
    """A case that this process has loaded. `sample` has no calls. `began_s` is when the process began.
    `last` is the block before."""

    sample: ProcessSample
    started: Started
    plan: SamplingPlan
    watch: Watch
    began_s: float
    clock: Clock
    last: Visit | None = None

    def visit(self) -> Visit:
        if self.started.configuration.device is not Device.CPU:
            # Its clock fell while others were visited.
            self.started.warm_up(self.plan, self.clock, self.watch.is_steady)
        with self._priority() as real_time:
            begin_s, before = time.perf_counter(), contention.current_use()
            timings = self.started.block(self.plan, self.clock)
            device = self.watch.reading(self.started.networks[0], len(timings.wall_ns))
            end_s, after = time.perf_counter(), contention.current_use()
        clocks = frequency.read(self.sample.affinity)  # while they are still up
        _rest(self.clock, self.plan.rest_max_s)
        self.last = Visit(
            at_s=begin_s - self.began_s,
            took_s=end_s - begin_s,
            timings=timings,
            foreign_cpus=contention.foreign_cpus(before, after),
            peak_bytes=this_system().peak_bytes(),
            real_time=real_time,
            waited=contention.waited(before, after),
            clocks=clocks,
            device=device,
        )
        return self.last

    @contextmanager
    def _priority(self) -> Iterator[bool]:
        """Every other block goes before other processes, so that those between show how a call is met. The
        first is met, because it tells how long a call takes. A percentile is of calls as they are met."""
        is_asked = (
            self.last is not None
            and not self.last.real_time
            and median(self.last.timings.wall_ns) <= _MOST_REAL_TIME_NS
            and self.plan.percentile is None
            and self.started.configuration.device is Device.CPU
        )
        if not is_asked:
            yield False
            return
        with real_time_priority() as real_time:
            yield real_time


def _open(request: Json) -> _Opened:
    """Load the `artefact` of a `workload` in a `configuration` on the CPUs of `affinity`, and warm it up as
    the `plan` says. The runtime is that of the installed `packages`."""
    marks = [time.perf_counter()]
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    system = this_system()
    affinity = system.pin(request["affinity"])  # before the runtime starts its threads
    workload = from_document(Workload, request["workload"])
    configuration = from_document(Configuration, request["configuration"])
    plan = from_document(SamplingPlan, request["plan"])
    from profiler.artefacts import verification  # noqa: PLC0415 - numpy counts as an import
    from profiler.runtimes.base import LoadRequest, import_runtime  # noqa: PLC0415 - and so does the runtime

    runtime = import_runtime(configuration.runtime, configuration.scenario, configuration.device)
    _require_installed(request)
    watch = gpu_watch.watch(configuration.device)
    imported_bytes = system.peak_bytes()
    marks.append(time.perf_counter())

    artefact = _readable(request)
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

    clock, idle = SystemClock(), threads.cpu_ns()
    warm_up = started.warm_up(plan, clock, watch.is_steady)
    marks.append(time.perf_counter())
    computing = threads.computing(idle, threads.cpu_ns())
    threads.require_cpus(affinity)
    _rest(clock, plan.rest_max_s)

    import_s, load_s, warm_up_s = (later - earlier for earlier, later in pairwise(marks))
    sample = ProcessSample(
        wall_ns=(),
        cpu_ns=(),
        warm_up_calls=warm_up.calls,
        warm_up_settled=warm_up.settled,
        imported_bytes=imported_bytes,
        loaded_bytes=loaded_bytes,
        peak_bytes=system.peak_bytes(),
        foreign_cpus=0.0,
        deviation=started.deviation,
        affinity=affinity,
        started_at=started_at,
        seconds={"import": import_s, "load": load_s, "warm_up": warm_up_s},
        # Threads of clients end with the warm-up.
        threads=computing if configuration.clients == 1 else None,
    )
    return _Opened(sample, started, plan, watch, marks[0], clock)


def _import(request: Json) -> None:
    """Import what a process of the `runtime` imports, for the `scenario` on the `device`."""
    from profiler.artefacts import verification  # noqa: F401, PLC0415
    from profiler.runtimes.base import import_runtime  # noqa: PLC0415

    import_runtime(RuntimeName(request["runtime"]), Scenario(request["scenario"]), Device(request["device"]))


def _loaded_for_nodes(request: Json) -> Callable[[], NodeProfile]:
    """Load the `artefact` of a `workload` in a `configuration` on the CPUs of `affinity`. What is returned
    says what the runtime tells of each node. The runtime is that of the installed `packages`."""
    affinity = this_system().pin(request["affinity"])  # before the runtime starts its threads
    workload = from_document(Workload, request["workload"])
    configuration = from_document(Configuration, request["configuration"])
    from profiler.artefacts import verification  # noqa: PLC0415 - numpy counts as an import
    from profiler.runtimes.base import (  # noqa: PLC0415 - and so does the runtime
        LoadRequest,
        import_node_profiler,
        why_no_nodes,
    )

    if (reason := why_no_nodes(configuration)) is not None:
        return lambda: NodeProfile(absent_reason=reason)
    profiler = import_node_profiler(configuration)
    _require_installed(request)
    artefact = _readable(request)
    image = verification.load(artefact.parent).image.repeat(configuration.batch_size, axis=0)
    asked = LoadRequest(artefact, workload, configuration)
    profile_nodes = profiler.load_for_nodes(asked, image)
    from profiler.runtimes.nodes.attributed import with_operators  # noqa: PLC0415 - it imports onnx

    def profile() -> NodeProfile:
        taken = profile_nodes()
        threads.require_cpus(affinity)
        return with_operators(taken, asked)

    return profile


def _require_installed(request: Json) -> None:
    """Refuse another runtime than that of the installed `packages`.

    Raises:
        HostFault: another one was loaded.
    """
    loaded.require(from_document(loaded.InstalledPackage, package) for package in request["packages"])


def _readable(request: Json) -> Path:
    """The path of the `artefact`, once it was opened: what the host forbids, runtimes name in ways of their
    own.

    Raises:
        OSError: it cannot be opened.
    """
    artefact = Path(request["artefact"])
    with artefact.open("rb"):
        return artefact


def _rest(clock: Clock, most_s: float) -> None:
    """Wait until the threads of this process rest, for `most_s` seconds at most."""
    end_s = time.perf_counter() + most_s
    resting = False
    while not resting and time.perf_counter() < end_s:
        wall, cpu = clock.wall_ns(), clock.cpu_ns()
        time.sleep(_LOOK_S)
        resting = clock.cpu_ns() - cpu < _RESTING_SHARE * (clock.wall_ns() - wall)


if __name__ == "__main__":
    serve(Worker().answer)
