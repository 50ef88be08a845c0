"""The file of an SQLite catalog: whether it is still the one that was opened, and whether it is sound."""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from catalog.errors import CatalogUnavailable
from catalog.storage.database import Catalog

_RESTORE = "Restore the file from a backup, or set ARCHRANK_CATALOG_URL to another."
_LOG, _INDEX = "-wal", "-shm"

FileState = tuple[int, int, int, int]
"""Device, inode, size and time of the last change (ns) of a file."""


def state_of(file: Path) -> FileState | None:
    """The state of the file. None where there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def is_same_file(state: FileState, other: FileState) -> bool:
    """Whether both are states of one file, which may have changed."""
    return state[:2] == other[:2]


def log_state(file: Path) -> FileState | None:
    """The state of SQLite's log of what was not yet written to the catalog's file."""
    return state_of(file.with_name(file.name + _LOG))


def put_log_aside(file: Path, log: FileState | None) -> None:
    """Keep a log that belonged to a file which another has replaced from being read into that.

    `log` is the state of the log while the replaced file was open. SQLite does not notice, and would damage
    the new file. The log is kept under another name.
    """
    path = file.with_name(file.name + _LOG)
    now = state_of(path)
    if now is None or log is None or not is_same_file(now, log):
        return
    with suppress(OSError):
        path.replace(path.with_name(f"{path.name}.of-replaced-file"))
        file.with_name(file.name + _INDEX).unlink()


def require_sound(catalog: Catalog) -> None:
    """Read all of the structure of an SQLite file. A PostgreSQL server does so by itself.

    Raises:
        CatalogUnavailable: it is damaged, or cannot be read.
    """
    with catalog.read() as session:
        complaint = session.scalar(text("PRAGMA quick_check(1)")) if catalog.file is not None else "ok"
    if complaint != "ok":
        raise CatalogUnavailable(f"The catalog is damaged: {' '.join(str(complaint).split())}.", _RESTORE)
