"""The host itself: its system, its processor, its other processes and its disk."""

import platform
import shutil
import time

from catalog import host
from catalog.words.doubts import Doubt
from profiler.doctor.check import Check, Verdict
from profiler.sensors import contention
from profiler.sensors.contention import CONTENDED_CPUS
from profiler.sensors.linux import Linux
from profiler.sensors.system import System, this_system
from profiler.settings import ProfilerSettings

# A hundred of the kernel's ticks: what others use is then right to 1 % of a CPU.
_OBSERVED_S = 1.0
# A network of a billion parameters takes 4 GB in fp32, and few are larger.
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


def check_neighbours(foreign_cpus: float) -> Check:
    """Other processes leave the processor alone."""
    finding = f"Other processes keep {foreign_cpus:.2f} CPUs busy."
    if foreign_cpus > CONTENDED_CPUS:
        remedy = "Stop the other processes. Until then, measurements are marked as contended."
        return Check("neighbours", Verdict.DOUBTFUL, finding, remedy)
    return Check("neighbours", Verdict.OK, finding)


def check_disk() -> Check:
    """The artefact cache has room."""
    folder = ProfilerSettings().cache_dir
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
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
