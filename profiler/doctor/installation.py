"""Whether what measures is installed, and can be imported. Imports happen in processes of their own."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import (
    PackageNotFoundError,
    distribution,
    packages_distributions,
    requires,
    version,
)

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from catalog.extras import DISTRIBUTION, missing_packages
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts.cache import shipped_skeletons
from profiler.doctor.check import Check, Verdict
from profiler.faults import fault_in
from profiler.processes.isolation import NEUTRAL_FOLDER, isolated, kept_modules
from profiler.sensors import environment
from profiler.sensors.loaded import InstalledPackage
from profiler.settings import ProfilerSettings

WITHOUT_TORCH, WITH_TORCH = "measure", "profiler"  # extras
INSTALL = "Run `pip install 'archrank[{}]' -c constraints.txt`."
_WITHOUT_TORCH_SHOWN = ("onnxruntime", "openvino", "onnx")
_WITH_TORCH_SHOWN = ("torch", "torchvision", "timm")
# Importing timm takes 10 s and more where the disk is slow.
_IMPORT_TIMEOUT_S = 120
# What archrank installs beside its metadata (decision 15).
_TOP_LEVEL = ("app", "catalog", "profiler")
# Loads packages as a process of a campaign does, and prints what it has loaded.
_LOADED = """
import sys
from importlib import import_module
sys.modules["openvino_telemetry"] = None
from profiler.sensors.loaded import InstalledPackage, require
packages = [InstalledPackage(**package) for package in {}]
modules = [import_module(package.module) for package in packages]
require(packages)
print(", ".join(f"{{one.__name__}} {{one.__version__}} of {{one.__file__}}" for one in modules))
"""


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
    if set(missing(WITH_TORCH)) - set(missing(WITHOUT_TORCH)):
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


def check_runtimes(missing: Callable[[str], list[str]] = missing_packages) -> Iterator[Check]:
    """Every installed runtime can be loaded, and is the one that is installed."""
    absent = {*missing(WITHOUT_TORCH), *missing(WITH_TORCH)}
    for runtime in RuntimeName:
        packages = environment.packages(runtime)
        if packages and not absent & {package.module for package in packages}:
            yield check_runtime(runtime, packages)


def check_runtime(
    runtime: RuntimeName,
    packages: Sequence[InstalledPackage],
    run: Callable[[str], "subprocess.CompletedProcess[str]"] | None = None,
) -> Check:
    """A process of its own loads the packages of a runtime, and says their versions and files."""
    program = _LOADED.format([asdict(package) for package in packages])
    try:
        result = (run or run_isolated)(program)
    except subprocess.TimeoutExpired:
        finding = f"Loading it took more than {_IMPORT_TIMEOUT_S} s."
        return Check(str(runtime), Verdict.FAILED, finding, "Stop other work on the machine, and try again.")
    if result.returncode:
        complaint = result.stderr.strip().rpartition("\n")[2].rstrip(".")
        fault = fault_in(result.stderr)
        remedy = fault.remedy if fault and fault.remedy else INSTALL.format(WITHOUT_TORCH)
        return Check(str(runtime), Verdict.FAILED, f"It cannot be loaded: {complaint}.", remedy)
    return Check(str(runtime), Verdict.OK, f"Loaded: {result.stdout.strip()}.")


def check_compiled(kept: Mapping[str, str] | None = None) -> Check:
    """Whether Python keeps what it compiles of the packages. `kept` are the variables with which processes
    keep it elsewhere."""
    subject = "compiled modules"
    if not (kept_modules() if kept is None else kept):
        return Check(subject, Verdict.OK, "Python keeps the compiled modules of the packages.")
    finding = (
        "Python may keep no compiled modules beside the packages, so each command compiles them again. "
        f"Processes that measure keep them in {ProfilerSettings().cache_dir}."
    )
    remedy = f"Once, as their owner: `python -m compileall -q {distribution('numpy').locate_file('')}`."
    return Check(subject, Verdict.DOUBTFUL, finding, remedy)


def check_names(owners: Mapping[str, Sequence[str]] | None = None) -> Check:
    """No other package of this environment has one of archrank's top-level names. `owners` are the packages
    that have each top-level name."""
    found = packages_distributions() if owners is None else owners
    shared = {
        name: sorted(set(found.get(name, ())) - {DISTRIBUTION})
        for name in _TOP_LEVEL
        if set(found.get(name, ())) - {DISTRIBUTION}
    }
    if not shared:
        return Check("names", Verdict.OK, f"No other package here is named {', '.join(_TOP_LEVEL)}.")
    finding = "; ".join(f"{', '.join(packages)} installs {name} too" for name, packages in shared.items())
    remedy = "Install archrank into an environment of its own: `pipx install 'archrank[measure]'`."
    return Check("names", Verdict.DOUBTFUL, f"{finding}.", remedy)


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
