"""The identity of this machine: what makes it a target. It is read from /proc, where there is one.

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
from catalog.words.vocabulary import Device

LOCAL = "local"
_VECTOR_FLAGS = re.compile(r"^(avx\w*|amx\w*|fma|f16c|sse4_2|asimd\w*|sve\w*|sme\w*|bf16|i8mm|neon)$")


@cache
def local_target() -> Target:
    """This machine's processor as a target. Its alias is `local`. It is read once, because every request
    asks."""
    return cpu_target(_read("/proc/cpuinfo"), usable_cpus())


def cpu_target(cpuinfo: str, cpus: int) -> Target:
    """The target that /proc/cpuinfo and the number of usable CPUs describe."""
    identity = cpu_identity(cpuinfo, cpus)
    name = _trimmed(str(identity["model_name"]))
    return Target(
        id=hardware_id(f"{slug(name) or 'cpu'} {cpus}c", identity),
        kind=Device.CPU,
        label=f"{name}, {cpus} CPU{'s' if cpus != 1 else ''}",
        identity=identity,
    )


def cpu_identity(cpuinfo: str, cpus: int) -> dict[str, str | int]:
    """What distinguishes one processor from another, from the text of /proc/cpuinfo."""
    fields: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), value.strip())
    flags = fields.get("flags", fields.get("features", "")).split()
    return {
        "machine": platform.machine(),
        "vendor": fields.get("vendor_id", fields.get("cpu implementer", "unknown")),
        "model_name": fields.get("model name", platform.processor() or "CPU"),
        "family": fields.get("cpu family", fields.get("cpu architecture", "")),
        "model": fields.get("model", fields.get("cpu part", "")),
        "stepping": fields.get("stepping", fields.get("cpu revision", "")),
        "vector_flags": " ".join(sorted(flag for flag in flags if _VECTOR_FLAGS.match(flag))),
        "cpus": cpus,
    }


def usable_cpus() -> int:
    """CPUs that this process may use: its affinity, lowered by the control group's quota."""
    allowed = allowed_cpus()
    quota = granted_cpus()
    return allowed if quota is None else max(1, min(allowed, int(quota)))


def allowed_cpus() -> int:
    """CPUs of this process's affinity. All CPUs where the system has no affinity, as macOS and Windows."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def granted_cpus() -> float | None:
    """CPUs that this process's control group grants. None is unlimited, or no control group."""
    return cpu_quota(_read("/sys/fs/cgroup/cpu.max"))


def cpu_quota(cpu_max: str) -> float | None:
    """CPUs granted by the text of a control group's cpu.max. None is unlimited."""
    limit, _, period = cpu_max.strip().partition(" ")
    if not limit.isdigit() or not period.isdigit():
        return None
    return int(limit) / int(period)


def _trimmed(model_name: str) -> str:
    """The processor's name without trademark signs, clock and core count."""
    name = re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|@.*|\b\d+-Core\b", " ", model_name)
    return re.sub(r"\s+", " ", name).strip() or "CPU"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
