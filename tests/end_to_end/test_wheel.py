"""What a user installs: the wheel, alone with its dependencies, away from the repository.

The environment is really empty, so that a dependency that pyproject.toml forgets is missed here. Its packages
come from pip's cache or from the index.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "catalog", "profiler")
_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "docs")


@dataclass(frozen=True)
class Installed:
    """A command that was installed from the wheel, and a folder to work in."""

    command: Path
    folder: Path

    def run(self, *arguments: str) -> str:
        """What `archrank ARGUMENTS` prints; the checkout is neither on its path nor its folder."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment["ARCHRANK_CATALOG_URL"] = f"sqlite:///{self.folder / 'catalog.sqlite'}"
        done = subprocess.run(
            [self.command, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def source(scratch: Path) -> Path:
    """A copy of the tree: setuptools would take up what an earlier build left in its own."""
    return shutil.copytree(ROOT, scratch / "source", ignore=_LEFT_OUT)


@pytest.fixture(scope="module")
def wheel(source: Path, scratch: Path) -> Path:
    built = scratch / "wheel"
    subprocess.run([*_PIP, "wheel", "--no-deps", "--wheel-dir", built, source], check=True)
    (path,) = built.iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, scratch: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel in an environment that holds nothing but its dependencies; 300 MB while the tests run."""
    environment = scratch / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    target = ("--python", str(environment / "bin" / "python"))
    constraints = ("--constraint", str(ROOT / "constraints.txt"))
    subprocess.run([*_PIP, *target, "install", "--no-compile", *constraints, wheel], check=True)
    yield Installed(environment / "bin" / "archrank", tmp_path_factory.mktemp("installed"))
    shutil.rmtree(environment)


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(source: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    tree = [path for package in PACKAGES for path in (source / package).rglob("*") if path.is_file()]
    assert sorted(names) == sorted(str(path.relative_to(source)) for path in tree)


def test_the_wheel_holds_the_licence_and_the_notice_as_they_are(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in ("LICENSE", "NOTICE"):
            held = archive.read(f"archrank-{version('archrank')}.dist-info/licenses/{name}")
            assert held == (ROOT / name).read_bytes()


def test_the_installed_command_says_its_version(installed: Installed) -> None:
    assert installed.run("--version") == f"archrank {version('archrank')}\n"


def test_the_installed_command_answers_from_the_tables_that_it_brings(installed: Installed) -> None:
    assert "rtx-4090" in installed.run("targets")
    answer = installed.run("recommend", "--target", "rtx-4090", "--min", "throughput_ips=1000")
    assert "fp16" in answer
    assert "resnet50.a1_in1k" in installed.run("card", "resnet50")


def test_the_installed_command_names_the_extra_that_profiling_needs(installed: Installed) -> None:
    assert "pip install 'archrank[profiler]'" in " ".join(installed.run("--help").split())
