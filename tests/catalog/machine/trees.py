"""Trees of /proc and /sys, as machines have them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

CPUS = "sys/devices/system/cpu"
UNIFIED = "30 25 0:26 {group} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
SPLIT = "33 32 0:29 {group} /sys/fs/cgroup/{point} rw,nosuid - cgroup cgroup rw,{controllers}"


def plant(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below `root`, and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def cpus(
    count: int,
    *,
    siblings: Iterable[Iterable[int]] = (),
    capacity: Mapping[int, int] | None = None,
    khz: Mapping[int, int] | None = None,
) -> dict[str, str]:
    """`count` CPUs. `siblings` are those that share a core."""
    files = {f"{CPUS}/present": f"0-{count - 1}\n"}
    for core in map(tuple, siblings):
        for cpu in core:
            files[f"{CPUS}/cpu{cpu}/topology/thread_siblings_list"] = ",".join(map(str, core)) + "\n"
    for cpu, value in (capacity or {}).items():
        files[f"{CPUS}/cpu{cpu}/cpu_capacity"] = f"{value}\n"
    for cpu, value in (khz or {}).items():
        files[f"{CPUS}/cpu{cpu}/cpufreq/cpuinfo_max_freq"] = f"{value}\n"
    return files


def i7_12700h() -> dict[str, str]:
    """6 performance cores with two CPUs each (0 to 11), and 8 efficient cores (12 to 19)."""
    return {
        **cpus(20, siblings=[(core, core + 1) for core in range(0, 12, 2)]),
        "sys/devices/cpu_core/cpus": "0-11\n",
        "sys/devices/cpu_atom/cpus": "12-19\n",
    }


def cgroup_v2(group: str, limits: Mapping[str, str], *, mounted: str = "/") -> dict[str, str]:
    """A process in the group `group`. `limits` are files of groups below the mounted one."""
    return {
        "proc/self/cgroup": f"0::{group}\n",
        "proc/self/mountinfo": f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n{UNIFIED.format(group=mounted)}\n",
        "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
        **{f"sys/fs/cgroup/{name}": text for name, text in limits.items()},
    }


def cgroup_v1(group: str, limits: Mapping[str, str], *, mounted: str = "/") -> dict[str, str]:
    """A process in the group `group` of the hierarchies `cpu,cpuacct` and `memory`. `limits` are files below
    their folders."""
    lines = [
        SPLIT.format(group=mounted, point="cpu,cpuacct", controllers="cpu,cpuacct"),
        SPLIT.format(group=mounted, point="memory", controllers="memory"),
        SPLIT.format(group=mounted, point="cpuset", controllers="cpuset"),
    ]
    return {
        "proc/self/cgroup": f"4:cpu,cpuacct:{group}\n3:memory:{group}\n2:cpuset:{group}\n1:name=systemd:/x\n",
        "proc/self/mountinfo": "\n".join(lines) + "\n",
        **{f"sys/fs/cgroup/{name}": text for name, text in limits.items()},
    }


RASPBERRY_PI_5 = "".join(
    f"""\
processor	: {cpu}
BogoMIPS	: 108.00
Features	: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm asimddp
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x4
CPU part	: 0xd0b
CPU revision	: 1

"""
    for cpu in range(4)
)
RK3588 = "".join(
    f"""\
processor	: {cpu}
Features	: fp asimd aes crc32 atomics asimddp
CPU implementer	: 0x41
CPU architecture: 8
CPU part	: {"0xd05" if cpu < 4 else "0xd0b"}
CPU revision	: 0

"""
    for cpu in range(8)
)
