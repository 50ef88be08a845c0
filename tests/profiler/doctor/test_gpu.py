import pytest

from profiler.doctor import Verdict, gpu
from profiler.sensors import gpu_selection
from tests.fakes.gpu import FakeNvml


@pytest.mark.parametrize(
    ("usable", "verdict", "words"),
    [
        ({"torch", "onnxruntime"}, Verdict.OK, "which torch and onnxruntime can use"),
        ({"torch"}, Verdict.DOUBTFUL, "onnxruntime has no CUDA provider"),
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


def test_a_host_needs_no_gpu() -> None:
    check = gpu.check_gpu(lambda: gpu_selection.open_gpu(FakeNvml(driver=None), {}))
    assert check.verdict is Verdict.OK
    assert "no NVIDIA GPU" in check.finding
