"""The identity of this machine, and of its GPU: what makes each a target. The machine's is read from /proc,
where there is one.

Memory is left out of the identity. Its reported size differs by some megabytes from kernel to kernel, and it
decides whether a network fits, not how fast it runs.
"""

import os
import platform
import re
from functools import cache
from pathlib import Path

from catalog.entities.configurations import Target
from catalog.entities.identity import hardware_id, slug
from catalog.machine import arm, control_groups
from catalog.machine.files import text_of
from catalog.machine.gpu_device import GpuFacts
from catalog.machine.gpu_selection import NoGpu, local_gpu
from catalog.machine.topology import CoreKind, core_kinds
from catalog.words.vocabulary import Device

LOCAL = "local"
_ROOT = Path("/")
_VECTOR_FLAGS = re.compile(r"^(avx\w*|amx\w*|fma|f16c|sse4_2|asimd\w*|sve\w*|sme\w*|bf16|i8mm|neon)$")


@cache
def local_target() -> Target:
    """This machine's processor as a target. Its alias is `local`. It is read once, because every request
    asks."""
    return target_at(_ROOT)


def target_at(root: Path) -> Target:
    """The processor of the machine whose /proc and /sys lie at `root`, as this process may use it."""
    kind, quota = measured_cores(root), control_groups.granted_cpus(root)
    return cpu_target(
        text_of(root / "proc/cpuinfo"),
        usable_cpus(root),
        kind,
        # Less than a CPU is a slower CPU. With more, as many threads as whole CPUs are not throttled.
        quota if quota is not None and quota < 1 else None,
        text_of(root / "proc/device-tree/model").strip("\0 \n"),
    )


def cpu_target(
    cpuinfo: str, cpus: int, kind: CoreKind | None = None, quota: float | None = None, board: str = ""
) -> Target:
    """The target that /proc/cpuinfo and the number of usable CPUs describe."""
    identity = cpu_identity(cpuinfo, cpus, kind, quota, board)
    name = _trimmed(str(identity["model_name"]))
    cores = f" of {kind.name} cores" if kind and kind.name else ""
    return Target(
        id=hardware_id(f"{slug(name) or 'cpu'} {cpus}c", identity),
        kind=Device.CPU,
        label=f"{name}, {cpus} CPU{'s' if cpus != 1 else ''}{cores}",
        identity=identity,
    )


def cpu_identity(
    cpuinfo: str, cpus: int, kind: CoreKind | None = None, quota: float | None = None, board: str = ""
) -> dict[str, str | int]:
    """What distinguishes one processor from another, from the text of /proc/cpuinfo.

    `kind` are the cores that are used, `quota` is a part of a CPU that a control group grants, and `board`
    the name of the board. What a machine does not have is no part of its identity.
    """
    hybrid = kind if kind is not None and kind.name else None
    fields = _fields(cpuinfo, hybrid.cpus[-1] if hybrid else None)
    flags = fields.get("flags", fields.get("features", "")).split()
    board = board or fields.get("model", "")
    name = fields.get("model name") or arm.processor_name(fields, board) or platform.processor() or "CPU"
    identity: dict[str, str | int] = {
        "machine": platform.machine(),
        "vendor": fields.get("vendor_id", fields.get("cpu implementer", "unknown")),
        "model_name": name,
        "family": fields.get("cpu family", fields.get("cpu architecture", "")),
        "model": fields.get("model", fields.get("cpu part", "")),
        "stepping": fields.get("stepping", fields.get("cpu revision", "")),
        "vector_flags": " ".join(sorted(flag for flag in flags if _VECTOR_FLAGS.match(flag))),
        "cpus": cpus,
    }
    if hybrid and hybrid.name:
        identity["core_kind"] = hybrid.name
    if quota is not None:
        identity["cpu_quota"] = f"{quota:g}"
    return identity


def is_here(target: Target) -> bool:
    """Whether the target is the processor of this machine, or its GPU."""
    if target.kind is Device.CPU:
        return target.id == local_target().id
    try:
        return target.id == gpu_target(local_gpu()).id
    except NoGpu:
        return False


def gpu_target(facts: GpuFacts) -> Target:
    """The GPU as a target. Two equal GPUs are the same hardware, so its UUID is left out.

    Memory is rounded to the GB, because its exact size changes with the driver and with error correction. The
    power limit belongs to the identity, because it decides the clock under load.
    """
    identity: dict[str, str | int] = {
        "name": facts.name,
        "compute_capability": facts.compute_capability,
        "memory_gb": round(facts.memory_bytes / 1e9),
    }
    if facts.power_limit_w is not None:
        identity["power_limit_w"] = facts.power_limit_w
    if facts.mig_profile is not None:
        identity["mig_profile"] = facts.mig_profile
    return Target(id=hardware_id(facts.name, identity), kind=Device.CUDA, label=facts.name, identity=identity)


def _fields(cpuinfo: str, cpu: int | None) -> dict[str, str]:
    """The fields of the first processor in the text of /proc/cpuinfo, or of the processor with the number
    `cpu`. What it lacks is taken from what follows."""
    blocks = [block.splitlines() for block in cpuinfo.split("\n\n")]
    if cpu is not None:
        blocks.sort(key=lambda lines: not any(_field(line) == ("processor", str(cpu)) for line in lines))
    fields: dict[str, str] = {}
    for line in (line for lines in blocks for line in lines):
        name, value = _field(line)
        fields.setdefault(name, value)
    return fields


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def usable_cpus(root: Path = _ROOT) -> int:
    """CPUs that a network may use: those of the fastest kind of core within this process's affinity, lowered
    by the control groups' quota."""
    allowed = len(measured_cores(root).cpus)
    quota = granted_cpus(root)
    return allowed if quota is None else max(1, min(allowed, int(quota)))


def measured_cores(root: Path = _ROOT) -> CoreKind:
    """The cores that networks are measured on: of this process's CPUs, those of the fastest kind."""
    return core_kinds(affinity(), root)[0]


def affinity() -> set[int]:
    """The CPUs of this process's affinity. All CPUs where the system has no affinity, as macOS and
    Windows."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def allowed_cpus() -> int:
    """How many CPUs this process may use, of any kind."""
    return len(affinity())


def granted_cpus(root: Path = _ROOT) -> float | None:
    """CPUs that this process's control groups grant. None is unlimited, or no control group."""
    return control_groups.granted_cpus(root)


def _trimmed(model_name: str) -> str:
    """The processor's name without trademark signs, clock and core count."""
    name = re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|@.*|\b\d+-Core\b", " ", model_name)
    return re.sub(r"\s+", " ", name).strip() or "CPU"
