"""Whether this host can measure, and what to do if it cannot. It imports runtimes in processes of their
own."""

import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from catalog import host
from catalog.extras import missing_packages
from catalog.words.doubts import Doubt
from profiler.artefacts.cache import shipped_skeletons
from profiler.processes.isolation import NEUTRAL_FOLDER, isolated
from profiler.sensors import contention, environment, gpu_device, gpu_selection
from profiler.sensors.contention import CONTENDED_CPUS
from profiler.sensors.linux import Linux
from profiler.sensors.system import System, this_system
from profiler.settings import ProfilerSettings

_WITHOUT_TORCH, _WITH_TORCH = "measure", "profiler"  # extras
_WITHOUT_TORCH_SHOWN = ("onnxruntime", "openvino", "onnx")
_WITH_TORCH_SHOWN = ("torch", "torchvision", "timm")
# A hundred of the kernel's ticks: what others use is then right to 1 % of a CPU.
_OBSERVED_S = 1.0
# Importing timm takes 10 s and more where the disk is slow.
_IMPORT_TIMEOUT_S = 120
# A network of a billion parameters takes 4 GB in fp32, and few are larger.
_FREE_GB = 5
# Prints the runtimes that can use a GPU. It runs in its own process, because imports take seconds.
_USABLE_GPU = """
import torch, onnxruntime
print("torch" if torch.cuda.is_available() else "", end=" ")
print("onnxruntime" if "CUDAExecutionProvider" in onnxruntime.get_available_providers() else "")
"""
_INSTALL = "Run `pip install 'archrank[{}]' -c constraints.txt`."


class Verdict(StrEnum):
    """How a check ended. Only `failed` keeps a host from measuring."""

    OK = "ok"
    DOUBTFUL = "doubtful"
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """One finding about the host, with the remedy where it is not ok."""

    subject: str
    verdict: Verdict
    finding: str
    remedy: str | None = None


def examine() -> Iterator[Check]:
    """Every check, each as soon as it is done."""
    yield check_system()
    yield check_packages()
    yield check_torch()
    if not missing_packages(_WITH_TORCH):
        yield check_torchvision(_version("torch"), _version("torchvision"), _torch_wanted_by_torchvision())
        yield check_imports()
    yield check_processor()
    yield check_gpu()
    yield check_neighbours(_observe_foreign_cpus())
    yield check_governor(environment.governor())
    yield check_quota()
    yield check_disk()


def check_system(system: System | None = None) -> Check:
    """Whether the system can pin a process to CPUs, and tells its peak memory exactly."""
    named = f"{platform.system()} {platform.release()}"
    if isinstance(system or this_system(), Linux):
        return Check("system", Verdict.OK, f"{named}.")
    finding = f"{named} cannot pin processes to CPUs. Every measurement will have the doubt {Doubt.UNPINNED}."
    return Check("system", Verdict.DOUBTFUL, finding, Doubt.UNPINNED.remedy)


def check_packages(missing: Callable[[str], list[str]] = missing_packages) -> Check:
    """The extra `measure` is installed."""
    absent = missing(_WITHOUT_TORCH)
    if absent:
        remedy = _INSTALL.format(_WITHOUT_TORCH)
        return Check("packages", Verdict.FAILED, f"Not installed: {', '.join(absent)}.", remedy)
    return Check("packages", Verdict.OK, f"{_named(_WITHOUT_TORCH_SHOWN)}.")


def check_torch(missing: Callable[[str], list[str]] = missing_packages) -> Check:
    """Which networks can be measured: those that archrank ships, or all that timm has. A host needs no
    torch."""
    networks = len({one.workload.architecture for one in shipped_skeletons().skeletons})
    if missing(_WITH_TORCH):
        finding = (
            f"torch is not installed. {networks} networks that archrank ships can be measured, through ONNX "
            "Runtime and OpenVINO."
        )
        return Check("torch", Verdict.OK, finding)
    return Check("torch", Verdict.OK, f"{_named(_WITH_TORCH_SHOWN)}. Every network of timm can be measured.")


def check_torchvision(torch: str | None, torchvision: str | None, wanted: str | None) -> Check:
    """Torch is of the release that torchvision was built for, and from the same index.

    `wanted` is what torchvision's own requirements say of torch, as ">=2.14.0".
    """
    subject = "torch and torchvision"
    remedy = (
        "Install a matching pair: both from PyPI (`pip install torch==2.15.0 torchvision==0.29.2`), "
        "or both from PyTorch's CPU index."
    )
    if torch is None or torchvision is None:
        return Check(subject, Verdict.FAILED, "Not both are installed.", remedy)
    pair = f"torch {torch}, torchvision {torchvision}"
    if wanted is not None and not SpecifierSet(wanted).contains(Version(torch).public, prereleases=True):
        return Check(subject, Verdict.FAILED, f"{pair}, which needs torch {wanted}.", remedy)
    if (Version(torch).local == "cpu") != (Version(torchvision).local == "cpu"):
        return Check(subject, Verdict.FAILED, f"{pair}. Only one of the two is a CPU build.", remedy)
    return Check(subject, Verdict.OK, f"{pair}.")


