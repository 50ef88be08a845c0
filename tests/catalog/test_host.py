import os
import platform
from dataclasses import replace
from pathlib import Path

import pytest

from catalog import host
from catalog.entities.configurations import Target
from catalog.host import cpu_identity, cpu_target, local_target, target_at, usable_cpus
from catalog.machine.gpu_device import GpuFacts
from catalog.machine.gpu_selection import NoGpu
from catalog.words.vocabulary import Device
from tests.catalog.machine.trees import (
    RASPBERRY_PI_5,
    RK3588,
    cgroup_v1,
    cgroup_v2,
    cpus,
    i7_12700h,
    plant,
)

X86 = """\
processor	: 0
vendor_id	: GenuineIntel
cpu family	: 6
model		: 143
model name	: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
stepping	: 8
cpu MHz		: 2700.000
flags		: fpu sse4_2 ssse3 fma f16c avx avx2 avx512f avx512_vnni amx_tile amx_bf16 bmi2 xsave

processor	: 1
vendor_id	: Other
model name	: another processor
flags		: fpu
"""

OTHER_STEPPING = X86.replace("stepping	: 8", "stepping	: 9")
ARM = """\
processor	: 0
BogoMIPS	: 243.75
Features	: fp asimd evtstrm aes crc32 asimddp sve sve2 i8mm bf16 dit
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x1
CPU part	: 0xd40
CPU revision	: 1
"""


def test_an_x86_processor_is_known_by_its_first_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert cpu_identity(X86, 4) == {
        "machine": "x86_64",
        "vendor": "GenuineIntel",
        "model_name": "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
        "family": "6",
        "model": "143",
        "stepping": "8",
        "vector_flags": "amx_bf16 amx_tile avx avx2 avx512_vnni avx512f f16c fma sse4_2",
        "cpus": 4,
    }


def test_an_arm_processor_is_known_by_implementer_and_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert cpu_identity(ARM, 2) == {
        "machine": "aarch64",
        "vendor": "0x41",
        "model_name": "Neoverse-V1",
        "family": "8",
        "model": "0xd40",
        "stepping": "1",
        "vector_flags": "asimd asimddp bf16 i8mm sve sve2",
        "cpus": 2,
    }


def test_an_unreadable_cpuinfo_still_gives_an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "processor", lambda: "")
    identity = cpu_identity("", 1)
    assert (identity["vendor"], identity["model_name"]) == ("unknown", "CPU")
    assert identity["vector_flags"] == ""


def test_the_clock_of_the_moment_is_no_part_of_the_identity() -> None:
    assert cpu_identity(X86.replace("2700.000", "3100.123"), 2) == cpu_identity(X86, 2)


@pytest.mark.parametrize(
    "other",
    [
        X86.replace("143", "144"),
        X86.replace("avx512f", "avx10"),
        X86.replace("stepping	: 8", "stepping : 9"),
    ],
    ids=["model", "vector flags", "stepping"],
)
def test_processors_that_differ_are_told_apart(other: str) -> None:
    assert cpu_identity(other, 2) != cpu_identity(X86, 2)


@pytest.mark.parametrize(
    ("allowed", "cpu_max", "usable"),
    [
        ({0, 1, 2, 3}, "max 100000", 4),
        ({0, 1, 2, 3}, "", 4),
        ({0, 1, 2, 3}, "150000 100000", 1),
        ({0, 1, 2, 3}, "200000 100000", 2),
        ({0, 1, 2, 3}, "800000 100000", 4),
        ({5}, "50000 100000", 1),
    ],
    ids=["unlimited", "no control group", "one and a half", "two", "more than there are", "half a processor"],
)
def test_usable_processors_are_those_allowed_within_the_quota(
    monkeypatch: pytest.MonkeyPatch, allowed: set[int], cpu_max: str, usable: int, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: allowed)
    plant(tmp_path, cgroup_v2("/", {"cpu.max": cpu_max}))
    assert usable_cpus(tmp_path) == usable


@pytest.mark.parametrize(
    ("model_name", "cpus", "slug", "label"),
    [
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", 2, "intel-xeon-2c", "Intel Xeon, 2 CPUs"),
        (
            "Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz",
            8,
            "intel-core-i7-8550u-8c",
            "Intel Core i7-8550U, 8 CPUs",
        ),
        ("AMD EPYC 7B13 64-Core Processor", 1, "amd-epyc-7b13-1c", "AMD EPYC 7B13, 1 CPU"),
        ("@", 3, "cpu-3c", "CPU, 3 CPUs"),
    ],
)
def test_a_target_is_named_after_its_processor(model_name: str, cpus: int, slug: str, label: str) -> None:
    target = cpu_target(f"model name : {model_name}", cpus)
    assert (target.id.rpartition("-")[0], target.label, target.kind) == (slug, label, Device.CPU)
    assert len(target.id.rpartition("-")[2]) == 6


def test_the_id_of_a_target_depends_on_its_whole_identity() -> None:
    ids = {cpu_target(cpuinfo, cpus).id for cpuinfo in (X86, OTHER_STEPPING) for cpus in (2, 4)}
    assert len(ids) == 4


def test_this_machine_is_the_same_target_between_calls() -> None:
    target = local_target()
    assert local_target() == target
    assert target.identity["cpus"] == usable_cpus()


def test_where_processes_have_no_affinity_all_processors_are_usable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert usable_cpus(tmp_path) == 10
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cpus(tmp_path) == 1


