"""The host itself: its system, its processor, its other processes and its disk."""

import platform
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from catalog import host
from catalog.border.rules import is_past_belief
from catalog.machine.topology import CoreKind
from catalog.words.doubts import Doubt
from profiler.doctor.check import Check, Verdict
from profiler.faults import FaultKind, HostFault
from profiler.sensors import contention, linux
from profiler.sensors.contention import CONTENDED_CPUS
from profiler.sensors.linux import Linux
from profiler.sensors.system import System, this_system
from profiler.settings import ProfilerSettings

# A hundred of the kernel's ticks: what others use is then right to 1 % of a CPU.
_OBSERVED_S = 1.0
# 97 % of the architectures that ship have up to 850 million parameters: 3.4 GB in fp32, and 0.9 GB more in
# int8.
_FREE_GB = 5


def check_system(system: System | None = None) -> Check:
    """Whether the system can pin a process to CPUs, and tells its peak memory exactly."""
    named = f"{platform.system()} {platform.release()}"
    if isinstance(system or this_system(), Linux):
        return Check("system", Verdict.OK, f"{named}.")
    finding = f"{named} cannot pin processes to CPUs. Every measurement will have the doubt {Doubt.UNPINNED}."
    return Check("system", Verdict.DOUBTFUL, finding, Doubt.UNPINNED.remedy)


def check_processor() -> Check:
    """The name of the target and the precisions that it supports."""
    target = host.local_target()
    flags = str(target.identity["vector_flags"]).split()
    supports_bf16 = bool({"avx512_bf16", "amx_bf16", "bf16"} & set(flags))
    precisions = "supports fp32 and bf16" if supports_bf16 else "supports fp32 but not bf16"
    return Check("processor", Verdict.OK, f"{target.label} ({target.id}) {precisions}.")


def check_proc() -> Check:
    """What the system says of processes and of itself can be read."""
    if not linux.is_here():
        return Check("/proc", Verdict.OK, "This system has none, and archrank needs none here.")
    try:
        linux.require_proc()
    except HostFault as fault:
        return Check("/proc", Verdict.FAILED, fault.message, fault.remedy)
    return Check("/proc", Verdict.OK, "The files that measuring reads are there.")


def check_cores(kinds: Sequence[CoreKind]) -> Check:
    """The cores are of one kind. Where they are not, those of the fastest kind are measured on. `kinds` are
    those that this process may use, the fastest first."""
    if len(kinds) == 1:
        kind = f" {kinds[0].name}" if kinds[0].name else ""
        cpus = len(kinds[0].cpus)
        return Check("cores", Verdict.OK, f"Networks are measured on {cpus}{kind} CPU{'s' * (cpus != 1)}.")
    listed = ", ".join(f"{len(kind.cpus)} {kind.name}" for kind in kinds)
    others = ",".join(map(str, kinds[-1].cpus))
    return Check(
        "cores",
        Verdict.OK,
        f"The CPUs are of several kinds ({listed}). Networks are measured on the {kinds[0].name} ones. "
        f"`taskset -c {others} archrank profile ...` measures on the {kinds[-1].name} ones, which are a "
        "target of their own.",
    )


def check_variables(variables: Mapping[str, str]) -> Check:
    """Variables of the shell that reach the processes and may change numbers."""
    if not variables:
        return Check("variables", Verdict.OK, "None that changes numbers reaches the processes.")
    named = ", ".join(f"{name}={value}" for name, value in sorted(variables.items()))
    finding = f"These reach the processes, and belong to the environment of measurements: {named}."
    return Check("variables", Verdict.OK, finding)


def check_neighbours(foreign_cpus: float) -> Check:
    """Other processes leave the processor alone."""
    finding = f"Other processes keep {foreign_cpus:.2f} CPUs busy."
    if foreign_cpus > CONTENDED_CPUS:
        remedy = "Stop the other processes. Until then, measurements are marked as contended."
        return Check("neighbours", Verdict.DOUBTFUL, finding, remedy)
    return Check("neighbours", Verdict.OK, finding)


def check_priority(is_allowed: bool) -> Check:
    """Whether calls go before other processes. Where they cannot, neighbours cost time, and nothing else."""
    if is_allowed:
        finding = "Every other block of calls goes before all other processes (real-time priority)."
    else:
        finding = (
            "Calls wait for other processes. As root with the capability CAP_SYS_NICE, or after "
            "`sudo prlimit --pid $$ --rtprio=1`, every other block would go before them (real-time priority)."
        )
    return Check("priority", Verdict.OK, finding)


def check_clock(now: datetime | None = None) -> Check:
    """The clock was set, so that measurements have dates that a catalog takes."""
    shown = now or datetime.now(UTC)
    if is_past_belief(shown):
        fault = FaultKind.WRONG_CLOCK
        finding = f"It is said to be {shown:%Y-%m-%d}. {fault.meaning}"
        return Check("clock", Verdict.FAILED, finding, fault.remedy)
    return Check("clock", Verdict.OK, f"It is {shown:%Y-%m-%d %H:%M} UTC.")


def check_disk() -> Check:
    """The artefact cache has room."""
    folder = ProfilerSettings().cache_dir
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    finding = f"{free_gb:.0f} GB are free for artefacts in {folder}."
    if free_gb < _FREE_GB:
        return Check(
            "disk", Verdict.DOUBTFUL, finding, "Free some space, or set ARCHRANK_CACHE_DIR to another disk."
        )
    return Check("disk", Verdict.OK, finding)


def observe_foreign_cpus() -> float:
    """How many CPUs other processes keep busy. It takes a second."""
    before = contention.current_use()
    time.sleep(_OBSERVED_S)
    return contention.foreign_cpus(before, contention.current_use())
