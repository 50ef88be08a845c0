"""Folders that a process fills and then renames or removes. Where it was killed, `sweep` removes them.

A folder is held by a lock that the system lets go of when its process ends, however it ends.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

# Where a file system has no locks, a folder that nobody touched for so long belongs to nobody.
_ABANDONED_S = 86_400


@contextmanager
def held_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `parent`, which is made where it is missing. It is removed at the end, unless it was
    renamed. Until then, `sweep` leaves it alone."""
    parent.mkdir(parents=True, exist_ok=True)
    folder, descriptor = _held(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def sweep(parent: Path, prefix: str) -> None:
    """Remove the folders in `parent` whose names begin with `prefix` and which no living process holds."""
    for folder in parent.glob(f"{prefix}*"):
        if folder.is_dir() and not folder.is_symlink() and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _held(parent: Path, prefix: str) -> tuple[Path, int | None]:
    """A new folder, with the descriptor that holds its lock. None where there are no locks."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        if sys.platform == "win32":
            return folder, None
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # swept before it was locked
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # a sweep looks at it
            os.close(descriptor)
            continue
        except OSError:  # of a file system without locks
            os.close(descriptor)
            return folder, None
        if folder.exists():
            return folder, descriptor
        os.close(descriptor)


def _is_abandoned(folder: Path) -> bool:
    try:
        if sys.platform != "win32":
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            except OSError:
                return _is_old(folder)
            finally:
                os.close(descriptor)
            return True
        return _is_old(folder)
    except OSError:  # it is gone, or another user's
        return False


def _is_old(folder: Path) -> bool:
    return time.time() - folder.stat().st_mtime > _ABANDONED_S
