"""Quotas and limits of control groups, of both versions, and of groups in groups."""

from pathlib import Path

import pytest

from catalog.machine.control_groups import (
    MemoryGroup,
    cpu_quota,
    folders,
    granted_cpus,
    memory_groups,
    memory_limit,
)
from tests.catalog.machine.trees import cgroup_v1, cgroup_v2, plant

CPU = "cpu,cpuacct"
UNLIMITED_V1 = "9223372036854771712\n"


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("max 100000\n", None),
        ("max 100000", None),
        ("150000 100000\n", 1.5),
        ("50000 100000", 0.5),
        ("400000 100000", 4.0),
        ("", None),
        ("\n", None),
        ("nonsense", None),
        ("150000", None),
        ("150000 0", None),
        ("-1 100000", None),
    ],
)
def test_a_quota_is_a_number_of_processors(text: str, quota: float | None) -> None:
    assert cpu_quota(text) == quota


@pytest.mark.parametrize(
    ("files", "granted"),
    [
        (cgroup_v2("/", {"cpu.max": "150000 100000"}), 1.5),
        (cgroup_v2("/", {"cpu.max": "max 100000"}), None),
        (cgroup_v2("/", {}), None),
        # Without a name space of its own, the group lies deep.
        (cgroup_v2("/kube/pod1/c1", {"kube/pod1/c1/cpu.max": "200000 100000"}), 2.0),
        # The narrowest of the groups around it decides.
        (
            cgroup_v2(
                "/user/me/job",
                {
                    "user/cpu.max": "max 100000",
                    "user/me/cpu.max": "100000 100000",
                    "user/me/job/cpu.max": "400000 100000",
                },
            ),
            1.0,
        ),
        # Another group's quota is none of ours.
        (cgroup_v2("/a", {"b/cpu.max": "100000 100000", "a/cpu.max": "max 100000"}), None),
        # The group lies outside of the name space: what is mounted is all that can be seen.
        (cgroup_v2("/../../pod2", {"cpu.max": "300000 100000"}), 3.0),
        # What is mounted is the group itself.
        (cgroup_v2("/docker/abc", {"cpu.max": "250000 100000"}, mounted="/docker/abc"), 2.5),
        (
            cgroup_v1(
                "/docker/abc",
                {f"{CPU}/cpu.cfs_quota_us": "150000\n", f"{CPU}/cpu.cfs_period_us": "100000\n"},
                mounted="/docker/abc",
            ),
            1.5,
        ),
        (
            cgroup_v1("/", {f"{CPU}/cpu.cfs_quota_us": "-1\n", f"{CPU}/cpu.cfs_period_us": "100000\n"}),
            None,
        ),
        (
            cgroup_v1(
                "/kube/pod",
                {
                    f"{CPU}/cpu.cfs_quota_us": "-1\n",
                    f"{CPU}/cpu.cfs_period_us": "100000\n",
                    f"{CPU}/kube/cpu.cfs_quota_us": "75000\n",
                    f"{CPU}/kube/cpu.cfs_period_us": "100000\n",
                    f"{CPU}/kube/pod/cpu.cfs_quota_us": "200000\n",
                    f"{CPU}/kube/pod/cpu.cfs_period_us": "100000\n",
                },
            ),
            0.75,
        ),
        # Mounts that cannot be read: where groups are by custom.
        ({"sys/fs/cgroup/cpu.max": "200000 100000"}, 2.0),
        (
            {
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000\n",
            },
            2.0,
        ),
        ({}, None),
    ],
)
def test_the_narrowest_group_around_a_process_grants_its_cpus(
    files: dict[str, str], granted: float | None, tmp_path: Path
) -> None:
    assert granted_cpus(plant(tmp_path, files)) == granted


def test_both_versions_at_once_are_read(tmp_path: Path) -> None:
    """As systemd's hybrid layout: the controllers are those of version 1."""
    plant(
        tmp_path, cgroup_v1("/", {f"{CPU}/cpu.cfs_quota_us": "100000", f"{CPU}/cpu.cfs_period_us": "100000"})
    )
    mounts = tmp_path / "proc/self/mountinfo"
    mounts.write_text(mounts.read_text() + "40 1 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n")
    assert granted_cpus(tmp_path) == 1.0


def test_a_mount_point_may_hold_a_space(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "proc/self/mountinfo": "30 25 0:26 / /my\\040groups rw - cgroup2 none rw\n",
            "my groups/cpu.max": "100000 100000",
        },
    )
    assert folders("cpu", tmp_path) == [tmp_path / "my groups"]
    assert granted_cpus(tmp_path) == 1.0


def test_memory_is_that_of_every_group_with_a_limit(tmp_path: Path) -> None:
    files = cgroup_v2(
        "/outer/inner",
        {
            "outer/memory.max": "8000\n",
            "outer/memory.current": "5000\n",
            "outer/memory.stat": "anon 1\ninactive_file 1000\nactive_file 7\n",
            "outer/inner/memory.max": "max\n",
            "outer/inner/memory.current": "3000\n",
        },
    )
    assert memory_groups(plant(tmp_path, files)) == [MemoryGroup(8000, 5000, 1000)]
    assert memory_limit(tmp_path) == 8000


def test_memory_of_version_1_is_read_too(tmp_path: Path) -> None:
    files = cgroup_v1(
        "/docker/abc",
        {
            "memory/memory.limit_in_bytes": UNLIMITED_V1,
            "memory/docker/abc/memory.limit_in_bytes": "2000\n",
            "memory/docker/abc/memory.usage_in_bytes": "1500\n",
            "memory/docker/abc/memory.stat": "inactive_file 9\ntotal_inactive_file 300\n",
        },
    )
    assert memory_groups(plant(tmp_path, files)) == [MemoryGroup(2000, 1500, 300)]


def test_without_a_limit_there_is_none(tmp_path: Path) -> None:
    assert (
        memory_groups(plant(tmp_path, cgroup_v1("/", {"memory/memory.limit_in_bytes": UNLIMITED_V1}))) == []
    )
    assert memory_limit(tmp_path) is None


def test_this_machine_s_groups_can_be_read() -> None:
    granted = granted_cpus()
    assert granted is None or granted > 0
