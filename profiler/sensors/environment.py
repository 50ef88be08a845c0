"""The environment of a measurement: versions, kernel and governor, which may change under a target."""

import platform
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from catalog.entities.configurations import Environment
from catalog.extras import GPU_BUILDS
from catalog.machine.files import text_of
from catalog.words.vocabulary import RuntimeName
from profiler.sensors.loaded import InstalledPackage, installed_package

_PACKAGES = {
    RuntimeName.PYTORCH: ("torch", "timm"),
    RuntimeName.ONNXRUNTIME: ("onnxruntime",),
    RuntimeName.OPENVINO: ("openvino",),
}
_CUDA = re.compile(r"^cuda\b[^=]*=\s*'([^']+)'", re.MULTILINE)
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def current(
    runtime: RuntimeName, driver: str | None = None, variables: Mapping[str, str] | None = None
) -> Environment:
    """The environment in which `runtime` would be measured now. `driver` is the GPU's, or None for the CPU.
    `variables` are those of the shell that reach the processes and may change numbers."""
    versions = list(_versions(runtime, on_gpu=driver is not None))
    versions += [f"{name}={value}" for name, value in sorted((variables or {}).items())]
    return Environment(
        runtime_version=", ".join(versions),
        driver=driver,
        kernel=platform.release(),
        governor=governor(),
    )


@cache
def _versions(runtime: RuntimeName, *, on_gpu: bool) -> tuple[str, ...]:
    """The versions that are installed. A campaign asks for them at each block, and searches all packages
    once."""
    versions = tuple(named_version(name) for name in _PACKAGES[runtime])
    if on_gpu and runtime is RuntimeName.PYTORCH:
        return (*versions, f"CUDA {torch_cuda() or 'none'}")
    return versions


def packages(runtime: RuntimeName) -> list[InstalledPackage]:
    """The installed packages that a process of the runtime has to load."""
    builds = ((GPU_BUILDS.get(name, name), name) for name in _PACKAGES[runtime])
    found = (installed_package(build, name) or installed_package(name, name) for build, name in builds)
    return [package for package in found if package is not None]


def torch_cuda(text: str | None = None) -> str | None:
    """The CUDA that torch was built for, or None for a CPU build. It is read from torch's version.py, because
    importing torch takes seconds."""
    if text is None:
        text = Path(str(distribution("torch").locate_file("torch/version.py"))).read_text()
    match = _CUDA.search(text)
    return match.group(1) if match else None


def named_version(package: str) -> str:
    """An installed package's name and version. Where its build for GPUs is installed, that build's.

    Raises:
        PackageNotFoundError: the package is not installed.
    """
    build = GPU_BUILDS.get(package, package)
    try:
        return f"{build} {version(build)}"
    except PackageNotFoundError:
        return f"{package} {version(package)}"


def governor() -> str | None:
    """The frequency governor of the first CPU. None where the kernel has none to read, as in most VMs."""
    return text_of(_GOVERNOR).strip() or None
