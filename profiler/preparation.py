"""Handing jobs to processes that describe, count, draw and export networks.

Close a `Preparation` before anything is timed, because its processes keep the machine busy.
"""

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

from catalog.entities.documents import from_document
from catalog.entities.networks import IMAGE_CHANNELS, Backbone, CountedWorkload, Workload
from catalog.extras import missing_packages
from catalog.machine.scratch import held_folder
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.words.doubts import FailureReason
from catalog.words.spelling import close_matches
from catalog.words.vocabulary import Precision
from profiler.artefacts.cache import ArtefactCache, Format
from profiler.errors import TimmUnavailable, TorchMissing, UnknownArchitecture
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault, naming_faults
from profiler.processes.child import Child
from profiler.processes.serving import Json
from profiler.skeletons.archive import Entry
from profiler.skeletons.skeleton import Skeleton, Unexported

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_EXPORTING, _DRAWING = "profiler.preparer", "profiler.drawer"
TIMEOUT_S = 900.0
"""Seconds that a job may take, unless it is asked for otherwise."""
SCRATCH_PREFIX = ".temporary-"
"""How the folders begin in which processes that prepare keep their temporary files, in the cache."""
# What preparing lacked, as a fault of the host.
_LACKING = {
    FailureReason.TIMED_OUT: FaultKind.TIME_LIMIT,
    FailureReason.OUT_OF_MEMORY: FaultKind.NO_MEMORY,
}
_CONTINUE = "Run the same command again to continue. If it happens again, use a larger machine."
_BACKBONES = TypeAdapter(list[Backbone])
_COUNTED = TypeAdapter(CountedWorkload)


@dataclass(frozen=True)
class Job:
    """A workload to export in one format and precision, and whether to count it too."""

    workload: Workload
    format: Format
    count: bool
    precision: Precision = Precision.FP32


@dataclass(frozen=True)
class SkeletonJob:
    """A workload to export as a skeleton, and other input sizes (pixels) at which its graph is tried."""

    workload: Workload
    family: str
    other_sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """How a job ended. `failure` is None where the artefact is in the cache. A fault of the host says nothing
    of the workload."""

    job: Job
    counted: CountedWorkload | None
    failure: CaseFailed | HostFault | None


@dataclass(frozen=True)
class Registry:
    """The names that timm has. `aliases` are the names that it gave up, with the checkpoints they are now."""

    architectures: tuple[str, ...]
    aliases: Mapping[str, str]


@dataclass(frozen=True)
class Examined:
    """What the reference tables say of one architecture. Where its network cannot be built, `architecture`
    has a failure, and there are no workloads."""

    architecture: TimmArchitecture
    checkpoints: tuple[TimmCheckpoint, ...]
    workloads: tuple[CountedWorkload, ...]


class Preparing(Protocol):
    """What a campaign asks for before it measures."""

    def describe(self, patterns: Sequence[str]) -> list[Backbone]: ...

    def check(self, jobs: Sequence[Job]) -> None: ...

    def prepare(self, jobs: Sequence[Job]) -> Iterator[Prepared]: ...

    def close(self) -> None: ...


_EXAMINED = TypeAdapter(Examined)


