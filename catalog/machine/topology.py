"""The CPUs of this machine: which share a core, and which cores are of one kind.

Threads of one network on cores of different kinds wait for the slowest, and two threads of one core share its
units. So a network is measured on cores of one kind, the fastest unless others alone are allowed, and on one
CPU of each core as far as they suffice. `root` is where /sys lies.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.machine.files import number_in, text_of

_ROOT = Path("/")
_CPUS = "sys/devices/system/cpu"
# Intel's hybrid processors have a list of CPUs for each kind of core, the fastest first.
_LISTS = ("sys/devices/cpu_core/cpus", "sys/devices/cpu_atom/cpus", "sys/devices/cpu_lowpower/cpus")
_NAMES = ("performance", "efficient", "low power")
# By Linux's capacities and clocks. The two fast clusters of a phone's chip are within 0.78 of each other, as
# 1024 and 801. Its slow cores, the efficient cores of Intel and the dense ones of AMD are below: 530 of 1024,
# 3.8 of 5.0 GHz, 3.3 of 5.1 GHz. Cores of one kind that reach different clocks are above 0.9.
_SAME_KIND = 0.78
# Of Linux (NR_CPUS). What a file lists above it is no CPU.
_MOST_CPUS = 8192
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class CoreKind:
    """Cores of one kind. `cpus` are their CPUs. `name` is None where the machine has one kind only."""

    name: str | None
    cpus: tuple[int, ...]


def core_kinds(allowed: Collection[int], root: Path = _ROOT) -> list[CoreKind]:
    """The `allowed` CPUs by the kind of their core, the fastest kind first. Where the system does not say,
    all are of one kind."""
    ranks = _ranks(_present(root) | set(allowed), root)
    is_hybrid = len(set(ranks.values())) > 1
    kinds: dict[int, list[int]] = {}
    for cpu in sorted(allowed):
        kinds.setdefault(ranks[cpu], []).append(cpu)
    return [
        CoreKind(_NAMES[min(rank, len(_NAMES) - 1)] if is_hybrid else None, tuple(cpus))
        for rank, cpus in sorted(kinds.items())
    ]


def chosen_cpus(allowed: Collection[int], count: int, root: Path = _ROOT) -> list[int]:
    """`count` of the `allowed` CPUs, or all of the fastest kind where it has fewer.

    The first CPU serves most interrupts, so the last cores are taken. A second CPU of a core is taken when no
    core is left.
    """
    pool = core_kinds(allowed, root)[0].cpus
    cores: dict[int, list[int]] = {}
    for cpu in pool:
        cores.setdefault(min(_siblings(cpu, root)), []).append(cpu)
    last_first = [sorted(cpus, reverse=True) for _, cpus in sorted(cores.items(), reverse=True)]
    rounds = max(map(len, last_first), default=0)
    order = [cpus[turn] for turn in range(rounds) for cpus in last_first if turn < len(cpus)]
    return sorted(order[:count])


def _siblings(cpu: int, root: Path) -> set[int]:
    """The CPUs of the same core, itself included."""
    folder = root / _CPUS / f"cpu{cpu}/topology"
    return _listed(folder / "thread_siblings_list") | _listed(folder / "core_cpus_list") | {cpu}


def _present(root: Path) -> set[int]:
    return _listed(root / _CPUS / "present")


def _ranks(cpus: Collection[int], root: Path) -> Mapping[int, int]:
    """The rank of each CPU's kind. 0 is the fastest."""
    lists = [_listed(root / path) for path in _LISTS]
    if sum(map(bool, lists)) > 1:
        ranked = {cpu: rank for rank, listed in enumerate(lists) for cpu in listed}
        return {cpu: ranked.get(cpu, 0) for cpu in cpus}
    speeds = _speeds(cpus, root)
    if not speeds:
        return dict.fromkeys(cpus, 0)
    largest: list[float] = []  # of each kind
    for speed in sorted(set(speeds.values()), reverse=True):
        if not largest or speed < _SAME_KIND * largest[-1]:
            largest.append(speed)
    return {cpu: _rank(speeds.get(cpu, largest[0]), largest) for cpu in cpus}


def _rank(speed: float, largest: Sequence[float]) -> int:
    return max(rank for rank, most in enumerate(largest) if speed <= most)


def _speeds(cpus: Collection[int], root: Path) -> Mapping[int, float]:
    """How fast each CPU is: its capacity, as Linux knows it of Arm's, else its highest clock."""
    for name in ("cpu_capacity", "cpufreq/cpuinfo_max_freq"):
        read = {cpu: number_in(root / _CPUS / f"cpu{cpu}" / name) for cpu in cpus}
        speeds = {cpu: float(number) for cpu, number in read.items() if number}
        if speeds:
            return speeds
    return {}


def _listed(path: Path) -> set[int]:
    """The CPUs of a list as "0-3,8"."""
    cpus: set[int] = set()
    for match in _RANGE.finditer(text_of(path)):
        first, last = int(match.group(1)), int(match.group(2) or match.group(1))
        cpus.update(range(first, min(last, _MOST_CPUS) + 1))
    return cpus
