from collections.abc import Callable
from subprocess import CompletedProcess, TimeoutExpired

import pytest

from catalog.words.vocabulary import RuntimeName
from profiler.doctor import Verdict, installation
from profiler.sensors.loaded import InstalledPackage


def test_missing_packages_fail_with_the_install_line() -> None:
    check = installation.check_packages(lambda extra: ["onnx", "openvino"])
    assert check.verdict is Verdict.FAILED
    assert "onnx, openvino" in check.finding
    assert check.remedy is not None
    assert "archrank[measure]" in check.remedy


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"profiler": ["torch"]}, "networks that archrank ships can be measured"),
        ({}, "Every network of timm"),
        # The larger extra holds the smaller one. What lacks there says nothing of torch.
        ({"measure": ["onnxruntime"], "profiler": ["onnxruntime"]}, "Every network of timm"),
    ],
)
def test_a_host_needs_no_torch_and_is_told_what_it_brings(missing: dict[str, list[str]], words: str) -> None:
    check = installation.check_torch(lambda extra: missing.get(extra, []))
    assert check.verdict is Verdict.OK
    assert words in check.finding


def test_a_matching_pair_is_fine() -> None:
    assert installation.check_torchvision("2.15.0", "0.29.2", ">=2.14.0").verdict is Verdict.OK
    assert installation.check_torchvision("2.15.0+cpu", "0.29.2+cpu", "==2.15.0").verdict is Verdict.OK


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
    check = installation.check_torchvision(torch, torchvision, wanted)
    assert check.verdict is Verdict.FAILED
    assert check.remedy is not None
    assert "PyPI" in check.remedy
    assert "CPU index" in check.remedy


def test_modules_that_python_may_not_keep_are_told_with_the_command_that_compiles_them() -> None:
    assert installation.check_compiled({}).verdict is Verdict.OK
    check = installation.check_compiled({"PYTHONPYCACHEPREFIX": "/cache"})
    assert check.verdict is Verdict.DOUBTFUL
    assert check.remedy is not None
    assert "python -m compileall" in check.remedy


def test_the_installed_pair_matches() -> None:
    torch, torchvision = map(installation.installed_version, ("torch", "torchvision"))
    wanted = installation.torch_wanted_by_torchvision()
    assert wanted is not None
    assert installation.check_torchvision(torch, torchvision, wanted).verdict is Verdict.OK


PACKAGES = [InstalledPackage("onnxruntime", "1.31.0", "/venv")]


def ended(code: int, stdout: str = "", stderr: str = "") -> Callable[[str], "CompletedProcess[str]"]:
    return lambda program: CompletedProcess([], code, stdout, stderr)


def test_a_runtime_that_can_be_loaded_says_its_version_and_file() -> None:
    run = ended(0, "onnxruntime 1.31.0 of /venv/onnxruntime/__init__.py\n")
    check = installation.check_runtime(RuntimeName.ONNXRUNTIME, PACKAGES, run)
    assert check.verdict is Verdict.OK
    assert "1.31.0 of /venv/onnxruntime/__init__.py" in check.finding


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        ("ImportError: libgomp.so.1: cannot open shared object file: No such file", "libgomp.so.1"),
        ("profiler.faults.HostFault: Another runtime was loaded: onnxruntime 1.30.0 of /home/me", "/home/me"),
    ],
)
def test_a_runtime_that_cannot_be_loaded_fails_with_its_cause(stderr: str, words: str) -> None:
    run = ended(1, stderr=f"Traceback (most recent call last):\n{stderr}\n")
    check = installation.check_runtime(RuntimeName.ONNXRUNTIME, PACKAGES, run)
    assert check.verdict is Verdict.FAILED
    assert words in check.finding
    assert check.remedy


def test_a_runtime_that_takes_too_long_fails() -> None:
    def run(program: str) -> "CompletedProcess[str]":
        raise TimeoutExpired(program, 120)

    assert installation.check_runtime(RuntimeName.OPENVINO, PACKAGES, run).verdict is Verdict.FAILED


def test_every_runtime_of_this_environment_is_the_installed_one() -> None:
    checks = list(installation.check_runtimes(lambda extra: [] if extra == "measure" else ["torch"]))
    assert [check.subject for check in checks] == ["onnxruntime", "openvino"]
    assert {check.verdict for check in checks} == {Verdict.OK}, checks


def test_another_package_of_our_names_is_a_doubt_with_the_way_out() -> None:
    check = installation.check_names({"app": ["archrank", "someapp"], "profiler": ["archrank"]})
    assert check.verdict is Verdict.DOUBTFUL
    assert "someapp installs app too" in check.finding
    assert "pipx" in (check.remedy or "")
    assert installation.check_names({"app": ["archrank"]}).verdict is Verdict.OK
