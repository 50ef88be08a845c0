"""One measurement at a time on a host: an advisory lock that dies with its holder."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# The same for every user of the host, where the system has such a place.
_FOLDER = Path(tempfile.gettempdir()) if sys.platform == "win32" else Path("/tmp")  # noqa: S108
HOST_LOCK = _FOLDER / "archrank-profile.lock"
# Behind the id of the holder, which others read: Windows lets nobody read what is locked.
_LOCKED_BYTE = 1000


@contextmanager
def host_lock(waiting: Callable[[str], None], path: Path = HOST_LOCK) -> Iterator[None]:
    """Hold the host's lock. Where another process has it, call `waiting` with its id, then block."""
    try:
        # Not O_CREAT at first: in a sticky folder the kernel refuses it for another user's file.
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        if sys.platform != "win32":
            os.fchmod(descriptor, 0o666)
    try:
        if not _lock(descriptor, block=False):
            waiting(path.read_text(errors="replace").strip() or "unknown")
            _lock(descriptor, block=True)
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, block: bool) -> bool:
    """Lock the open file. False where another process has it and `block` is not asked for."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            while True:
                try:
                    msvcrt.locking(descriptor, msvcrt.LK_LOCK if block else msvcrt.LK_NBLCK, 1)
                except OSError:  # LK_LOCK gives up after ten tries
                    if not block:
                        return False
                else:
                    return True
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if block else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
