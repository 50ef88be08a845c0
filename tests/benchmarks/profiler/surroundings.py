"""When, where and with what the processes of a journal were measured."""

import hashlib
import os
import platform

from tests.benchmarks.machine import ROOT, commit, memory_gb, processor, version_of

_PACKAGES = ("onnxruntime", "openvino", "torch", "timm", "numpy", "mlcommons-loadgen")
_MEASURING = ("neighbours.py", "running.py", "samplers.py", "variant_worker.py", "variants.py")


def surroundings(begun: str) -> str:
    """The sentence of the report."""
    machine = (
        f"{os.cpu_count()} CPUs ({processor()}), {memory_gb():.0f} GB, Linux {platform.release()}, "
        f"load average {os.getloadavg()[0]:.1f} at the start."
    )
    written = f"Written by `make bench-profiler`, begun {begun}, {commit()}."
    return f"{written} {machine} {_versions()}."


def measured_by() -> str:
    """What two runs must share for their processes to stand in one journal: code that measures, versions."""
    total = hashlib.sha256(f"{platform.release()} {_versions()}".encode())
    here = ROOT / "tests" / "benchmarks" / "profiler"
    sources = [*(ROOT / "profiler").rglob("*.py"), *(here / name for name in _MEASURING)]
    for path in sorted(sources):
        total.update(path.read_bytes())
    return f"code {total.hexdigest()[:12]}"


def _versions() -> str:
    packages = [f"{name} {found}" for name in _PACKAGES if (found := version_of(name))]
    return ", ".join([f"Python {platform.python_version()}", *packages])
