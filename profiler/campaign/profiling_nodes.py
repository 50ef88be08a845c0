"""The processes that profile the nodes of cases. They measure nothing else."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack

from catalog.entities.documents import from_document
from catalog.entities.node_profiles import NodeProfile
from catalog.words.doubts import FailureReason
from profiler.artefacts.cache import CachedArtefact
from profiler.campaign.measuring import described, worker_variables
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import HostFault
from profiler.processes.child import Child

# What the runtime says of the nodes of a case, or why another try may say more.
Profiled = NodeProfile | CaseFailed | HostFault
# Profiles the nodes of cases with their artefacts. An answer may take so many seconds.
ProfileNodes = Callable[[Sequence[tuple[Case, CachedArtefact]], float], Sequence[Profiled]]


def profile_nodes(
    cases: Sequence[tuple[Case, CachedArtefact]],
    timeout_s: float,
    module: str = "profiler.worker",
    variables: Mapping[str, str] | None = None,
) -> list[Profiled]:
    """What the runtime says of each node of each case, from fresh processes. They load side by side, and then
    profile one after the other. Those for which memory did not suffice are tried once more, one by one.

    Where a process fails, the profile is absent for that reason. Where time, memory or the host did not
    suffice, another try may succeed, so there is no profile to store.
    """
    profiled = _profiled(cases, timeout_s, module, variables)
    if len(cases) == 1:
        return profiled
    return [
        _profiled([case], timeout_s, module, variables)[0] if _lacks_memory(one) else one
        for case, one in zip(cases, profiled, strict=True)
    ]


def _profiled(
    cases: Sequence[tuple[Case, CachedArtefact]],
    timeout_s: float,
    module: str,
    variables: Mapping[str, str] | None,
) -> list[Profiled]:
    profiled: dict[int, Profiled] = {}
    with ExitStack() as stack:
        running = [_profiling(case, artefact, timeout_s, module, variables) for case, artefact in cases]
        for one in running:
            stack.callback(one.close)
        while len(profiled) < len(running):
            for place, one in enumerate(running):
                if place not in profiled:
                    try:
                        next(one)
                    except StopIteration as end:
                        profiled[place] = end.value
                    except (CaseFailed, HostFault) as failure:
                        profiled[place] = _of_failure(failure)
    return [profiled[place] for place in range(len(running))]


def _profiling(
    case: Case,
    artefact: CachedArtefact,
    timeout_s: float,
    module: str,
    variables: Mapping[str, str] | None,
) -> Generator[None, None, NodeProfile]:
    """Start a process, and wait until it has loaded. Then it profiles. After each of these, the other cases
    have their turn."""
    with Child(module, worker_variables(case, variables)) as child:
        child.send({"ask": "load for nodes", **described(case, artefact)})
        yield
        child.answer(timeout_s)
        yield
        return from_document(NodeProfile, child.ask({"ask": "nodes"}, timeout_s))


def _lacks_memory(one: Profiled) -> bool:
    return isinstance(one, CaseFailed) and one.reason is FailureReason.OUT_OF_MEMORY


def _of_failure(failure: CaseFailed | HostFault) -> Profiled:
    if isinstance(failure, HostFault):
        return failure
    if failure.reason in (FailureReason.TIMED_OUT, FailureReason.OUT_OF_MEMORY):
        return failure
    return NodeProfile(absent_reason=f"{failure.reason.meaning} {failure.detail or ''}".strip())
