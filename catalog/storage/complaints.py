"""What a database complains of, as an error that says what to do."""

import os
import shutil
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from catalog.errors import CatalogUnavailable

CHECK_URL = "Check ARCHRANK_CATALOG_URL and the database behind it, then try again."
OTHER_DISK = "Free some space there, or set ARCHRANK_CATALOG_URL to a file on another disk."
_LOCAL_DISK = (
    "Set ARCHRANK_CATALOG_URL to a file on a local disk that you may write. Network file systems often lack "
    "the locks that SQLite needs, and `ulimit -f` limits how long a file may be."
)
_WAIT = "Wait until it has ended, then run the same command again."
# SQLite makes two files beside the catalog, of 32 KB and of what is written.
_LEAST_FREE_BYTES = 2**20
# What SQLite and PostgreSQL say of a disk without space.
_FULL = ("database or disk is full", "no space left on device", "disk quota exceeded")
# What PostgreSQL says while tables are restored, or after they were dropped: no such table, no such schema.
_NO_TABLES = frozenset(("42P01", "3F000"))
_UPGRADE = "Restore the database from a backup, or run `archrank catalog upgrade`."
_LOCKED = "database is locked"
# SQLite says both where a file system, such as NFS, has no locks or no shared memory.
_OF_FILE_SYSTEM = ("disk i/o error", "locking protocol")


def has_no_space(file: Path) -> bool:
    """Whether the disk of the catalog has no space left for what SQLite writes beside it."""
    try:
        return shutil.disk_usage(file.parent).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def explained(error: DBAPIError, url: URL | None) -> CatalogUnavailable | None:
    """The complaint in words, with what to do about it. None where it is about something else than the
    connection or the file. `url` is that of the catalog."""
    complaint = str(error.orig).strip().rstrip(".?")
    file = Path(url.database) if url is not None and url.database and "sqlite" in url.drivername else None
    words = _of_disk(complaint, file) or _of_file(complaint)
    if words is None and getattr(error.orig, "sqlstate", None) in _NO_TABLES:
        words = f"The catalog's tables are missing: {complaint.splitlines()[0]}.", _UPGRADE
    if words is None and isinstance(error, OperationalError | InterfaceError):
        words = f"The catalog cannot be reached: {' '.join(complaint.split())}.", CHECK_URL
    return None if words is None else CatalogUnavailable(*words)


def _of_disk(complaint: str, file: Path | None) -> tuple[str, str] | None:
    """What is wrong where the catalog lies, which is `file` on SQLite."""
    lowered, name = complaint.lower(), file or "the catalog"
    failed = file is not None and any(phrase in lowered for phrase in _OF_FILE_SYSTEM)
    if any(phrase in lowered for phrase in _FULL) or (failed and file is not None and has_no_space(file)):
        return f"The disk of {name} is full.", OTHER_DISK
    if failed:
        return f"SQLite cannot work with {name}: {complaint}.", _LOCAL_DISK
    if file is not None and "unable to open database file" in lowered and (why := _why_closed(file)):
        return (
            f"The catalog cannot be reached: {why}",
            "Set ARCHRANK_CATALOG_URL to a file that you may write.",
        )
    if _LOCKED in lowered:
        return f"Another process has kept {name} locked for a minute.", _WAIT
    return None


def _why_closed(file: Path) -> str | None:
    """Why the file cannot be opened. None where it is not seen."""
    if file.is_dir():
        return f"{file} is a folder."
    if file.is_symlink() and not file.exists():
        return f"{file} is a link that leads nowhere."
    if file.exists() and not os.access(file, os.R_OK):
        return f"this user may not read {file}."
    return None


def _of_file(complaint: str) -> tuple[str, str] | None:
    """What is wrong with the file or the URL itself."""
    if "not a database" in complaint or "malformed" in complaint:
        return (
            f"The catalog is damaged: {complaint}.",
            "Restore the file from a backup, or set ARCHRANK_CATALOG_URL to another.",
        )
    if "connection option" in complaint:
        return f"The catalog's URL is malformed: {complaint}.", CHECK_URL
    return None
