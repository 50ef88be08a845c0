"""One measurement at a time on a host: an advisory lock that dies with its holder."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from profiler.faults import FaultKind, HostFault

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_NAME = "archrank-profile.lock"
# Behind the id of the holder, which others read: Windows lets nobody read what is locked.
_LOCKED_BYTE = 1000


def lock_places() -> list[Path]:
    """Where the lock may be, the best place first: where every user of the host finds it, then among this
    user's temporary files, as TMPDIR says."""
    shared = [] if sys.platform == "win32" else [Path("/tmp") / _NAME]  # noqa: S108
    with suppress(FileNotFoundError):  # there is no place for temporary files
        shared.append(Path(tempfile.gettempdir()) / _NAME)
    return list(dict.fromkeys(shared))


@contextmanager
def host_lock(waiting: Callable[[str], None], path: Path | None = None) -> Iterator[None]:
    """Hold the host's lock. Where another process has it, call `waiting` with its id, then block.

    Raises:
        HostFault: no file can be locked in any of the places.
    """
    descriptor = _opened([path] if path else lock_places())
    try:
        if not _lock(descriptor, block=False):
            os.lseek(descriptor, 0, os.SEEK_SET)
            waiting(os.read(descriptor, _LOCKED_BYTE).decode(errors="replace").strip() or "unknown")
            _lock(descriptor, block=True)
        with suppress(OSError):  # the disk is full, or the file is another user's: it is locked all the same
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _opened(places: Iterable[Path]) -> int:
    """The descriptor of the lock's file, in the first place where it can be."""
    refused = []
    for path in places:
        for mode in (os.O_RDWR, os.O_RDWR | os.O_CREAT, os.O_RDONLY):
            # Not O_CREAT at first: in a sticky folder the kernel refuses it for another user's file. A file
            # that can only be read can be locked.
            try:
                descriptor = os.open(path, mode, 0o666)
            except OSError as error:
                refused.append(error)
                continue
            if mode & os.O_CREAT and sys.platform != "win32":
                with suppress(OSError):
                    os.fchmod(descriptor, 0o666)  # what the mask of this user took away
            return descriptor
    reasons = dict.fromkeys(f"{error.filename}: {os.strerror(error.errno or 0)}" for error in refused)
    raise HostFault(
        FaultKind.UNUSABLE_PLACE,
        f"There is no place for the lock of this host ({'; '.join(reasons) or 'no temporary folder'}).",
        "Set TMPDIR to a folder that this user may write to.",
    )


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
