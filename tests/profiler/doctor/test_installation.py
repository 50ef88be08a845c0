import pytest

from profiler.doctor import Verdict, installation


def test_missing_packages_fail_with_the_install_line() -> None:
    check = installation.check_packages(lambda extra: ["onnx", "openvino"])
    assert check.verdict is Verdict.FAILED
    assert "onnx, openvino" in check.finding
    assert check.remedy is not None
    assert "archrank[measure]" in check.remedy


@pytest.mark.parametrize(
    ("missing", "words"),
    [(["torch"], "networks that archrank ships can be measured"), ([], "Every network of timm")],
)
def test_a_host_needs_no_torch_and_is_told_what_it_brings(missing: list[str], words: str) -> None:
    check = installation.check_torch(lambda extra: missing)
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


def test_the_installed_pair_matches() -> None:
    torch, torchvision = map(installation.installed_version, ("torch", "torchvision"))
    wanted = installation.torch_wanted_by_torchvision()
    assert wanted is not None
    assert installation.check_torchvision(torch, torchvision, wanted).verdict is Verdict.OK
