"""The control groups of this process: how many CPUs and how much memory they grant.

Both versions of control groups are read. A group lies in others, and the narrowest of them decides. `root` is
where /proc and /sys lie.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from catalog.machine.files import number_in, text_of

_ROOT = Path("/")
_UNIFIED, _SPLIT = "cgroup2", "cgroup"  # file systems of version 2 and of version 1
# Where they are mounted by custom, should the mounts not be readable.
_CUSTOMARY = PurePosixPath("/sys/fs/cgroup")
# Version 1 writes the largest multiple of a page where there is no limit.
_UNLIMITED_BYTES = 2**60
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class MemoryGroup:
    """A group that limits memory, in bytes. What it holds of `files` can be taken back."""

    limit: int
    used: int | None = None
    files: int = 0


@dataclass(frozen=True)
class _Mount:
    """A mounted hierarchy. `group` is the group that is mounted at `point`."""

    kind: str
    group: PurePosixPath
    point: PurePosixPath
    options: frozenset[str]


def granted_cpus(root: Path = _ROOT) -> float | None:
    """CPUs that the groups of this process grant. None is unlimited."""
    quotas = (_quota(folder) for folder in folders("cpu", root))
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_groups(root: Path = _ROOT) -> list[MemoryGroup]:
    """The groups of this process that limit memory."""
    groups = (_memory(folder) for folder in folders("memory", root))
    return [group for group in groups if group is not None]


def memory_limit(root: Path = _ROOT) -> int | None:
    """The least limit of memory, in bytes. None is unlimited."""
    return min((group.limit for group in memory_groups(root)), default=None)


def folders(controller: str, root: Path = _ROOT) -> list[Path]:
    """The folders of this process's group for `controller`, and of the groups around it as far as they are
    visible, of both versions. Folders that do not exist are left out."""
    mounts = list(_mounts(root)) or list(_customary_mounts(controller))
    found: list[Path] = []
    for mount in mounts:
        if mount.kind == _SPLIT and controller not in mount.options:
            continue
        for folder in _with_parents(mount.point, _below(mount, _group_of(mount, controller, root))):
            path = root / str(folder).lstrip("/")
            if path.is_dir() and path not in found:
                found.append(path)
    return found


def cpu_quota(cpu_max: str) -> float | None:
    """CPUs granted by the text of version 2's cpu.max. None is unlimited."""
    limit, _, period = cpu_max.strip().partition(" ")
    return _ratio(limit, period)


def _ratio(limit: str, period: str) -> float | None:
    if not limit.strip().isdigit() or not period.strip().isdigit() or int(period) == 0:
        return None
    return int(limit) / int(period)


def _quota(folder: Path) -> float | None:
    unified = cpu_quota(text_of(folder / "cpu.max"))
    if unified is not None:
        return unified
    return _ratio(text_of(folder / "cpu.cfs_quota_us"), text_of(folder / "cpu.cfs_period_us"))


def _memory(folder: Path) -> MemoryGroup | None:
    for limit_name, used_name, files_name in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit, used = number_in(folder / limit_name), number_in(folder / used_name)
        if limit is None or limit >= _UNLIMITED_BYTES:
            continue
        lines = (line.split() for line in text_of(folder / "memory.stat").splitlines())
        files = [int(line[1]) for line in lines if line and line[0] == files_name]
        return MemoryGroup(limit, used, sum(files))
    return None


def _mounts(root: Path) -> Iterator[_Mount]:
    """The mounted hierarchies, from the text of /proc/self/mountinfo."""
    for line in text_of(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, described = before.split(), after.split()
        if len(fields) > 4 and len(described) > 2 and described[0] in {_UNIFIED, _SPLIT}:  # noqa: PLR2004
            yield _Mount(
                described[0],
                PurePosixPath(_unescaped(fields[3])),
                PurePosixPath(_unescaped(fields[4])),
                frozenset(described[2].split(",")),
            )


def _customary_mounts(controller: str) -> Iterator[_Mount]:
    top = PurePosixPath("/")
    yield _Mount(_UNIFIED, top, _CUSTOMARY, frozenset())
    yield _Mount(_SPLIT, top, _CUSTOMARY / controller, frozenset({controller}))


def _group_of(mount: _Mount, controller: str, root: Path) -> PurePosixPath:
    """The group of this process in a hierarchy, from the text of /proc/self/cgroup."""
    for line in text_of(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        is_unified = number == "0" and not controllers
        if is_unified if mount.kind == _UNIFIED else controller in controllers.split(","):
            return PurePosixPath(group)
    return PurePosixPath("/")


def _below(mount: _Mount, group: PurePosixPath) -> PurePosixPath:
    """Where a group lies below the mounted one. Of a group that lies outside, nothing but the mounted one is
    visible."""
    if ".." in group.parts:
        return PurePosixPath()
    if group.is_relative_to(mount.group):
        return group.relative_to(mount.group)
    return group.relative_to("/")


def _with_parents(point: PurePosixPath, below: PurePosixPath) -> Iterator[PurePosixPath]:
    """The folder of a group, and those around it, up to the mount `point`."""
    for count in range(len(below.parts), -1, -1):
        yield point.joinpath(*below.parts[:count])


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), text)
