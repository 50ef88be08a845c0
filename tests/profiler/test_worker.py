"""What a worker imports is part of the memory and the time that it measures."""

import subprocess
import sys

import pytest

RUNTIMES = ("torch", "timm", "onnx", "onnxruntime", "openvino")


def imported_by(module: str, packages: tuple[str, ...]) -> list[str]:
    """Those of the packages that a fresh process has loaded once it has imported the module."""
    program = f"import sys, {module}; print(*[name for name in {packages} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_worker_imports_no_library_before_it_is_asked() -> None:
    assert imported_by("profiler.worker", ("numpy", "scipy", "pydantic", *RUNTIMES)) == []


@pytest.mark.parametrize(
    "module", ["profiler.artefacts.verification", "profiler.runtimes.base", "profiler.doctor"]
)
def test_what_compares_outputs_names_runtimes_or_looks_for_them_loads_none(module: str) -> None:
    assert imported_by(module, ("scipy", *RUNTIMES)) == []
