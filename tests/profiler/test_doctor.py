import pytest

from profiler import doctor
from profiler.doctor import Verdict
from profiler.sensors import gpu_selection
from profiler.sensors.linux import Linux
from profiler.sensors.portable import Portable
from tests.fakes.gpu import FakeNvml


def test_missing_packages_fail_with_the_install_line() -> None:
    check = doctor.check_packages(lambda extra: ["onnx", "openvino"])
    assert check.verdict is Verdict.FAILED
    assert "onnx, openvino" in check.finding
    assert check.remedy is not None
    assert "archrank[measure]" in check.remedy


@pytest.mark.parametrize(
    ("missing", "words"),
    [(["torch"], "networks that archrank ships can be measured"), ([], "Every network of timm")],
)
def test_a_host_needs_no_torch_and_is_told_what_it_brings(missing: list[str], words: str) -> None:
    check = doctor.check_torch(lambda extra: missing)
    assert check.verdict is Verdict.OK
    assert words in check.finding


def test_a_system_that_cannot_pin_is_a_doubt_and_no_failure() -> None:
    assert doctor.check_system(Linux()).verdict is Verdict.OK
    check = doctor.check_system(Portable())
    assert check.verdict is Verdict.DOUBTFUL
    assert "unpinned" in check.finding


def test_a_matching_pair_is_fine() -> None:
    assert doctor.check_torchvision("2.15.0", "0.29.2", ">=2.14.0").verdict is Verdict.OK
    assert doctor.check_torchvision("2.15.0+cpu", "0.29.2+cpu", "==2.15.0").verdict is Verdict.OK


@pytest.mark.parametrize(
    ("torch", "torchvision", "wanted"),
    [
        ("2.13.0", "0.29.2", ">=2.14.0"),
        ("2.15.0+cpu", "0.29.2", ">=2.14.0"),
        ("2.15.0", "0.29.2+cpu", "==2.15.0"),
        (None, "0.29.2", ">=2.14.0"),
        ("2.15.0", None, None),
    ],
)
def test_a_mismatched_pair_fails_with_both_ways_out(
    torch: str | None, torchvision: str | None, wanted: str | None
) -> None:
    check = doctor.check_torchvision(torch, torchvision, wanted)
    assert check.verdict is Verdict.FAILED
    assert check.remedy is not None
    assert "PyPI" in check.remedy
    assert "CPU index" in check.remedy


def test_the_installed_pair_matches() -> None:
    wanted = doctor._torch_wanted_by_torchvision()
    check = doctor.check_torchvision(doctor._version("torch"), doctor._version("torchvision"), wanted)
    assert wanted is not None
    assert check.verdict is Verdict.OK


def test_busy_neighbours_are_a_doubt_not_a_failure() -> None:
    assert doctor.check_neighbours(0.02).verdict is Verdict.OK
    busy = doctor.check_neighbours(0.8)
    assert busy.verdict is Verdict.DOUBTFUL
    assert busy.remedy


def test_only_a_governor_that_follows_the_load_is_a_doubt() -> None:
    assert doctor.check_governor("performance").verdict is Verdict.OK
    assert doctor.check_governor(None).verdict is Verdict.OK
    assert doctor.check_governor("powersave").verdict is Verdict.DOUBTFUL


def test_the_processor_and_the_disk_are_told() -> None:
    assert doctor.check_processor().verdict is Verdict.OK
    assert "GB are free" in doctor.check_disk().finding
    assert "CPU" in doctor.check_quota().finding


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
    check = doctor.check_gpu(lambda: gpu_selection.open_gpu(FakeNvml(), {}), lambda: usable)
    assert check.verdict is verdict
    assert "NVIDIA H100 80GB HBM3 (nvidia-h100-80gb-hbm3-" in check.finding
    assert "38 degrees" in check.finding
    assert words in check.finding
    assert (check.remedy is None) is (verdict is Verdict.OK)


def test_a_host_needs_no_gpu() -> None:
    check = doctor.check_gpu(lambda: gpu_selection.open_gpu(FakeNvml(driver=None), {}))
    assert check.verdict is Verdict.OK
    assert "no NVIDIA GPU" in check.finding


def test_this_system_can_measure() -> None:
    assert doctor.check_system().verdict is Verdict.OK
