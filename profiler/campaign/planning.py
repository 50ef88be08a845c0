"""Which cases a campaign measures, and what is prepared for them.

What the catalog and the cache hold is handed in: nothing here asks the database.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice

from catalog.entities.configurations import Configuration, Environment
from catalog.entities.measurements import LastMeasured
from catalog.entities.networks import Workload
from catalog.words.vocabulary import Precision, RuntimeName, Status
from profiler.artefacts.cache import FORMAT_OF, Format, artefact_precision
from profiler.cases import Case
from profiler.preparation import Job
from profiler.protocol.plan import PROTOCOL_VERSION

# What a workload has one artefact of.
ArtefactKind = tuple[Format, Precision]
# Workloads prepared, then measured, together: enough to interleave, few enough for any disk.
WORKLOADS_TOGETHER = 16
# The same, where a time budget may leave out the last portions: as many as estimates need at least.
WORKLOADS_IN_BUDGET = 10


@dataclass(frozen=True)
class Selection:
    """The cases to measure. Of the others that were asked for, `already_measured` counts those that the
    catalog holds, and `stale` those of them that are stale."""

    cases: tuple[Case, ...]
    already_measured: int = 0
    stale: int = 0


@dataclass(frozen=True)
class Present:
    """With what a case would be measured now: the environment of a runtime, and the toolchain that would make
    an artefact of a workload."""

    environment_of: Callable[[RuntimeName], Environment]
    toolchain_of: Callable[[Workload, ArtefactKind], str]


@dataclass(frozen=True)
class Portion:
    """Cases that are measured together, with the jobs that prepare them."""

    cases: tuple[Case, ...]
    jobs: tuple[Job, ...]

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Each workload once, in order."""
        return tuple(dict.fromkeys(case.workload for case in self.cases))

    def first(self, count: int) -> "Portion":
        """The cases and the jobs of so many workloads."""
        kept = self.workloads[: max(0, count)]
        return Portion(
            tuple(case for case in self.cases if case.workload in kept),
            tuple(job for job in self.jobs if job.workload in kept),
        )


def select_missing(
    cases: Iterable[Case],
    last_measured: Iterable[LastMeasured],
    present: Present,
    *,
    retry_failed: bool = False,
    node_profiles: bool = False,
) -> Selection:
    """The cases without an outcome. With `retry_failed`, those that failed as well. With `node_profiles`,
    those too that were measured without asking for their nodes."""
    outcomes = {last.key: last for last in last_measured}
    missing: list[Case] = []
    left_out: list[LastMeasured] = []
    for case in cases:
        last = outcomes.get(case.key)
        if last is None or _is_missing(last, retry_failed=retry_failed, node_profiles=node_profiles):
            missing.append(case)
        else:
            left_out.append(last)
    return Selection(tuple(missing), len(left_out), len(_stale(left_out, present)))


def _is_missing(last: LastMeasured, *, retry_failed: bool, node_profiles: bool) -> bool:
    """Whether a case is measured again that has this outcome."""
    if last.status is Status.FAILED:
        return retry_failed
    return node_profiles and not last.has_node_profile


def select_stale(
    patterns: Collection[str],
    last_measured: Iterable[LastMeasured],
    present: Present,
) -> Selection:
    """The stale cases of the architectures that match a pattern. Without patterns, of all."""
    asked = [
        last
        for last in last_measured
        if not patterns or any(fnmatch(last.workload.architecture, pattern) for pattern in patterns)
    ]
    stale = _stale(asked, present)
    cases = tuple(Case(last.workload, last.configuration) for last in stale)
    return Selection(cases, already_measured=len(asked) - len(stale))


def _stale(last_measured: Sequence[LastMeasured], present: Present) -> list[LastMeasured]:
    runtimes = {last.configuration.runtime for last in last_measured}
    environments = {runtime: present.environment_of(runtime).id for runtime in runtimes}
    return [last for last in last_measured if _is_stale(last, environments, present)]


def _is_stale(last: LastMeasured, environments: Mapping[RuntimeName, str], present: Present) -> bool:
    """Whether the environment, the protocol's version, or what makes the artefact is another one now."""
    if last.protocol_version != PROTOCOL_VERSION:
        return True
    if last.environment != environments[last.configuration.runtime]:
        return True
    return last.toolchain is not None and last.toolchain != present.toolchain_of(
        last.workload, artefact_kind(last.configuration)
    )


def artefact_kind(configuration: Configuration) -> ArtefactKind:
    """Which of a workload's artefacts a configuration runs."""
    return FORMAT_OF[configuration.runtime], artefact_precision(configuration)


def preparing_jobs(
    cases: Iterable[Case],
    is_cached: Callable[[Workload, ArtefactKind], bool],
    counted: Collection[str],
) -> list[Job]:
    """What to prepare: artefacts that are not cached, and one count of each workload whose id is not in
    `counted`."""
    kinds: dict[Workload, list[ArtefactKind]] = {}
    for case in cases:
        of_workload, kind = kinds.setdefault(case.workload, []), artefact_kind(case.configuration)
        if kind not in of_workload:
            of_workload.append(kind)
    jobs: list[Job] = []
    for workload, of_workload in kinds.items():
        missing = [kind for kind in of_workload if not is_cached(workload, kind)]
        if workload.id in counted:
            jobs.extend(_job(workload, kind) for kind in missing)
        else:  # the first export counts too, or where all is cached a job that exports nothing
            first, *others = missing or of_workload[:1]
            jobs.append(_job(workload, first, count=True))
            jobs.extend(_job(workload, kind) for kind in others)
    return jobs


def _job(workload: Workload, kind: ArtefactKind, *, count: bool = False) -> Job:
    format_, precision = kind
    return Job(workload, format_, count, precision)


def portions(cases: Sequence[Case], jobs: Sequence[Job], *, in_budget: bool = False) -> Iterator[Portion]:
    """The cases and the jobs, by up to `WORKLOADS_TOGETHER` workloads at a time. With `in_budget`, by up to
    `WORKLOADS_IN_BUDGET`."""
    workloads = iter(dict.fromkeys(case.workload for case in cases))
    count = WORKLOADS_IN_BUDGET if in_budget else WORKLOADS_TOGETHER
    while together := frozenset(islice(workloads, count)):
        yield Portion(
            tuple(case for case in cases if case.workload in together),
            tuple(job for job in jobs if job.workload in together),
        )
