"""One measurement at a time on a host: an advisory lock that dies with its holder."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HOST_LOCK = Path("/tmp/archrank-profile.lock")  # noqa: S108 - the same for every user of the host


@contextmanager
def host_lock(waiting: Callable[[str], None], path: Path = HOST_LOCK) -> Iterator[None]:
    """Hold the host's lock. Where another process has it, call `waiting` with its id, then block."""
    try:
        # Not O_CREAT at first: in a sticky folder the kernel refuses it for another user's file.
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        os.fchmod(descriptor, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting(os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
