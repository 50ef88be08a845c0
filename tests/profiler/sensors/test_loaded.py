"""Whether a process has loaded the packages that are installed."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from profiler.faults import FaultKind, HostFault
from profiler.sensors.loaded import InstalledPackage, installed_package, require

Load = Callable[[str, str | None], None]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Has this process load a module `network_runtime` of a version, from a file."""

    def loaded(version: str, file: str | None) -> None:
        module = ModuleType("network_runtime")
        module.__file__ = file
        module.__dict__["__version__"] = version
        monkeypatch.setitem(sys.modules, "network_runtime", module)

    return loaded


INSTALLED = InstalledPackage("network_runtime", "1.31.0", "/venv/lib/site-packages")
FILE = "/venv/lib/site-packages/network_runtime/__init__.py"


@pytest.mark.parametrize("loaded", ["1.31.0", "1.31", "1.31.0+cpu", "1.31.0-19000-abcdef"])
def test_the_installed_package_is_measured(load: Load, loaded: str) -> None:
    load(loaded, FILE)
    require([INSTALLED])


@pytest.mark.parametrize(
    ("loaded", "file"),
    [
        ("1.30.0", FILE),
        ("1.31.1", FILE),
        ("", FILE),
        ("1.31.0", "/home/me/project/network_runtime.py"),
        ("1.31.0", "/venv/lib/site-packages-old/network_runtime/__init__.py"),
        ("1.31.0", None),
    ],
)
def test_another_version_or_a_module_of_another_folder_is_a_fault_of_the_host(
    load: Load, loaded: str, file: str | None
) -> None:
    load(loaded, file)
    with pytest.raises(HostFault) as caught:
        require([INSTALLED])
    assert caught.value.kind is FaultKind.OTHER_RUNTIME
    assert f"network_runtime {loaded} of {file}" in caught.value.detail
    assert "1.31.0 is installed in /venv/lib/site-packages" in caught.value.detail


def test_a_runtime_that_was_not_loaded_at_all_is_a_fault_too() -> None:
    with pytest.raises(HostFault):
        require([InstalledPackage("never_loaded", "1.0", "/venv")])


def test_a_package_that_is_installed_to_be_edited_lies_in_any_folder(load: Load) -> None:
    load("1.31.0", "/home/me/onnxruntime/__init__.py")
    require([InstalledPackage("network_runtime", "1.31.0", None)])


@pytest.mark.parametrize("name", ["numpy", "onnxruntime", "openvino", "torch", "timm"])
def test_what_is_installed_here_is_what_this_process_loads(name: str) -> None:
    package = installed_package(name, name)
    assert package is not None
    assert package.version == version(name)
    __import__(name)
    require([package])


def test_a_package_that_is_not_installed_is_none() -> None:
    assert installed_package("there-is-no-such-package", "none") is None


def test_a_link_to_the_folder_of_packages_is_the_folder(load: Load, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib64").symlink_to(tmp_path / "lib")
    load("1.31.0", str(tmp_path / "lib64/network_runtime.py"))
    require([InstalledPackage("network_runtime", "1.31.0", str(tmp_path / "lib"))])
