"""What a worker brings along is part of the memory and the time that it measures."""

import subprocess
import sys


def test_a_worker_imports_no_library_before_it_is_asked() -> None:
    heavy = ("numpy", "scipy", "pydantic", "torch", "timm", "onnxruntime", "openvino")
    program = f"import sys, profiler.worker; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
