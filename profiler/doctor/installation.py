"""Whether what measures is installed, and can be imported. Imports happen in processes of their own."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from catalog.extras import missing_packages
from profiler.artefacts.cache import shipped_skeletons
from profiler.doctor.check import Check, Verdict
from profiler.processes.isolation import NEUTRAL_FOLDER, isolated
from profiler.sensors import environment

WITHOUT_TORCH, WITH_TORCH = "measure", "profiler"  # extras
INSTALL = "Run `pip install 'archrank[{}]' -c constraints.txt`."
_WITHOUT_TORCH_SHOWN = ("onnxruntime", "openvino", "onnx")
_WITH_TORCH_SHOWN = ("torch", "torchvision", "timm")
# Importing timm takes 10 s and more where the disk is slow.
_IMPORT_TIMEOUT_S = 120


def check_packages(missing: Callable[[str], list[str]] = missing_packages) -> Check:
    """The extra `measure` is installed."""
    absent = missing(WITHOUT_TORCH)
    if absent:
        remedy = INSTALL.format(WITHOUT_TORCH)
        return Check("packages", Verdict.FAILED, f"Not installed: {', '.join(absent)}.", remedy)
    return Check("packages", Verdict.OK, f"{_named(_WITHOUT_TORCH_SHOWN)}.")


def check_torch(missing: Callable[[str], list[str]] = missing_packages) -> Check:
    """Which networks can be measured: those that archrank ships, or all that timm has. A host needs no
    torch."""
    networks = len({one.workload.architecture for one in shipped_skeletons().skeletons})
    if missing(WITH_TORCH):
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
        result = run_isolated("import timm")
    except subprocess.TimeoutExpired:
        finding = f"`import timm` took more than {_IMPORT_TIMEOUT_S} s."
        return Check(
            "imports",
            Verdict.FAILED,
            finding,
            "Stop other work on the machine, then run `archrank doctor` again.",
        )
    if result.returncode:
        complaint, remedy = result.stderr.strip().rpartition("\n")[2], INSTALL.format(WITH_TORCH)
        return Check("imports", Verdict.FAILED, f"`import timm` fails: {complaint.rstrip('.')}.", remedy)
    return Check("imports", Verdict.OK, "The packages timm, torch and torchvision can be imported.")


def run_isolated(program: str) -> "subprocess.CompletedProcess[str]":
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


def torch_wanted_by_torchvision() -> str | None:
    """What torchvision's own requirements say of torch. None where it is not installed."""
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
    return ", ".join(
        environment.named_version(name) for name in packages if installed_version(name) is not None
    )


def installed_version(package: str) -> str | None:
    """The version of an installed package. None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