def check_imports() -> Check:
    """timm, which imports torch and torchvision, can really be imported."""
    try:
        result = _run("import timm")
    except subprocess.TimeoutExpired:
        finding = f"`import timm` took more than {_IMPORT_TIMEOUT_S} s."
        return Check(
            "imports",
            Verdict.FAILED,
            finding,
            "Stop other work on the machine, then run `archrank doctor` again.",
        )
    if result.returncode:
        complaint, remedy = result.stderr.strip().rpartition("\n")[2], _INSTALL.format(_WITH_TORCH)
        return Check("imports", Verdict.FAILED, f"`import timm` fails: {complaint.rstrip('.')}.", remedy)
    return Check("imports", Verdict.OK, "The packages timm, torch and torchvision can be imported.")


def check_processor() -> Check:
    """The name of the target and the precisions that it supports."""
    target = host.local_target()
    flags = str(target.identity["vector_flags"]).split()
    supports_bf16 = bool({"avx512_bf16", "amx_bf16", "bf16"} & set(flags))
    precisions = "supports fp32 and bf16" if supports_bf16 else "supports fp32 but not bf16"
    return Check("processor", Verdict.OK, f"{target.label} ({target.id}) {precisions}.")


def check_gpu(
    find: Callable[[], gpu_device.Gpu] = gpu_selection.open_gpu, usable: Callable[[], set[str]] | None = None
) -> Check:
    """Which GPU `--device cuda` would measure on, and which runtimes can use it. A host needs none."""
    subject = "GPU"
    try:
        gpu = find()
        facts, degrees = gpu.facts(), gpu.temperature_c()
    except gpu_selection.NoGpu as error:
        return Check(subject, Verdict.OK, f"{error.message} CPUs can be measured all the same.")
    runtimes = (usable or _runtimes_that_use_a_gpu)()
    heat = "" if degrees is None else f", {degrees} degrees Celsius"
    finding = f"{facts.name} ({gpu_device.gpu_target(facts).id}), driver {facts.driver}{heat}"
    if "torch" not in runtimes:
        remedy = "Run `pip install torch` from PyPI, with a CUDA version that this driver supports."
        return Check(subject, Verdict.DOUBTFUL, f"{finding}, which torch does not see.", remedy)
    if "onnxruntime" not in runtimes:
        remedy = "Run `pip uninstall onnxruntime`, then `pip install onnxruntime-gpu`."
        return Check(
            subject,
            Verdict.DOUBTFUL,
            f"{finding}, which torch sees. The installed onnxruntime has no CUDA provider.",
            remedy,
        )
    return Check(subject, Verdict.OK, f"{finding}, which torch and onnxruntime can use.")


def check_neighbours(foreign_cpus: float) -> Check:
    """Other processes leave the processor alone."""
    finding = f"Other processes keep {foreign_cpus:.2f} CPUs busy."
    if foreign_cpus > CONTENDED_CPUS:
        remedy = "Stop the other processes. Until then, measurements are marked as contended."
        return Check("neighbours", Verdict.DOUBTFUL, finding, remedy)
    return Check("neighbours", Verdict.OK, finding)


def check_governor(governor: str | None) -> Check:
    """The clock does not follow the load."""
    if governor is None:
        return Check(
            "frequency governor",
            Verdict.OK,
            "The kernel does not report the governor, as in most virtual machines.",
        )
    if governor != "performance":
        remedy = "Run `sudo cpupower frequency-set -g performance`."
        return Check(
            "frequency governor",
            Verdict.DOUBTFUL,
            f"The governor is {governor}, which changes the clock with the load.",
            remedy,
        )
    return Check("frequency governor", Verdict.OK, f"The governor is {governor}.")


def check_quota() -> Check:
    """No control group's quota throttles the CPUs: throttling in bursts spoils every median."""
    quota = host.granted_cpus()
    allowed = host.allowed_cpus()
    if quota is not None and quota < allowed:
        finding = f"A control group limits {allowed} CPUs to {quota:g} by throttling."
        return Check(
            "CPU quota", Verdict.DOUBTFUL, finding, "Pin whole CPUs instead, as with `docker --cpuset-cpus`."
        )
    return Check("CPU quota", Verdict.OK, f"{allowed} CPUs without a quota.")


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


def _runtimes_that_use_a_gpu() -> set[str]:
    try:
        result = _run(_USABLE_GPU)
    except subprocess.TimeoutExpired:
        return set()
    return set(result.stdout.split())


def _run(program: str) -> "subprocess.CompletedProcess[str]":
    """Run the Python program as a child of a campaign runs: isolated from the working folder."""
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=_IMPORT_TIMEOUT_S,
        check=False,
        env=isolated(),
        cwd=NEUTRAL_FOLDER,
    )


def _observe_foreign_cpus() -> float:
    before = contention.current_use()
    time.sleep(_OBSERVED_S)
    return contention.foreign_cpus(before, contention.current_use())


def _torch_wanted_by_torchvision() -> str | None:
    try:
        lines = requires("torchvision") or ()
    except PackageNotFoundError:
        return None
    for requirement in map(Requirement, lines):
        if requirement.name == "torch":
            return str(requirement.specifier)
    return None


def _named(packages: Iterable[str]) -> str:
    """The installed packages of these with their versions."""
    return ", ".join(environment.named_version(name) for name in packages if _version(name) is not None)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
