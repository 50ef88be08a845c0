"""Folders that a process fills, and what a killed one leaves."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog.machine.scratch import held_folder, sweep

PREFIX = ".making-"
HOLD = """
import sys
from pathlib import Path
from catalog.machine.scratch import held_folder
with held_folder(Path(sys.argv[1]), ".making-") as folder:
    (folder / "model.onnx").write_bytes(b"x" * 1000)
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_removed_at_the_end_also_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with held_folder(tmp_path / "cache", PREFIX) as folder:
            (folder / "model.onnx").touch()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_that_was_renamed_stays(tmp_path: Path) -> None:
    with held_folder(tmp_path, PREFIX) as folder:
        folder.rename(tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    left = Path(process.stdout.readline().strip())
    sweep(tmp_path, PREFIX)
    assert (left / "model.onnx").exists()
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert left.exists()
    sweep(tmp_path, PREFIX)
    assert not left.exists()


def test_other_names_files_and_links_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / ".making-file").touch()
    (tmp_path / ".making-link").symlink_to(tmp_path / "network")
    sweep(tmp_path, PREFIX)
    assert {path.name for path in tmp_path.iterdir()} == {"network", ".making-file", ".making-link"}


def test_where_nothing_can_be_locked_only_old_folders_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some network file systems."""

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError("locks are not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    old, new = tmp_path / ".making-old", tmp_path / ".making-new"
    for folder in (old, new):
        folder.mkdir()
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))
    sweep(tmp_path, PREFIX)
    assert (old.exists(), new.exists()) == (False, True)
    with held_folder(tmp_path, PREFIX) as folder:
        assert folder.exists()


def test_a_place_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    sweep(tmp_path / "absent", PREFIX)
    assert list(tmp_path.iterdir()) == []
