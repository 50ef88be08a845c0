"""Whether the places can be used that a campaign reads and writes, and how much the system lets it open."""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from catalog.errors import CatalogUnavailable
from catalog.settings import CatalogSettings
from catalog.storage.engines import sqlite_file
from profiler.campaign.lock import lock_places
from profiler.doctor.check import Check, Verdict
from profiler.settings import ProfilerSettings

# Each process that is measured takes three files. Sixteen networks on two runtimes have three processes each.
_FEW_FILES = 512


def check_cache() -> Check:
    """Files can be made in the cache of artefacts."""
    return _writable("cache", ProfilerSettings().cache_dir, "ARCHRANK_CACHE_DIR")


def check_catalog() -> Check:
    """The catalog's file can be written. A server says so itself when it is asked."""
    try:
        path = sqlite_file(CatalogSettings().catalog_url)
    except CatalogUnavailable as error:
        return Check("catalog", Verdict.FAILED, error.message, error.remedy)
    if path is None:
        return Check("catalog", Verdict.OK, "The catalog is in a database server.")
    if path.exists() and not os.access(path, os.W_OK):
        return _refused("catalog", f"{path} cannot be written", "ARCHRANK_CATALOG_URL")
    return _writable("catalog", path.parent, "ARCHRANK_CATALOG_URL")


def check_temporary() -> Check:
    """There is a place for temporary files."""
    try:
        folder = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        return _refused("temporary files", str(error.strerror or error).rstrip("."), "TMPDIR")
    return _writable("temporary files", folder, "TMPDIR")


def check_lock(places: Callable[[], Sequence[Path]] = lock_places) -> Check:
    """There is a place for the lock that lets one campaign at a time measure on this host."""
    candidates = places()
    for path in candidates:
        if os.access(path, os.R_OK) or (path.parent.is_dir() and _problem(path.parent) is None):
            finding = f"The lock of this host is {path}."
            if path != candidates[0]:
                return Check(
                    "lock",
                    Verdict.DOUBTFUL,
                    f"{finding} {candidates[0]} cannot be used, so that other users' campaigns may run "
                    "beside.",
                    f"Permit files in {candidates[0].parent}.",
                )
            return Check("lock", Verdict.OK, finding)
    return _refused("lock", "There is no place for the lock of this host", "TMPDIR")


def check_open_files() -> Check:
    """As many files can be open as a campaign needs."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return Check("open files", Verdict.OK, "This system does not limit them.")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _FEW_FILES:
        return Check(
            "open files",
            Verdict.DOUBTFUL,
            f"{hard} files may be open. Fewer processes can be open at once, so that measuring takes longer.",
            f"Raise the limit, as with `ulimit -n {8 * _FEW_FILES}`.",
        )
    return Check("open files", Verdict.OK, "Enough files may be open.")


def check_compiler(which: Callable[[str], str | None] = shutil.which) -> Check:
    """There is a C++ compiler, which only `--compiled` needs."""
    compilers = [path for name in ("g++", "clang++") if (path := which(name))]
    if compilers:
        return Check("compiler", Verdict.OK, f"torch.compile can use {compilers[0]}.")
    return Check(
        "compiler",
        Verdict.DOUBTFUL,
        "There is no C++ compiler. Only `archrank profile --compiled` needs one.",
        "Install g++, or add its folder to PATH.",
    )


def _writable(subject: str, folder: Path, variable: str) -> Check:
    problem = _problem(folder)
    if problem:
        return _refused(subject, problem, variable)
    return Check(subject, Verdict.OK, f"{folder} can be written.")


def _refused(subject: str, problem: str, variable: str) -> Check:
    remedy = f"Permit it to this user, or set {variable} to another place."
    return Check(subject, Verdict.FAILED, f"{problem}.", remedy)


def _problem(folder: Path) -> str | None:
    """Why no file can be made in a folder, or in the folder in which it would be made. None where one can."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    try:
        with tempfile.NamedTemporaryFile(dir=existing) as file:
            file.write(b"archrank")
            file.flush()
    except OSError as error:
        return f"{existing} cannot be written: {error.strerror}"
    return None
