"""A campaign from a user's project, with an empty home: nothing of the project is imported, and nothing is
left behind but the cache and the catalog."""

import shutil
import subprocess
from pathlib import Path

from tests.end_to_end.conftest import ARCHRANK, Host
from tests.traps import set_traps


def test_a_campaign_uses_nothing_of_the_project_and_leaves_only_cache_and_catalog(
    tmp_path: Path, reference_catalog: Path
) -> None:
    project, home, temporary = set_traps(tmp_path / "project"), tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    host = Host(tmp_path, tmp_path / "cache")
    shutil.copy(reference_catalog, host.database)
    before = set(tmp_path.rglob("*"))
    environment = {
        name: value for name, value in host.environment.items() if not name.startswith(("XDG_", "ORT_"))
    }
    profiled = subprocess.run(
        [ARCHRANK, "profile", "test_resnet", "--runtime", "onnxruntime", "--threads", "1", "--processes", "1",
         "--max-blocks", "2"],
        env={**environment, "HOME": str(home), "TMPDIR": str(temporary), "OMP_THREAD_LIMIT": "0"},
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert profiled.returncode == 0, profiled.stderr
    assert "1 case measured, 0 failed" in profiled.stdout
    left = {path for path in set(tmp_path.rglob("*")) - before if not path.is_relative_to(host.cache)}
    assert {path for path in left if not path.name.startswith(host.database.name)} == set()
