import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from profiler.campaign import lock
from profiler.campaign.lock import host_lock, lock_places
from profiler.faults import FaultKind, HostFault

HOLD = """
import sys
from pathlib import Path
from profiler.campaign.lock import host_lock
with host_lock(lambda holder: None, Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_free_lock_is_taken_at_once(tmp_path: Path) -> None:
    waited: list[str] = []
    for _ in range(2):
        with host_lock(waited.append, tmp_path / "lock"):
            pass
    assert waited == []


def test_a_second_campaign_waits_and_names_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    named: list[str] = []

    def waiting(process: str) -> None:
        named.append(process)
        holder.kill()  # as by kill -9: the lock dies with its holder

    with host_lock(waiting, path):
        assert named == [str(holder.pid)]
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()


def refusing(monkeypatch: pytest.MonkeyPatch, refused: Callable[[Path, int], int | None]) -> None:
    """Let opening a file fail with the number of an error, where `refused` gives one."""
    really = os.open

    def opening(path: Path, mode: int, *more: int) -> int:
        if number := refused(Path(path), mode):
            raise OSError(number, os.strerror(number), str(path))
        return really(path, mode, *more)

    monkeypatch.setattr(os, "open", opening)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_where_nothing_can_be_written_to_the_shared_place_the_lock_is_among_temporary_files(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, own = tmp_path / "tmp", tmp_path / "own"
    own.mkdir()
    monkeypatch.setattr(lock, "lock_places", lambda: [shared / "lock", own / "lock"])
    refusing(monkeypatch, lambda path, mode: number if shared in path.parents else None)
    with host_lock(lambda holder: None):
        assert (own / "lock").read_text() == str(os.getpid())


def test_where_there_is_no_place_the_error_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "lock_places", lambda: [tmp_path / "lock"])
    refusing(monkeypatch, lambda path, mode: errno.EROFS)
    with pytest.raises(HostFault) as caught, host_lock(lambda holder: None):
        pass
    assert caught.value.kind is FaultKind.UNUSABLE_PLACE
    assert str(tmp_path / "lock") in caught.value.message
    assert "TMPDIR" in (caught.value.remedy or "")


def test_a_lock_that_can_only_be_read_locks_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user made it, or its file system has become read-only."""
    path = tmp_path / "lock"
    path.write_text("4711")
    refusing(monkeypatch, lambda path, mode: errno.EROFS if mode & os.O_RDWR else None)
    waited: list[str] = []

    class Waited(Exception):
        pass

    def waiting(holder: str) -> None:
        waited.append(holder)
        raise Waited

    with host_lock(waiting, path), pytest.raises(Waited), host_lock(waiting, path):
        pass
    assert waited == ["4711"]


def test_a_full_disk_does_not_keep_the_lock_from_being_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with host_lock(lambda holder: None, tmp_path / "lock"):
        pass


def test_every_user_of_the_host_finds_the_lock_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/scratch/alice")
    assert lock_places() == [Path("/tmp/archrank-profile.lock"), Path("/scratch/alice/archrank-profile.lock")]

    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert lock_places() == [Path("/tmp/archrank-profile.lock")]