# Machines as they are


def target_of(
    monkeypatch: pytest.MonkeyPatch, root: Path, allowed: range, cpuinfo: str, files: dict[str, str]
) -> Target:
    """The target of a machine with these files, for a process that may use the CPUs `allowed`."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(allowed))
    return target_at(plant(root, {"proc/cpuinfo": cpuinfo, **files}))


def test_performance_cores_and_efficient_cores_are_targets_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    both = target_of(monkeypatch, tmp_path, range(20), X86, i7_12700h())
    assert (both.identity["cpus"], both.identity["core_kind"]) == (12, "performance")
    assert both.label.endswith("12 CPUs of performance cores")
    eight = [
        target_of(monkeypatch, tmp_path, allowed, X86, i7_12700h()) for allowed in (range(8), range(12, 20))
    ]
    assert [target.identity["core_kind"] for target in eight] == ["performance", "efficient"]
    assert [target.identity["cpus"] for target in eight] == [8, 8]
    assert eight[0].id != eight[1].id
    assert both.id == target_of(monkeypatch, tmp_path, range(12), X86, i7_12700h()).id


def test_a_machine_with_cores_of_one_kind_keeps_the_id_that_it_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = {
        **cpus(4, siblings=[(0, 1), (2, 3)], capacity=dict.fromkeys(range(4), 1024)),
        **cgroup_v2("/", {"cpu.max": "max 100000"}),
    }
    assert target_of(monkeypatch, tmp_path, range(4), X86, files) == cpu_target(X86, 4)
    assert cpu_target(X86, 4).identity.keys() == {
        *("machine", "vendor", "model_name", "family", "model", "stepping", "vector_flags", "cpus")
    }


@pytest.mark.parametrize(
    "throttled",
    [
        cgroup_v2("/pod/c", {"pod/cpu.max": "50000 100000"}),
        cgroup_v1(
            "/docker/c",
            {"cpu,cpuacct/cpu.cfs_quota_us": "50000", "cpu,cpuacct/cpu.cfs_period_us": "100000"},
            mounted="/docker/c",
        ),
    ],
    ids=["version 2", "version 1"],
)
def test_a_throttled_container_is_not_the_machine_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, throttled: dict[str, str]
) -> None:
    free = target_of(monkeypatch, tmp_path / "free", range(1), X86, {})
    half = target_of(monkeypatch, tmp_path / "half", range(1), X86, throttled)
    assert half.identity == {**free.identity, "cpu_quota": "0.5"}
    assert half.id != free.id


def test_a_quota_of_whole_cpus_leaves_as_many_threads_unthrottled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    two = target_of(monkeypatch, tmp_path, range(8), X86, cgroup_v2("/pod", {"pod/cpu.max": "200000 100000"}))
    assert two == cpu_target(X86, 2)


def test_a_board_without_a_model_name_is_named_after_board_and_core(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = {"proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0"}
    target = target_of(monkeypatch, tmp_path, range(4), RASPBERRY_PI_5, files)
    assert target.label == "Raspberry Pi 5 Model B Rev 1.0 (Cortex-A76), 4 CPUs"
    assert target.id.startswith("raspberry-pi-5-model-b-rev-1-0-cortex-a76-4c-")


def test_older_boards_name_themselves_among_the_processors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cpuinfo = f"{RASPBERRY_PI_5}Hardware\t: BCM2835\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n"
    assert "Raspberry Pi 4 Model B Rev 1.4" in target_of(monkeypatch, tmp_path, range(4), cpuinfo, {}).label


def test_the_core_that_is_measured_names_a_board_with_two_kinds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first processor of /proc/cpuinfo is a slow one."""
    capacity = {**dict.fromkeys(range(4), 530), **dict.fromkeys(range(4, 8), 1024)}
    files = cpus(8, capacity=capacity)
    fast = target_of(monkeypatch, tmp_path, range(8), RK3588, files)
    slow = target_of(monkeypatch, tmp_path, range(4), RK3588, files)
    assert fast.label == "Cortex-A76, 4 CPUs of performance cores"
    assert slow.label == "Cortex-A55, 4 CPUs of efficient cores"
    assert fast.id != slow.id


def test_a_core_that_is_not_listed_keeps_its_maker_and_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cpuinfo = RASPBERRY_PI_5.replace("0xd0b", "0xfff").replace("0x41", "0x51")
    assert target_of(monkeypatch, tmp_path, range(4), cpuinfo, {}).label == "Qualcomm core 0xfff, 4 CPUs"


@pytest.mark.parametrize(("is_same", "expected"), [(True, True), (False, False)])
def test_the_gpu_of_this_machine_is_here_and_another_is_not(
    is_same: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = GpuFacts("NVIDIA H100", "GPU-aaaa", "580.1", "9.0", 85_520_809_984)
    monkeypatch.setattr(host, "local_gpu", lambda: facts)
    other = replace(facts, name="NVIDIA L4")
    assert host.is_here(host.gpu_target(facts if is_same else other)) is expected


def test_without_a_gpu_none_is_here_and_the_processor_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> GpuFacts:
        raise NoGpu("the driver finds none")

    monkeypatch.setattr(host, "local_gpu", none)
    assert not host.is_here(Target("nvidia-l4", Device.CUDA, "NVIDIA L4", {}))
    assert not host.is_here(Target("elsewhere", Device.CPU, "another processor", {}))
    assert host.is_here(local_target())
