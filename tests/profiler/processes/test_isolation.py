"""A child's environment is made, and nothing of the working folder is imported."""

import os
import re
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts.cache import CachedArtefact
from profiler.campaign.measuring import open_process
from profiler.cases import Case
from profiler.doctor import Verdict, installation
from profiler.faults import FaultKind, HostFault
from profiler.preparation import Preparation
from profiler.processes import isolation
from profiler.processes.child import Child
from profiler.processes.isolation import child_environment, import_folders
from profiler.protocol.plan import SamplingPlan
from tests.builders import make_artefact
from tests.traps import TRAP, set_traps

PATIENT_S = 60.0
SET = {"ORT_DISABLE_TELEMETRY": "1", "PYTHONSAFEPATH": "1"}
CHANGES_NUMBERS = (
    "OMP_NUM_THREADS",
    "OMP_PROC_BIND",
    "OMP_THREAD_LIMIT",
    "GOMP_CPU_AFFINITY",
    "KMP_AFFINITY",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "NPY_DISABLE_CPU_FEATURES",
    "CUDA_FORCE_PTX_JIT",
    "MALLOC_ARENA_MAX",
    "MALLOC_TRIM_THRESHOLD_",
    "GLIBC_TUNABLES",
    "LD_PRELOAD",
    "TORCHINDUCTOR_MAX_AUTOTUNE",
    "TORCH_LOGS",
    "PYTORCH_CUDA_ALLOC_CONF",
    "PYTHONTRACEMALLOC",
    "PYTHONWARNINGS",
)
HARMLESS = (
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "OPENBLAS_CORETYPE",
    "TORCH_HOME",
    "CUDA_VISIBLE_DEVICES",
    "PYTHONDONTWRITEBYTECODE",
    "XDG_CACHE_HOME",
)


@pytest.mark.parametrize("name", CHANGES_NUMBERS)
def test_a_variable_that_changes_numbers_is_left_out(name: str) -> None:
    assert child_environment({name: "1"}, [], {}) == SET


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_variable_is_kept(name: str) -> None:
    assert child_environment({name: "1"}, [], {}) == {**SET, name: "1"}


def test_what_has_to_remain_is_recorded_and_of_folders_a_digest() -> None:
    shell = {"OPENBLAS_CORETYPE": "Haswell", "LD_LIBRARY_PATH": "/home/me/lib", "PATH": "/bin", "CXX": ""}
    recorded = isolation.recorded(shell)
    assert recorded.keys() == {"OPENBLAS_CORETYPE", "LD_LIBRARY_PATH"}
    assert recorded["OPENBLAS_CORETYPE"] == "Haswell"
    assert re.fullmatch("[0-9a-f]{6}", recorded["LD_LIBRARY_PATH"])
    assert recorded != isolation.recorded({**shell, "LD_LIBRARY_PATH": "/opt/lib"})
    assert isolation.recorded({"PATH": "/bin"}) == {}


def test_what_has_to_remain_reaches_a_child() -> None:
    shell = {"OPENBLAS_CORETYPE": "Haswell", "LD_LIBRARY_PATH": "/home/me/lib", "CXX": "clang++"}
    assert child_environment(shell, [], {}) == {**SET, **shell}


def test_what_a_case_sets_wins() -> None:
    own = {"OMP_NUM_THREADS": "2", "TORCHINDUCTOR_COMPILE_THREADS": "1"}
    assert child_environment({"OMP_NUM_THREADS": "7"}, [], own) == {**SET, **own}


def test_telemetry_and_the_working_folder_are_shut_out_whatever_is_inherited() -> None:
    assert child_environment({"ORT_DISABLE_TELEMETRY": "0", "PYTHONSAFEPATH": ""}, [], {}) == SET


def test_the_import_folders_take_the_place_of_the_python_path() -> None:
    made = child_environment({"PYTHONPATH": "/project"}, [Path("/a"), Path("/b")], {})
    assert made == {**SET, "PYTHONPATH": "/a:/b"}
    assert child_environment({"PYTHONPATH": "/project"}, [], {}) == SET