class Preparation:
    """Up to `parallel` processes that fill the cache in `cache_dir`. Each job may take `timeout_s` seconds.

    What a skeleton serves is drawn by `profiler.drawer`. All else needs torch, in `profiler.preparer`.
    """

    def __init__(
        self,
        cache_dir: Path,
        parallel: int,
        start: Callable[[str], Any] | None = None,
        missing: Callable[[], Sequence[str]] = lambda: missing_packages("profiler"),
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._cache_dir = cache_dir.absolute()
        self._parallel = parallel
        self._start = start or self._start_process
        self._timeout_s = timeout_s
        self._busy: set[Any] = set()
        self._is_stopped = False
        self._pool: ThreadPoolExecutor | None = None
        self._scratch = ExitStack()
        self._scratch_lock = Lock()
        self._scratch_folder: Path | None = None
        self._idle: dict[str, SimpleQueue[Any]] = {_EXPORTING: SimpleQueue(), _DRAWING: SimpleQueue()}
        self._cache = ArtefactCache(self._cache_dir, inf)
        self._missing = missing

    def describe(self, patterns: Sequence[str]) -> list[Backbone]:
        """The backbones that the names or patterns match.

        Raises:
            UnknownArchitecture: timm has none of a name.
            TimmUnavailable: timm cannot be imported, or its process died.
            TorchMissing: timm is not installed.
        """
        if missing := self._missing():
            raise TorchMissing(f"archrank ships no {', '.join(patterns)}.", missing, self._close(patterns))
        self._is_stopped = False
        try:
            answer = self._ask({"patterns": list(patterns)})
        except CaseFailed as failure:
            raise TimmUnavailable(failure.detail) from failure
        if unknown := answer.get("unknown"):
            raise UnknownArchitecture(unknown["name"], unknown["close"])
        return _BACKBONES.validate_python(answer["backbones"])

    def check(self, jobs: Sequence[Job]) -> None:
        """Refuse jobs that need torch where it is not installed.

        Raises:
            TorchMissing: a job needs it.
        """
        for job in jobs:
            if not self._cache.is_drawn(job.workload, job.format):
                self._require_torch(self._why_torch(job))

    def _why_torch(self, job: Job) -> str:
        workload = job.workload
        if job.format is not Format.ONNX:
            return f"The runtime pytorch runs {workload.architecture}."
        sizes = self._cache.skeletons.sizes(workload.architecture)
        if not sizes:
            return f"archrank ships no graph of {workload.architecture}."
        if workload.in_chans != IMAGE_CHANNELS:
            return (
                f"archrank ships {workload.architecture} for images of {IMAGE_CHANNELS} channels, "
                f"not of {workload.in_chans}."
            )
        return (
            f"archrank ships {workload.architecture} for {', '.join(map(str, sizes))} px, "
            f"not for {workload.input_size} px and {workload.num_classes} classes."
        )

    def _close(self, names: Sequence[str]) -> list[str]:
        """Names of architectures that ship and resemble these."""
        shipped = dict.fromkeys(one.workload.architecture for one in self._cache.skeletons.skeletons)
        return [close for name in names for close in close_matches(name, list(shipped))]

    def _require_torch(self, reason: str) -> None:
        if missing := self._missing():
            raise TorchMissing(reason, missing)

    def prepare(self, jobs: Sequence[Job]) -> Iterator[Prepared]:
        """Do the jobs side by side, and yield each as it ends. The jobs of one file follow one another,
        because quantising reads the fp32 export."""
        chains: dict[tuple[Workload, Format], list[Job]] = {}
        for job in sorted(jobs, key=lambda job: job.precision is not Precision.FP32):
            chains.setdefault((job.workload, job.format), []).append(job)
        for prepared in self._side_by_side(self._prepare_in_turn, list(chains.values())):
            yield from prepared

    def registry(self) -> Registry:
        """Every architecture that the installed timm can build, and the names it gave up."""
        self._is_stopped = False
        answer = self._ask({"registry": True})
        return Registry(tuple(answer["architectures"]), answer["aliases"])

    def examine(self, wanted: Mapping[str, Sequence[tuple[int, int]]]) -> Iterator[Examined]:
        """What the reference tables say of each architecture of `wanted`, counted also at these pairs of
        classes and input size. They are examined side by side, and yielded as they end.

        Raises:
            CaseFailed: timm cannot even be asked for what its registry says of an architecture.
            HostFault: time or memory did not suffice for some. The others are yielded before.
        """
        return self._side_by_side(self._examine, list(wanted.items()))

    def _examine(self, item: tuple[str, Sequence[tuple[int, int]]]) -> Examined:
        name, pairs = item
        request = {"architecture": name, "wanted": list(pairs), "failure": None}
        try:
            answer = self._ask(request)
        except CaseFailed as failure:  # the registry answers without building the network
            of_host = _of_host(failure)
            if isinstance(of_host, HostFault):  # the tables would hold it as a fact about the network
                raise HostFault(of_host.kind, f"{name}: {of_host.detail}", _CONTINUE) from failure
            answer = self._ask({**request, "failure": f"{failure.reason}: {failure.detail}"})
        return _EXAMINED.validate_python(answer)

    def export_skeletons(self, jobs: Sequence[SkeletonJob]) -> Iterator[Entry | Unexported]:
        """The skeleton of each job, or why there is none. They are exported side by side, and yielded as they
        end. What lacked time or memory is not exported yet, which says nothing of the network."""
        return self._side_by_side(self._export_skeleton, jobs)

    def _export_skeleton(self, job: SkeletonJob) -> Entry | Unexported:
        try:
            answer = self._ask({"skeleton": asdict(job)})
        except CaseFailed as failure:
            of_host = _of_host(failure)
            if isinstance(of_host, HostFault):
                return Unexported(job.workload, f"not exported yet: {of_host.message}")
            return Unexported(job.workload, f"{failure.reason}: {failure.detail}")
        return Entry(from_document(Skeleton, answer["skeleton"]), b64decode(answer["graph"]))

    def _side_by_side(self, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
        """The work on each item, as it ends. Items that lack time or memory do not keep the others from being
        done: the first such fault is raised at the end."""
        self._is_stopped = False
        lacking: HostFault | None = None
        with ThreadPoolExecutor(self._parallel) as self._pool:
            pool = self._pool
            futures = [pool.submit(work, item) for item in items]
            try:
                for future in as_completed(futures):
                    try:
                        result = future.result()
                    except HostFault as fault:
                        if fault.kind not in _LACKING.values():
                            raise
                        lacking = lacking or fault
                    else:
                        yield result
            finally:
                self._stop()
        if lacking is not None:
            raise lacking

    def _stop(self) -> None:
        """End what still works or waits to work, because nobody waits for what it does."""
        self._is_stopped = True
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        for process in list(self._busy):
            process.close()

    def close(self) -> None:
        """End every process, and remove their temporary files."""
        self._stop()
        for idle in self._idle.values():
            while not idle.empty():
                idle.get().close()
        with self._scratch_lock:
            self._scratch.close()
            self._scratch_folder = None

    def _prepare_in_turn(self, jobs: Sequence[Job]) -> list[Prepared]:
        ended: list[Prepared] = []
        for job in jobs:
            failure = ended[-1].failure if ended else None
            ended.append(self._prepare(job) if failure is None else Prepared(job, None, failure))
        return ended

    def _prepare(self, job: Job) -> Prepared:
        request = {
            "workload": asdict(job.workload),
            "format": job.format,
            "precision": job.precision,
            "cache": str(self._cache_dir),
        }
        counted: CountedWorkload | None = None
        try:
            if self._cache.is_drawn(job.workload, job.format):
                self._ask(request, _DRAWING)
                if job.count and not self._missing():
                    counted = self._count(job.workload)
            else:
                answer = self._ask({**request, "count": job.count})
                counted = _COUNTED.validate_python(answer["counted"]) if job.count else None
        except (CaseFailed, HostFault) as failure:
            return Prepared(job, None, _of_host(failure))
        return Prepared(job, counted, None)

    def _count(self, workload: Workload) -> CountedWorkload:
        return _COUNTED.validate_python(self._ask({"count": asdict(workload)})["counted"])

    def _ask(self, request: Json, module: str = _EXPORTING) -> Json:
        if self._is_stopped:
            raise HostFault(FaultKind.KILLED, "The campaign was stopped.")
        idle = self._idle[module]
        process = self._start(module) if idle.empty() else idle.get()
        self._busy.add(process)
        try:
            answer: Json = process.ask(request, self._timeout_s)
        except BaseException:
            process.close()  # it may hold half a network, so the next job starts a new process
            raise
        finally:
            self._busy.discard(process)
        idle.put(process)
        return answer

    def _start_process(self, module: str) -> Child:
        scratch = str(self._temporary_folder())
        # One thread for each process, because they run side by side. torch's exporter makes Inductor's
        # folder.
        return Child(module, {"OMP_NUM_THREADS": "1", "TORCHINDUCTOR_CACHE_DIR": scratch, "TMPDIR": scratch})

    def _temporary_folder(self) -> Path:
        """Where the processes keep their temporary files. Quantising writes the network three times."""
        with self._scratch_lock:
            if self._scratch_folder is None:
                with naming_faults():
                    folder = held_folder(self._cache_dir, SCRATCH_PREFIX)
                    self._scratch_folder = self._scratch.enter_context(folder)
            return self._scratch_folder


def _of_host(failure: CaseFailed | HostFault) -> CaseFailed | HostFault:
    """The failure of a job, as it is for the cases that need its file. Time and memory that preparing lacks
    say nothing of how the network runs."""
    if isinstance(failure, HostFault) or failure.reason not in _LACKING:
        return failure
    return HostFault(_LACKING[failure.reason], failure.detail.strip().rpartition("\n")[2])
