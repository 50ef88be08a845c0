import subprocess
import sys
from pathlib import Path

import pytest

from catalog.machine import gpu_selection
from profiler.doctor import Verdict, gpu
from tests.fakes.gpu import FakeNvml


@pytest.mark.parametrize(
    ("usable", "verdict", "words"),
    [
        ({"torch", "onnxruntime"}, Verdict.OK, "which torch and onnxruntime can use"),
        ({"torch"}, Verdict.DOUBTFUL, "No onnxruntime with a CUDA provider"),
        (set(), Verdict.DOUBTFUL, "which torch does not see"),
    ],
)
def test_a_gpu_is_named_with_the_runtimes_that_can_use_it(
    usable: set[str], verdict: Verdict, words: str
) -> None:
    check = gpu.check_gpu(lambda: gpu_selection.open_gpu(FakeNvml(), {}), lambda: usable)
    assert check.verdict is verdict
    assert "NVIDIA H100 80GB HBM3 (nvidia-h100-80gb-hbm3-" in check.finding
    assert "38 degrees" in check.finding
    assert words in check.finding
    assert (check.remedy is None) is (verdict is Verdict.OK)


def test_a_runtime_that_is_not_installed_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("class cuda:\n    is_available = staticmethod(lambda: True)\n")
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('it was uninstalled')\n")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{gpu._USABLE_GPU}"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout.split() == ["torch"]


def test_a_host_needs_no_gpu() -> None:
    check = gpu.check_gpu(lambda: gpu_selection.open_gpu(FakeNvml(driver=None), {}))
    assert check.verdict is Verdict.OK
    assert "no NVIDIA GPU" in check.finding
