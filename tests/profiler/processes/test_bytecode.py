"""What Python compiles of the packages is kept, wherever it may be."""

import importlib
import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from profiler.processes import bytecode

NONE_KEPT = {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source of the package `heavy`, which was never imported."""
    package = tmp_path / "installed" / "heavy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("weight = 1\n")
    monkeypatch.syspath_prepend(package.parent)
    importlib.invalidate_caches()
    return package / "__init__.py"


def test_python_keeps_modules_beside_the_packages_where_it_may(source: Path, tmp_path: Path) -> None:
    assert bytecode.variables({}, tmp_path / "kept", ["heavy"]) == {}


def test_what_is_compiled_needs_no_other_place(source: Path, tmp_path: Path) -> None:
    py_compile.compile(str(source))
    assert bytecode.variables(NONE_KEPT, tmp_path / "kept", ["heavy"]) == {}
    assert bytecode.are_compiled(["heavy"], NONE_KEPT)


def test_packages_of_another_user_are_kept_elsewhere(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not str(source).startswith(str(path)))
    assert bytecode.variables({}, tmp_path / "kept", ["heavy"])


def test_a_package_that_is_not_installed_needs_nothing(tmp_path: Path) -> None:
    assert bytecode.variables(NONE_KEPT, tmp_path / "kept", ["no_such_package"]) == {}
    assert bytecode.are_compiled(["no_such_package"], {})


def test_where_nothing_may_be_kept_a_child_keeps_it_in_the_folder(source: Path, tmp_path: Path) -> None:
    added = bytecode.variables(NONE_KEPT, tmp_path / "kept", ["heavy"])
    environment = {**os.environ, **NONE_KEPT, **added, "PYTHONPATH": str(source.parents[1])}
    assert not bytecode.are_compiled(["heavy"], environment)

    subprocess.run([sys.executable, "-c", "import heavy"], env=environment, check=True)
    assert bytecode.are_compiled(["heavy"], environment)
    assert not (source.parent / "__pycache__").exists()
