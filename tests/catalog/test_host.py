import os
import platform

import pytest

from catalog import host
from catalog.host import cpu_identity, cpu_quota, cpu_target, local_target, usable_cpus
from catalog.words.vocabulary import Device

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
        "model_name": "CPU",
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
        ("-1 100000", None),
    ],
)
def test_a_quota_is_a_number_of_processors(text: str, quota: float | None) -> None:
    assert cpu_quota(text) == quota


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
    monkeypatch: pytest.MonkeyPatch, allowed: set[int], cpu_max: str, usable: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: allowed)
    monkeypatch.setattr(host, "_read", lambda path: cpu_max)
    assert usable_cpus() == usable


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


def test_where_processes_have_no_affinity_all_processors_are_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(host, "_read", lambda path: "")
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert usable_cpus() == 10
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cpus() == 1