def test_of_the_python_path_the_folders_with_installed_packages_are_kept(tmp_path: Path) -> None:
    project, packages = tmp_path / "project", tmp_path / "packages"
    project.mkdir()
    (project / "torch.py").touch()
    (packages / "torch-2.15.0.dist-info").mkdir(parents=True)
    python_path = f"{project}:{packages}::.:{packages}"
    checkout, site_packages = Path("/checkout"), Path("/venv/site-packages")
    assert import_folders(python_path, checkout, [site_packages]) == [checkout, packages]
    assert import_folders(python_path, site_packages, [site_packages]) == [packages]
    assert import_folders("", site_packages, [site_packages]) == []


def test_a_relative_folder_of_the_python_path_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packages" / "torch-2.15.0.dist-info").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert import_folders("packages:.", Path("/site"), [Path("/site")]) == []


@pytest.fixture
def _among_traps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder holds traps, and is on PYTHONPATH too. The shell sets what changes numbers."""
    traps = set_traps(tmp_path / "project")
    monkeypatch.chdir(traps)
    monkeypatch.setenv("PYTHONPATH", f"{traps}:.:")
    for name in CHANGES_NUMBERS:
        monkeypatch.setenv(name, "1")


@pytest.mark.usefixtures("_among_traps")
def test_a_child_starts_in_a_neutral_folder_with_a_made_environment() -> None:
    working_folder = str(Path.cwd())
    with Child("tests.profiler.processes.child_under_test", {"OMP_NUM_THREADS": "2"}) as child:
        report: dict[str, Any] = child.ask({"do": "report"}, PATIENT_S)
    assert report["folder"] == "/"
    assert not {"", ".", "/", working_folder} & set(report["path"])
    variables = report["variables"]
    assert variables["OMP_NUM_THREADS"] == "2"
    assert not (set(CHANGES_NUMBERS) - {"OMP_NUM_THREADS"}) & variables.keys()
    assert SET.items() <= variables.items()
    assert variables["PATH"] == os.environ["PATH"]


@pytest.mark.usefixtures("_among_traps")
def test_the_preparer_describes_networks_from_among_traps(tmp_path: Path) -> None:
    preparation = Preparation(tmp_path / "cache", 1)
    try:
        (described,) = preparation.describe(["test_resnet"])
    finally:
        preparation.close()
    assert described.architecture.name == "test_resnet"


@pytest.mark.usefixtures("_among_traps")
@pytest.mark.parametrize("runtime", [RuntimeName.ONNXRUNTIME, RuntimeName.PYTORCH])
def test_the_worker_loads_the_installed_runtime_from_among_traps(runtime: RuntimeName) -> None:
    """It comes as far as the artefact, whose path is relative and which is missing."""
    case = Case(Workload("test_resnet", 1000, 160), Configuration(runtime))
    artefact = CachedArtefact(make_artefact(), Path("absent"))
    process = open_process(case, artefact, SamplingPlan(), PATIENT_S)
    with closing(process), pytest.raises(HostFault) as caught:
        process.loaded()
    assert caught.value.kind is FaultKind.MISSING_FILE
    assert TRAP not in caught.value.detail
    assert str(Path.cwd() / "absent") in caught.value.detail


@pytest.mark.usefixtures("_among_traps")
def test_doctor_imports_the_installed_packages_from_among_traps() -> None:
    check = installation.check_imports()
    assert check.verdict is Verdict.OK, check.finding


@pytest.mark.usefixtures("_among_traps")
def test_the_traps_catch_who_imports_from_the_working_folder() -> None:
    import subprocess

    done = subprocess.run([sys.executable, "-c", "import timm"], capture_output=True, text=True, check=False)
    assert TRAP in done.stderr


def test_the_document_for_users_lists_what_is_left_out_and_what_is_kept() -> None:
    document = (Path(isolation.__file__).parents[2] / "docs" / "measuring.md").read_text()
    section = document.partition("## Clean processes")[2].partition("\n## ")[0]
    names = [name for name in isolation._DROPPED_NAMES if not name.startswith("PYTHON")]
    prefixes = [f"{prefix}*" for prefix in isolation._DROPPED_PREFIXES]
    listed = (*names, *prefixes, *isolation._KEPT_NAMES)
    assert [name for name in listed if f"`{name}`" not in section] == []
